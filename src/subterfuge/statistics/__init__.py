"""Intervals, evidence and plans with stated guarantees: pure NumPy and SciPy, knows no models or episodes.

For a number of episodes fixed beforehand: `clopper_pearson`, `worst_case`, `difference`, `mean_interval`.
At any stopping time: evidence for an `alarm` or to `clear`, `anytime_interval`, `paired` releases, `detect`.
"""

from subterfuge.statistics.capped import capped_level, uncapped_level
from subterfuge.statistics.clusters import cluster_means, cluster_path
from subterfuge.statistics.detector import Detection, anchor_threshold, detect, drift_from_anchor
from subterfuge.statistics.difference import Difference, difference
from subterfuge.statistics.fdr import e_bh, e_lond, mean_e, share
from subterfuge.statistics.intervals import Bounds, Interval, clopper_pearson, upper_bound, worst_case
from subterfuge.statistics.missingness import missing_difference, missing_log_e, missing_path
from subterfuge.statistics.mixture import Mixture, alarm, clear, crossing, level
from subterfuge.statistics.operating import Operating, boundaries, operate
from subterfuge.statistics.pairs import Paired, paired, paired_log_e, paired_path
from subterfuge.statistics.planner import least_to_alarm, least_to_clear, plan, wald_limit
from subterfuge.statistics.sequence import anytime_interval, anytime_interval_of
from subterfuge.statistics.signed import mean_interval

__all__ = [
    "Bounds",
    "Detection",
    "Difference",
    "Interval",
    "Mixture",
    "Operating",
    "Paired",
    "alarm",
    "anchor_threshold",
    "anytime_interval",
    "anytime_interval_of",
    "boundaries",
    "capped_level",
    "clear",
    "clopper_pearson",
    "cluster_means",
    "cluster_path",
    "crossing",
    "detect",
    "difference",
    "drift_from_anchor",
    "e_bh",
    "e_lond",
    "least_to_alarm",
    "least_to_clear",
    "level",
    "mean_e",
    "mean_interval",
    "missing_difference",
    "missing_log_e",
    "missing_path",
    "operate",
    "paired",
    "paired_log_e",
    "paired_path",
    "plan",
    "share",
    "uncapped_level",
    "upper_bound",
    "wald_limit",
    "worst_case",
]
