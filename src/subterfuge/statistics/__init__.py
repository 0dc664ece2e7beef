"""Intervals with stated guarantees: pure NumPy and SciPy, knows nothing of models or episodes."""

from subterfuge.statistics.difference import Difference, difference
from subterfuge.statistics.intervals import Bounds, Interval, clopper_pearson, upper_bound, worst_case
from subterfuge.statistics.signed import mean_interval

__all__ = [
    "Bounds",
    "Difference",
    "Interval",
    "clopper_pearson",
    "difference",
    "mean_interval",
    "upper_bound",
    "worst_case",
]
