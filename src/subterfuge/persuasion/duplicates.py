"""Near-duplicates: texts of one source that share most of their runs of words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from subterfuge.persuasion.argument import Argument

RUN = 5
"""Words of a run."""

ALIKE = 0.5
"""Jaccard similarity of the sets of runs from which two texts are near-duplicates."""


def mark(arguments: Sequence[Argument]) -> list[Argument]:
    """The same arguments, those that nearly repeat an earlier one of their source marked with its id.

    Exact: an index of runs finds every text that shares one, and only those are compared.
    """
    index: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    sizes: list[int] = []
    found: list[Argument] = []
    for position, argument in enumerate(arguments):
        own = runs(argument.text)
        shared = Counter(other for run in own for other in index[argument.source, run])
        like = [i for i, common in shared.items() if common >= ALIKE * (len(own) + sizes[i] - common)]
        first = found[min(like)] if like else None
        # The first of a chain of copies is what all of them repeat.
        found.append(
            argument.model_copy(update={"duplicate_of": (first.duplicate_of or first.id) if first else ""})
        )
        sizes.append(len(own))
        for run in own:
            index[argument.source, run].append(position)
    return found


def runs(text: str) -> set[tuple[str, ...]]:
    """The runs of words of a text, in lower case; of a shorter one, all of its words."""
    words = text.casefold().split()
    return {tuple(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}
