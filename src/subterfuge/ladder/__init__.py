"""The ladder: five gameable environments, easiest to worst (Denison et al. 2024, arXiv 2406.10162)."""

from subterfuge.ladder.curriculum import RUNGS, rung

__all__ = ["RUNGS", "rung"]
