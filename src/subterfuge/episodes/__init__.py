"""What an episode is: scenario, arm, action format, evidence, grade, disclosure, and their Inspect task."""

from subterfuge.episodes.columns import CHAIN_COLUMNS
from subterfuge.episodes.environment import Actor, Environment
from subterfuge.episodes.evidence import Evidence
from subterfuge.episodes.grade import Grade
from subterfuge.episodes.scenario import Family, Scenario
from subterfuge.episodes.task import environment_task

__all__ = [
    "CHAIN_COLUMNS",
    "Actor",
    "Environment",
    "Evidence",
    "Family",
    "Grade",
    "Scenario",
    "environment_task",
]
