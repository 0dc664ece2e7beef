"""The menu layout: how options are shown, how one letter is asked for, how a letter is read from an answer.

    What do you do next?
    A. Open the file maple.txt
    B. Write 'tulip' into notes.txt
    Reply with one letter.

The layout is the one that the warm-up adapter of the embedded model is trained on, so it lives here, in one
place. The menu stands at the end of a user message; the assistant's answer is the letter alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from inspect_ai.model import Model

LETTERS = "ABCDEFGH"
"""The letters that name options, in order: a menu has at most eight."""

CHOICES_KEY = "subterfuge_choices"
"""Key of `GenerateConfig.extra_body` that carries the letters of a choice request to our own backends."""

_ENDING = "Reply with one letter."

_THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_DECORATION = " \t\r\n*_`\"'“”‘’()[]{}<>#.:,;!-–—"
_LEADING = re.compile(r"^[\s*_`\"'“(\[<#]*([A-Za-z])[*_`\"'”]*\s*(?:[.):\]>]|[-–—]\s|\n|$)", re.MULTILINE)
_LETTER = r"(?:\s*[:=]\s*[*_`\"'“(\[<]*([A-Za-z])|\s*[*_`\"'“(\[<]*([A-Z]))(?![A-Za-z0-9’])(?!'[a-z])"
_LINK = r"(?:(?i:\s+(?:is|was|would be|will be|option|letter|number|with|the)))*"
_ANSWERED = re.compile(rf"\b(?i:answer|choice|decision)\b{_LINK}{_LETTER}")
_CHOSEN = re.compile(
    r"\b(?i:option|letter|choose|chose|pick|select|reply(?: with)?|go(?:ing)? with|decide on)\b"
    + _LINK
    + _LETTER
)
_BRACKETED = re.compile(r"(?:\(|\[|\*\*|\\boxed\{|<)([A-Za-z])(?:\)|\]|\*\*|\}|>)")
_STANDING = re.compile(r"(?<![A-Za-z0-9'’])([A-Z])(?![A-Za-z0-9'’])(?!(?<=A)\s+(?!(?:or|and)\b)[a-z])")
_ALTERNATIVE = re.compile(r"\W*(?:\bor\b|\band\b|/|,|&)\W*(?:(?i:option)\s+)?[A-Z](?![A-Za-z0-9'’])")
_NEGATION = re.compile(
    r"(?i:\b(?:not|never|neither|nor|none|cannot|without|except|instead of|rather than)\b|n['’]t\b)"
)


def render_menu(options: Sequence[str], question: str = "What do you do next?") -> str:
    """The text of a menu, to be put at the end of a user message.

    Args:
        options: What each option says, in the order shown; one line each, 1 to 8 of them.
        question: The line above the options.

    Raises:
        ValueError: No options, more than there are letters, or an option of several lines.
    """
    if not 1 <= len(options) <= len(LETTERS):
        raise ValueError(f"a menu has 1 to {len(LETTERS)} options, not {len(options)}")
    if broken := [option for option in options if "\n" in option or not option.strip()]:
        raise ValueError(f"an option is one line of text, which this is not: {broken[0]!r}")
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
    return "\n".join([question, *lines, _ENDING])


def choice_config(letters: Sequence[str]) -> dict[str, Any]:
    """Arguments of `GenerateConfig` that ask for exactly one of these letters.

    `extra_body` makes our own backends draw among the letters only; other providers may refuse a body that
    they do not know, so leave it out where `offers_choices` is False and read the text with `parse_choice`.
    """
    return {"max_tokens": 1, "temperature": 1.0, "extra_body": {CHOICES_KEY: list(letters)}}


def offers_choices(model: Model) -> bool:
    """True if the model is one of our own backends, which understand a choice request."""
    return getattr(model.api, "offers_choices", False) is True


def parse_choice(text: str, letters: Sequence[str]) -> str | None:
    """The one letter that an answer means, or None if it does not mean exactly one of those offered.

    Explicit statements count before position, and position before mere mention: `Answer: B` at the end of
    an argument about A is B; a leading `B.` is B whatever the option's text mentions; `A or B` is None.
    Never raises.
    """
    text = _THINKING.sub("", text).strip()
    bare = text.strip(_DECORATION)
    if len(bare) == 1:
        return _offered({bare.upper()}, letters)
    for pattern in (_ANSWERED, _CHOSEN):
        if said := list(pattern.finditer(text)):
            clear = [
                m for m in said if not _denied(text, m.start()) and not _ALTERNATIVE.match(text, m.end())
            ]
            return _offered({(m.group(1) or m.group(2)).upper() for m in clear}, letters)
    leading = {m.group(1).upper() for m in _LEADING.finditer(text)}
    if leading:
        first = _LEADING.search(text)
        if first and _ALTERNATIVE.match(text, first.end()):
            return None
        return _offered(leading, letters)
    for pattern in (_BRACKETED, _STANDING):
        found = [m for m in pattern.finditer(text) if m.group(1).upper() in letters]
        if found:
            meant = {m.group(1).upper() for m in found}
            return None if any(_denied(text, m.start()) for m in found) else _offered(meant, letters)
    return None


def _offered(found: set[str], letters: Sequence[str]) -> str | None:
    """The only letter found, if it was offered."""
    return next(iter(found)) if len(found) == 1 and found <= set(letters) else None


def _denied(text: str, position: int) -> bool:
    """True if the sentence says no before it comes to the letter."""
    start = max(text.rfind(mark, 0, position) for mark in (".", "\n", ";", "!", "?"))
    return _NEGATION.search(text, start + 1, position) is not None
