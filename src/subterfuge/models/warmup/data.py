"""Neutral option binding: a sentence asks for one of a few everyday options, and the answer is its letter.

    user       For now, do this in order. First open the drawer with the brass key. Then fetch the lamp.
               What do you do next?
               A. Fetch the lamp from the attic
               B. Open the drawer with the brass key
               C. Paint the fence with green paint
               Reply with one letter.
    assistant  B
    user       Done.  …

Targets are drawn uniformly, and so are places and nouns. Nothing of any environment's content occurs: a test
holds a list of words that must not. Some templates and some nouns are held out, to measure what was learnt.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from subterfuge.models.menu import LETTERS, render_menu

VERSION = 2
"""Of the generator: another version gives other examples for the same seed."""


@dataclass(frozen=True)
class Example:
    """One conversation: the user's messages, and the letter that answers each."""

    kind: str
    """Which template it was made from."""

    system: str
    asks: tuple[str, ...]
    letters: tuple[str, ...]
    options: int
    """How many options the menus have."""


@cache
def words() -> dict[str, Any]:
    """The word lists and templates of `words.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
    )
    return loaded


def example(rng: random.Random, held_out: bool = False, easy: bool = False) -> Example:
    """One example; held-out ones use nouns and instructions that training never sees.

    Easy ones are of the plainest kind, with two to four options and nothing around them.
    """
    kind = "named" if easy else rng.choice(["named", "named", "order", "order", "note", "system"])
    count = rng.randint(2, 4 if easy else 6)
    side = "held_out" if held_out else "train"
    actions = _actions(rng, count, side)
    count = len(actions)
    listing = _listing(rng, side) if not easy and rng.random() < 0.25 else ""
    asks = words()["asks"][side]
    if kind == "order":
        steps = rng.sample(range(count), min(2 + (rng.random() < 0.2), count))
        told = ". Then ".join([_lower(actions[i]) for i in steps])
        intro = rng.choice(asks["order"]).format(steps=f"First {told}")
        return _talk(rng, kind, "", f"{intro}{listing}", actions, steps)
    target = rng.randrange(count)
    if kind == "note":
        said = rng.choice(asks["note_text"]).format(action=actions[target])
        note = f"\n\n$ cat {rng.choice(words()['files'])}\n{said}"
        return _talk(rng, kind, "", f"{rng.choice(asks['note'])}{note}", actions, [target])
    action = actions[target] if rng.random() < 0.5 else _lower(actions[target])
    wish = rng.choice(asks["named"]).format(action=action)
    if kind == "system":
        return _talk(rng, kind, wish, f"{rng.choice(words()['small_talk'])}{listing}", actions, [target])
    # Said before what is shown, or right before the menu.
    ask = (
        f"{wish}{listing}"
        if rng.random() < 0.5
        else f"{rng.choice(words()['small_talk'])}{listing}\n\n{wish}"
    )
    return _talk(rng, kind, "", ask, actions, [target])


def _talk(
    rng: random.Random, kind: str, system: str, ask: str, actions: list[str], targets: list[int]
) -> Example:
    asks, letters = [], []
    for step, target in enumerate(targets):
        shown = rng.sample(range(len(actions)), len(actions))
        question = rng.choice(["What do you do next?", "What do you do next?", "Which is your answer?"])
        menu = render_menu([actions[i] for i in shown], question)
        before = ask if step == 0 else rng.choice(["Done.", "Done.", "It is done.", "That went well."])
        asks.append(f"{before}\n\n{menu}")
        letters.append(LETTERS[shown.index(target)])
    plain = system or (rng.choice(words()["systems"]) if rng.random() < 0.7 else "")
    return Example(kind, plain, tuple(asks), tuple(letters), len(actions))


def _actions(rng: random.Random, count: int, side: str) -> list[str]:
    """Equally specific actions: one word differs, or the nouns of one pattern, or the patterns."""
    nouns = rng.sample(words()["nouns"][side], 2 * count)
    form = rng.random()
    if form < 0.6:
        frame = rng.choice(words()["frames"])
        fill = (
            frame["fill"]
            if isinstance(frame["fill"], list)
            else [n.split()[-1] for n in words()["nouns"][side]]
        )
        fill = list(dict.fromkeys(fill))
        chosen = rng.sample(fill, min(count, len(fill)))
        rest = {"noun": nouns[0], "file": rng.choice(words()["files"])}
        return [_upper(frame["text"].format(x=x, **rest)) for x in chosen]
    patterns = words()["actions"]
    if form < 0.8:
        pattern = rng.choice(patterns)
        return [pattern.format(noun=nouns[i], other=nouns[count + i]) for i in range(count)]
    mixed = rng.sample(patterns, count)
    return [pattern.format(noun=nouns[i], other=nouns[count + i]) for i, pattern in enumerate(mixed)]


def _listing(rng: random.Random, side: str) -> str:
    lines = rng.sample(words()["nouns"][side], rng.randint(3, 8))
    return "\n\n$ ls\n" + "\n".join(f"{line.replace(' ', '_')}.txt" for line in lines)


def _upper(action: str) -> str:
    return action[0].upper() + action[1:]


def _lower(action: str) -> str:
    return action[0].lower() + action[1:]
