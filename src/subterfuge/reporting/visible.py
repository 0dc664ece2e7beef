"""Text from models is hostile: it may hide, reorder or break what surrounds it. Here such characters show.

    visible("a\u202eb") == "a⟨U+202E⟩b"

Escaping for HTML is Jinja's work and comes after; this is about characters that are legal and still lie.
"""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, NUL and escape among them; tab and newline stay
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"  # bidi, zero-width
    "\ud800-\udfff"  # lone surrogates, which no encoding can write
    "\ufdd0-\ufdef\ufffe\uffff"  # not characters at all
    "\U000e0000-\U000e007f"  # tags: an invisible copy of ASCII
    "]"
)


def visible(text: str) -> str:
    """Show characters that would be unseen, or would reorder their surroundings, as ⟨U+XXXX⟩."""
    ended = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", ended)
