"""What a foreign log's scores hold, and what a mapping makes of them, before any of it is in a ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalSample

from subterfuge.releases import logs
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.protocol import Hypothesis
from subterfuge.releases.reading import Place, outcome_of
from subterfuge.releases.records import Ingest

RULES = ("event", "refusal", "awareness")
"""What a mapping reads."""

MOST = 12
"""Values that are told as examples."""


@dataclass
class Tally:
    """What the samples of a log came to."""

    samples: int = 0
    """Samples in the log; fewer than planned where some never ran."""

    scored: int = 0
    """Samples with an outcome."""

    events: float = 0
    """Events among them."""

    reasons: Counter[str] = field(default_factory=Counter)
    """Why the others have none."""

    places: dict[str, set[str]] = field(default_factory=dict)
    """Scorer, or scorer.key, to the values that occur there."""

    uuids: set[str] = field(default_factory=set)
    """Inspect's ids of the episodes."""


def tally(path: Path, record: Ingest) -> Tally:
    """Read a log's outcomes by a mapping, and see that the mapping fits.

    Raises:
        ReleaseError: the log can't be read, or has no scores where the mapping looks, with those there are.
    """
    found = Tally()
    # Read as for a planned cell, by a hypothesis that says what to read and decides nothing.
    rules: dict[str, Any] = {name: getattr(record, name) for name in RULES}
    rule = Hypothesis.model_construct(**rules)
    for sample in logs.samples(path):
        found.samples += 1
        if sample.uuid:
            found.uuids.add(sample.uuid)
        _look(sample, found.places)
        told = outcome_of(rule, sample, "", 0, Place(0, 1, str(sample.id)))
        if told.value is None:
            found.reasons[told.reason] += 1
        else:
            found.scored += 1
            found.events += told.value
    _fits(path, record, found)
    return found


def _look(sample: EvalSample, places: dict[str, set[str]]) -> None:
    for scorer, score in (sample.scores or {}).items():
        entries = score.value if isinstance(score.value, dict) else {None: score.value}
        for key, value in entries.items():
            values = places.setdefault(scorer if key is None else f"{scorer}.{key}", set())
            if len(values) < MOST:
                values.add(str(value)[:20])


def _fits(path: Path, record: Ingest, found: Tally) -> None:
    if not found.places:
        first = next(iter(found.reasons), "it holds no samples")
        raise ReleaseError(f"{path} has no scores ({first}). Score it first: inspect score.")
    there = "; ".join(
        f"{place}: {', '.join(sorted(values))}" for place, values in sorted(found.places.items())
    )
    scorers = {place.split(".", 1)[0] for place in found.places} | {p for p in found.places if "." not in p}
    for name in RULES:
        rule = getattr(record, name)
        if rule is None:
            continue
        wanted = rule.scorer or (next(iter(scorers)) if len(scorers) == 1 else None)
        place = ".".join(part for part in (wanted, rule.key) if part)
        if wanted is None or place not in found.places:
            raise ReleaseError(
                f"{path} has no score {place or 'of that kind'} for the {name}. It has: {there}."
            )
    if not found.scored:
        reason = found.reasons.most_common(1)[0][0]
        raise ReleaseError(f"{path} gives no outcome by {record.event.name} ({reason}). It has: {there}.")
