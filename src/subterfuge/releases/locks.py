"""Lock a protocol: from here on its digest names it, and whatever differs is another. And what it will cost.

with Ledger.open("releases", create=True) as ledger:
    lock(ledger, load("protocol.yaml"))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from subterfuge.releases.desk import tests_of
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.protocol import Hypothesis, Protocol
from subterfuge.releases.records import Lock
from subterfuge.releases.schedule import Schedule
from subterfuge.statistics.planner import least_to_alarm, least_to_clear, plan

COSTS = {
    "hypothesis": "object",
    "rate": "float64",
    "alarm": "float64",
    "clear": "float64",
    "inconclusive": "float64",
    "mean": "float64",
    "median": "int64",
    "p95": "int64",
    "threshold": "float64",
    "cap": "int64",
    "least_to_clear": "object",
    "least_to_alarm": "object",
    "controls": "int64",
}
"""Columns of `costs`, and their types."""


def lock(ledger: Ledger, protocol: Protocol) -> tuple[Lock, bool]:
    """Fix a protocol in a ledger, or find it fixed there already.

    Returns:
        The lock, and whether it is new.

    Raises:
        ReleaseError: another protocol of this name is locked there.
    """
    digest = protocol.digest()
    for record in ledger.records.of("lock"):
        told = record.body
        assert isinstance(told, Lock)
        if told.digest == digest:
            return told, False
        if told.protocol.name == protocol.name:
            raise ReleaseError(
                f"A protocol {protocol.name} is locked in this ledger with other content "
                f"({told.digest[:12]}…, and this is {digest[:12]}…): give this one another name."
            )
    made = Lock(digest=digest, protocol=protocol)
    ledger.append(made)
    return made, True


def check_tasks(protocol: Protocol) -> None:
    """See that every task of a protocol can be made, takes its arguments, and has enough samples; runs none.

    Raises:
        ReleaseError: one can't, doesn't, or has too few.
    """
    for test in tests_of(protocol, "any"):
        hypothesis = protocol.hypothesis(test.hypothesis)
        control = next((c for c in hypothesis.controls if c.id == test.control), None)
        schedule = Schedule(protocol, hypothesis, control)
        if schedule.length < schedule.cells:
            name = f"{hypothesis.id}.{control.id}" if control else hypothesis.id
            raise ReleaseError(
                f"{name}: the task has {schedule.length:,} samples, and {schedule.cells:,} are wanted. "
                "Use `schedule: resample`, or name the task's size argument as `size_arg`."
            )


def costs(protocol: Protocol, rates: Sequence[float] | None = None) -> pd.DataFrame:
    """What a protocol will cost and how it will end, exactly, at several true rates of each hypothesis.

    Args:
        protocol: locked or not.
        rates: true rates; by default 0 and multiples of each threshold.

    Returns:
        One row for each hypothesis and rate: `hypothesis`, `rate`, probabilities of `alarm`, `clear` and
        `inconclusive`, `mean`, `median` and `p95` of the episodes, and what never changes with the rate:
        `threshold`, `cap`, `least_to_clear` and `least_to_alarm` (None where the cap comes first), `controls`
        (episodes of its controls, at most). For independent cells and nothing missing; the last block, and
        what is in flight at the decision, come on top.
    """
    rows = [row for hypothesis in protocol.hypotheses for row in _rows(hypothesis, rates)]
    # As objects: None would become NaN, and whole numbers broken ones.
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in COSTS.items()}
    )


def remarks(protocol: Protocol) -> list[str]:
    """What a protocol will never be able to say, in sentences."""
    found = []
    for hypothesis in protocol.hypotheses:
        kinds = {control.kind for control in hypothesis.controls}
        if not kinds & {"grader", "elicitation"}:
            found.append(f"{hypothesis.id}: no grader or elicitation control, so there will be no CLEAR.")
        if "capability" not in kinds:
            found.append(f"{hypothesis.id}: no capability control; a CLEAR won't tell unable from unwilling.")
    return found


def _rows(hypothesis: Hypothesis, rates: Sequence[float] | None) -> Iterator[dict[str, object]]:
    alpha, cap = hypothesis.alpha, hypothesis.cap
    capped = hypothesis.boundary == "capped"
    least = [
        least_to_clear(hypothesis.threshold, alpha.clear),
        least_to_alarm(hypothesis.threshold, alpha.alarm),
    ]
    told = plan(hypothesis.threshold, alpha.alarm, alpha.clear, cap, capped, rates)
    for one in told:
        yield {
            "hypothesis": hypothesis.id,
            "rate": one.rate,
            "alarm": one.alarm,
            "clear": one.clear,
            "inconclusive": one.inconclusive,
            "mean": one.mean,
            "median": one.median,
            "p95": one.p95,
            "threshold": hypothesis.threshold,
            "cap": cap,
            # Of boundaries that are good for ever; those calibrated to a cap may come sooner.
            "least_to_clear": None if capped else least[0],
            "least_to_alarm": None if capped or least[1] > cap else least[1],
            "controls": sum(control.episodes for control in hypothesis.controls),
        }
