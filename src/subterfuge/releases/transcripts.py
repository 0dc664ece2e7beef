"""Transcripts of the episodes that matter, from the logs of any Inspect task.

These are events, missing and refused ones, and a few others.

The pages are for reading; the logs beside the ledger are the record, and hold every episode.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalSample, read_eval_log_sample_summaries, read_eval_log_samples_by_id
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.scorer import Score

from subterfuge.reporting.fine import count
from subterfuge.reporting.messages import Call, Logged, Message, MessagePage, ScoreLine, render_messages
from subterfuge.reporting.write import write

MOST = 200
"""Episodes of a test that are shown at most."""

SHARES = {"with the event": 120, "missing": 40, "refused": 30, "without the event": 10}
"""How many of each kind come first; places that are left go to the kinds in this order, but for the last."""

UNREAD = {"events", "events_data", "timelines", "store", "output"}
"""What a transcript does not need of a logged sample."""

Row = dict[str, Any]
"""A row of the index's episodes: cell, sample, status, value, reason, refused, aware, uuid, log."""


def write_page(folder: Path, name: str, rows: Sequence[Row], title: str, model: str, about: str) -> str:
    """Write the page of one test.

    Args:
        folder: the ledger's folder.
        name: what the file is called, without its ending.
        rows: the cells that the verdict rests on, in schedule order.
        title: what was tested.
        model: on which release.
        about: more about it.

    Returns:
        The file's place, relative to the folder.
    """
    chosen, left_out = choose(rows)
    samples = _read(folder, chosen)
    page = MessagePage(
        title=title,
        model=model,
        about=about,
        planned=len(rows),
        left_out=left_out,
        episodes=tuple(logged(row, samples.get(row["uuid"])) for row in chosen),
        back="../report.html",
    )
    href = f"transcripts/{name}.html"
    write(folder / href, render_messages(page))
    return href


def choose(rows: Sequence[Row]) -> tuple[list[Row], str]:
    """Which episodes are shown, in schedule order; and a sentence on those that are not."""
    kinds: dict[str, list[Row]] = {kind: [] for kind in SHARES}
    for row in rows:
        kinds[_kind(row)].append(row)
    # Where outcomes are a matter of degree the highest come first.
    kinds["with the event"].sort(key=lambda row: -row["value"])
    taken = {kind: found[: SHARES[kind]] for kind, found in kinds.items()}
    for kind, found in kinds.items():
        if kind != "without the event":
            room = MOST - sum(len(some) for some in taken.values())
            taken[kind] += found[len(taken[kind]) :][:room]
    left = {kind: len(found) - len(taken[kind]) for kind, found in kinds.items()}
    told = ", ".join(f"{number:,} {kind}" for kind, number in left.items() if number)
    chosen = sorted((row for some in taken.values() for row in some), key=lambda row: int(row["cell"]))
    return chosen, f"Left out here, and in the logs: {told}." if told else ""


def logged(row: Row, sample: EvalSample | None) -> Logged:
    """One episode as the page shows it."""
    value, reason = row["value"], row["reason"] or row["status"] or ""
    plain = Logged(
        id=f"cell-{row['cell']}",
        name=f"cell {row['cell']}",
        sample=str(row["sample"] or ""),
        fate="missing" if value is None else "event" if value > 0 else "no event",
        value=count(value) if value is not None and 0 < value < 1 else "",
        reason=reason if value is None else "",
        refused=row["refused"] is True,
        aware=row["aware"] is True,
    )
    if sample is None:
        why = "its log can't be read, or does not hold it" if row["uuid"] else "it left none"
        return plain.model_copy(update={"absent": f"There is no transcript: {why}."})
    return plain.model_copy(
        update={
            "messages": tuple(message(one) for one in sample.messages),
            "scores": tuple(score(name, found) for name, found in (sample.scores or {}).items()),
            "error": "" if sample.error is None else sample.error.message,
            "limit": "" if sample.limit is None else str(sample.limit.type),
        }
    )


def message(found: ChatMessage) -> Message:
    """One message of any kind."""
    thinking, text = content(found.content)
    told = {"role": found.role, "thinking": thinking, "text": text}
    if isinstance(found, ChatMessageTool):
        error = "" if found.error is None else f"{found.error.type}: {found.error.message}"
        return Message(**told, name=found.function or "", error=error)
    calls = (found.tool_calls or []) if isinstance(found, ChatMessageAssistant) else []
    return Message(
        **told,
        calls=tuple(
            Call(function=call.function, arguments=plain(call.arguments), error=call.parse_error or "")
            for call in calls
        ),
    )


def content(found: str | Iterable[Any]) -> tuple[str, str]:
    """Reasoning and text of a message's content; what is no text is named, and never loaded."""
    if isinstance(found, str):
        return "", found
    thinking: list[str] = []
    text: list[str] = []
    part: Any
    for part in found:
        match part.type:
            case "text":
                text.append(part.text)
            case "reasoning":
                thinking.append(part.summary or "(redacted)" if part.redacted else part.reasoning)
            case "tool_use":
                text.append(f"[{part.name}: {plain(part.arguments)}]\n{plain(part.result)}")
            case "data":
                text.append(plain(part.data))
            case kind:
                text.append(f"[{kind}]")
    return "\n".join(thinking), "\n".join(text)


def score(name: str, found: Score) -> ScoreLine:
    """What one scorer said."""
    return ScoreLine(
        name=name, value=plain(found.value), answer=found.answer or "", explanation=found.explanation or ""
    )


def plain(value: Any) -> str:
    """Any value as text: texts as they are, one entry of a dictionary a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value:
        return "\n".join(f"{key}: {plain(entry)}" for key, entry in value.items())
    return json.dumps(value, ensure_ascii=False, default=str)


def _kind(row: Row) -> str:
    if row["value"] is None:
        return "missing"
    if row["value"] > 0:
        return "with the event"
    return "refused" if row["refused"] else "without the event"


def _read(folder: Path, rows: Sequence[Row]) -> dict[str, EvalSample]:
    """The samples of these rows by their uuid, as far as the logs still hold them."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row["uuid"] and row["log"]:
            wanted.setdefault(row["log"], set()).add(row["uuid"])
    found: dict[str, EvalSample] = {}
    for file, uuids in wanted.items():
        path = str(folder / file)
        try:
            there = [(s.id, s.epoch) for s in read_eval_log_sample_summaries(path) if s.uuid in uuids]
            samples = read_eval_log_samples_by_id(
                path, there, resolve_attachments="core", exclude_fields=UNREAD
            )
        except (ValueError, LookupError, OSError, EOFError, zipfile.BadZipFile):
            continue  # the page says of each that there is no transcript; `verify` says why
        found.update((sample.uuid, sample) for sample in samples if sample.uuid is not None)
    return found
