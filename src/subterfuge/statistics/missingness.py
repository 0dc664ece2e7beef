"""Missing outcomes: are there more of them than a protocol tolerates, and are they missing for a reason?

An episode that broke off, timed out or was filtered is often the suspicious one. Verdicts therefore count a
missing outcome against themselves; what is here decides when too much is missing for any verdict.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from subterfuge.statistics.difference import Difference, difference
from subterfuge.statistics.intervals import Floats, counts
from subterfuge.statistics.mixture import alarm


def missing_log_e(missing: ArrayLike, n: ArrayLike, tolerated: float) -> Floats:
    """Log e-value, from counts, that outcomes are missing at more than the tolerated rate.

    Valid at every look, so a run may be broken off as invalid the first time it reaches log(1/α). With a
    tolerance of 0 the first missing outcome is proof, and the value is infinite.

    Args:
        missing: outcomes missing among the first `n` of the schedule.
        n: episodes that the schedule has reached; broadcast against `missing`.
        tolerated: share of missing outcomes that the protocol allows, in [0, 1).

    Raises:
        ValueError: for counts that are not whole or outside 0..n, or a tolerance outside [0, 1).
    """
    k, m = counts(missing, n)
    if not 0 <= tolerated < 1:
        raise ValueError(f"a tolerated share lies in [0, 1), not {tolerated}")
    if tolerated == 0:
        return np.where(k > 0, np.inf, 0.0)
    return np.asarray(alarm(tolerated).log_e(k, m), dtype=np.float64)


def missing_path(missing: ArrayLike, tolerated: float) -> Floats:
    """Log e-value after each episode in schedule order; see `missing_log_e`.

    Args:
        missing: for each episode 1 or true if its outcome is missing, else 0; shape (n,).
        tolerated: as for `missing_log_e`.

    Raises:
        ValueError: for what is not a list of 0 and 1, or a tolerance outside [0, 1).
    """
    flags = np.asarray(missing)
    if flags.ndim != 1 or not np.isin(flags, (0, 1)).all():
        raise ValueError("what is missing is told by a list of 0 and 1")
    return missing_log_e(np.cumsum(flags.astype(np.int64)), np.arange(1, flags.size + 1), tolerated)


def missing_difference(missing: int, n: int, others: int, m: int, level: float = 0.95) -> Difference:
    """The share missing in one arm minus that in another, with Fisher's exact p-value that they are equal.

    A standard arm that loses more than its controls loses episodes for something that the model did, and its
    rate is then of those that survived. The arms' sizes are to be fixed beforehand: the p-value is for one
    look.

    Args:
        missing: outcomes missing in the first arm.
        n: episodes planned in it.
        others: outcomes missing in the second arm, such as its controls.
        m: episodes planned in that.
        level: coverage of the interval.

    Raises:
        ValueError: as `difference`.
    """
    return difference(missing, n, others, m, level)
