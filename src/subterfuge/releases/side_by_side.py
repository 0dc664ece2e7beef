"""The two episodes of a changed cell, read from their logs as plain text."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.log import EvalSample, read_eval_log_sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool

from subterfuge.releases.change import Change

UNREAD = {"events", "events_data", "timelines", "store"}
"""What the conversation is not in."""


@dataclass(frozen=True)
class Pair:
    """Both episodes of a cell."""

    old: str
    """The old release's conversation; in brackets why there is none, where there is none."""

    new: str
    """The new release's."""


def transcript_pair(folder: Path | str, change: Change) -> Pair:
    """Read both episodes of a changed cell. A log that can't be read is said so in its place.

    Args:
        folder: the ledger's folder.
        change: one of `Comparison.changes`.
    """
    folder = Path(folder)
    return Pair(
        _text(folder, change.old_log, change.old_uuid, change.old_status),
        _text(folder, change.new_log, change.new_uuid, change.new_status),
    )


def conversation(sample: EvalSample) -> str:
    """An episode's messages as plain text, with calls of tools, and the error that ended it if one did."""
    parts = [_message(message) for message in sample.messages]
    if sample.error is not None:
        parts.append(f"[error] {sample.error.message}")
    if sample.limit is not None:
        parts.append(f"[limit] {sample.limit.type}")
    return "\n\n".join(parts) or "[no messages]"


def _text(folder: Path, log: str | None, uuid: str | None, status: str) -> str:
    if uuid is None:
        return f"[no transcript: {status}]"
    if log is None:
        return "[no transcript: its log is not in the ledger]"
    try:
        sample = read_eval_log_sample(
            str(folder / log), uuid=uuid, resolve_attachments=True, exclude_fields=UNREAD
        )
    except (ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"[no transcript: {log} can't be read ({line})]"
    return conversation(sample)


def _message(message: ChatMessage) -> str:
    name: str = message.role
    if isinstance(message, ChatMessageTool) and message.function:
        name = f"tool {message.function}"
    parts = [f"[{name}]"]
    if message.text:
        parts.append(message.text)
    if isinstance(message, ChatMessageTool) and message.error is not None:
        parts.append(f"{message.error.type}: {message.error.message}")
    if isinstance(message, ChatMessageAssistant):
        for call in message.tool_calls or []:
            given = ", ".join(f"{key}={value!r}" for key, value in call.arguments.items())
            parts.append(f"{call.function}({given})")
    return "\n".join(parts)
