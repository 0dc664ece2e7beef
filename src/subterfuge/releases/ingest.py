"""Ingest logs that nobody planned: any Inspect log becomes RETROSPECTIVE evidence, rates without a verdict.

    ingest(ledger, ["logs/"], model="m-1", series="poison",
           mapping=Mapping(event=event_of("agent_threat_bench_scorer.security=I")))

The ledger keeps the log's place and the digest of its bytes; its samples are read from the log itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from inspect_ai.log import EvalLog
from pydantic import BaseModel, ConfigDict, ValidationError

from subterfuge.releases import logs
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.places import Tally, tally
from subterfuge.releases.protocol import read_yaml
from subterfuge.releases.records import Ingest, Model
from subterfuge.releases.state import State

_SHORT = re.compile(r"(?P<place>.*?)\s*(?P<rule>>=|<=|==?)\s*(?P<value>.+)", re.DOTALL)
_RULES = {">=": "at_least", "<=": "at_most"}


class Mapping(BaseModel):
    """How the scores of a foreign task are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Event
    """Which score is the event."""

    refusal: Event | None = None
    """Which score says that the model declined."""

    awareness: Event | None = None
    """Which score says that the model took the episode for a test."""


@dataclass(frozen=True)
class Ingested:
    """What came of one log."""

    record: Ingest
    """What the ledger holds of it."""

    new: bool
    """False: the very same log was in the ledger already."""

    tally: Tally
    """What its samples came to."""


def ingest(
    ledger: Ledger, paths: Iterable[Path | str], *, model: str, series: str, mapping: Mapping
) -> list[Ingested]:
    """Take logs into a ledger: all of them, or none if anything is wrong with one.

    Args:
        ledger: the open ledger.
        paths: logs, and folders of logs.
        model: the id under which the model that made them is registered.
        series: what they measure; the logs of one series on one model go one after the other.
        mapping: how their scores are read.

    Returns:
        One entry for each log, in the order of the paths; of a folder oldest first.

    Raises:
        ReleaseError: one line on the first log that can't be taken: unreadable, unfinished, of another model,
            planned by a ledger, in the ledger already as something else, or without such scores.
    """
    state = State(
        record.body for kind in ("model", "run", "log", "ingest") for record in ledger.records.of(kind)
    )
    registered = state.model(model)
    if not series.strip():
        raise ReleaseError("A series needs a name.")
    folder, earlier = ledger.path.parent, list(state.ingests)
    found: list[Ingested] = []
    known: dict[str, set[str]] = {}
    for path in _files(paths):
        header = logs.header(path)
        digest = logs.sha256(path)
        _check(path, header, digest, registered, state)
        record = Ingest(
            series=series.strip(),
            model=model,
            task=header.eval.task,
            task_version=str(header.eval.task_version),
            event=mapping.event,
            refusal=mapping.refusal,
            awareness=mapping.awareness,
            file=logs.name_in(folder, path),
            sha256=digest,
            planned=_planned(header),
        )
        told = tally(path, record)
        record = record.model_copy(update={"planned": max(record.planned, told.samples)})
        before = next((one for one in earlier if one.sha256 == digest and one.series == record.series), None)
        if before is not None and before.model_copy(update={"file": record.file}) == record:
            found.append(Ingested(before, False, told))
            continue
        _same_series(path, record, before, earlier)
        _new_samples(folder, path, record, told, earlier, known)
        earlier.append(record)
        known[record.file] = told.uuids
        found.append(Ingested(record, True, told))
    if new := [one.record for one in found if one.new]:
        ledger.append_many(new)
    return found


def frame(found: Sequence[Ingested]) -> pd.DataFrame:
    """What was ingested as a table, one row for each log."""
    rows = [
        {
            **one.record.model_dump(include={"series", "model", "task", "task_version", "file", "planned"}),
            "new": one.new,
            "scored": one.tally.scored,
            "events": one.tally.events,
            "missing": one.record.planned - one.tally.scored,
            "reasons": dict(one.tally.reasons),
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def event_of(text: str) -> Event:
    """Read an event as people write it on a command line.

        grade.gamed>=1            scorer, entry of its dictionary, rule
        includes=I                the score is exactly this
        fact on 0..10             no rule: a matter of degree on a scale
        {scorer: s, key: k}       YAML or JSON, with every key of `Event`

    Raises:
        ReleaseError: it is none of these.
    """
    text = text.strip()
    try:
        if text.startswith("{"):
            given = yaml.safe_load(text)
            return Event.model_validate(given)
        given = _short(text)
        return Event(**given)
    except (yaml.YAMLError, ValidationError, ValueError, TypeError) as error:
        said = (
            error.errors()[0]["msg"] if isinstance(error, ValidationError) else " ".join(str(error).split())
        )
        raise ReleaseError(
            f"{text!r} is no event ({said.removeprefix('Value error, ')}). Write it as scorer.key>=1, "
            "scorer=I, or {scorer: …, key: …, at_least: …}."
        ) from error


def mapping_of(path: Path | str) -> Mapping:
    """Read a mapping from YAML, with the keys `event`, `refusal` and `awareness`.

    Raises:
        ReleaseError: it can't be read, or is none.
    """
    content = read_yaml(path)
    if not isinstance(content, dict) or "event" not in content:
        raise ReleaseError(
            f"{path} holds no mapping: it should name `event`, and may name `refusal` and `awareness`."
        )
    read = {key: event_of(value) if isinstance(value, str) else value for key, value in content.items()}
    try:
        return Mapping.model_validate(read)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReleaseError(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}.") from error


def _short(text: str) -> dict[str, Any]:
    place = text
    rule: dict[str, Any] = {}
    if scale := re.fullmatch(r"(.*?)\s+on\s+(\S+?)\s*\.\.\s*(\S+)", text):
        place, rule = scale[1], {"scale": (float(scale[2]), float(scale[3]))}
    elif short := _SHORT.fullmatch(text):
        place, value = short["place"], yaml.safe_load(short["value"])
        name = _RULES.get(short["rule"], "equals")
        rule = {name: value if name == "equals" else float(value)}
    scorer, _, key = place.strip().partition(".")
    if not scorer or re.search(r"[<>=\s]", place):
        raise ValueError("no scorer is named")
    return {"scorer": scorer, "key": key or None, **rule}


def _files(paths: Iterable[Path | str]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise ReleaseError(f"There is no log {path}.")
        inside = logs.found(path) if path.is_dir() else [path]
        if not inside:
            raise ReleaseError(f"There is no log in {path}.")
        found += inside
    unique = list(dict.fromkeys(path.resolve() for path in found))
    if not unique:
        raise ReleaseError("No log is named.")
    return unique


def _check(path: Path, header: EvalLog, digest: str, registered: Model, state: State) -> None:
    """See that a log is finished, unplanned, and of the model that it is said to be of."""
    metadata = header.eval.metadata or {}
    if any(log.sha256 == digest for log in state.logs.values()):
        raise ReleaseError(
            f"{path} was planned by this ledger and is in it already; `verify` and `report` read it."
        )
    if logs.RUN in metadata and logs.TEST in metadata:
        raise ReleaseError(
            f"{path} is of a protocol in another ledger, where its denominator and its verdict are: use that "
            "ledger."
        )
    if header.status == "started":
        raise ReleaseError(
            f"{path} is not finished. Let the run end, or close a broken one with `inspect log recover`."
        )
    if header.eval.model != registered.model:
        raise ReleaseError(
            f"{path} was made with {header.eval.model}, and {registered.id} is registered as "
            f"{registered.model}."
        )
    scripted = registered.fingerprint.kind == "scripted"
    if scripted and (header.eval.model_args or {}) != registered.model_args:
        raise ReleaseError(
            f"{path} was made with the arguments {header.eval.model_args or {}}, and {registered.id} is "
            f"registered with {registered.model_args}."
        )


def _planned(header: EvalLog) -> int:
    """Samples times epochs that a log set out to run."""
    dataset = header.eval.dataset
    each = len(dataset.sample_ids) if dataset.sample_ids else dataset.samples or 0
    return each * (header.eval.config.epochs or 1)


def _same_series(path: Path, record: Ingest, before: Ingest | None, earlier: Sequence[Ingest]) -> None:
    """See that one name stands for one measurement."""
    if before is not None:
        raise ReleaseError(f"{path} is in series {record.series} already, as a log of {before.model}.")
    for other in earlier:
        if other.series != record.series:
            continue
        if other.task != record.task:
            raise ReleaseError(
                f"Series {record.series} is of {other.task}, and {path} of {record.task}: give this one "
                "another name."
            )
        for name in ("event", "refusal", "awareness"):
            old, new = getattr(other, name), getattr(record, name)
            if old != new:
                said = [one.name if one else "nothing" for one in (old, new)]
                raise ReleaseError(
                    f"Series {record.series} reads {said[0]} as {name}, and this would read {said[1]}: give "
                    "this one another name."
                )


def _new_samples(
    folder: Path,
    path: Path,
    record: Ingest,
    told: Tally,
    earlier: Sequence[Ingest],
    known: dict[str, set[str]],
) -> None:
    """See that no episode counts twice: a log that was scored again has other bytes and the same episodes."""
    for other in earlier:
        if other.series != record.series or other.model != record.model:
            continue
        try:
            if other.file not in known:
                known[other.file] = {s.uuid for s in logs.samples(folder / other.file) if s.uuid}
        except ReleaseError:
            continue  # of a log that is gone nothing is known; verify says that it is gone
        if told.uuids & known[other.file]:
            raise ReleaseError(
                f"{path} holds episodes of {other.file}, which is in series {record.series} already: first "
                "outcomes are final."
            )
