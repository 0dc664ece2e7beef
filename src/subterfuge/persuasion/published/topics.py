"""Which claims are two sides of one topic: the file doesn't say, so it is worked out from their words.

Claims are compared by the character 3- and 4-grams of their words (tf-idf, cosine), and paired so that the
sum of similarities is greatest. Of the project's own 60 claims, which were not made for it, all 30 pairs are
found, 8 of them marked doubtful. Where 10 of the 30 topics lack a side, 16 of the 20 pairs are found, and 8
wrong ones, of which 6 are marked doubtful. So the pairs of a file are a guess until somebody has read them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from subterfuge.persuasion.argument import text_key
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.reader import claim_form
from subterfuge.persuasion.published.table import load, parse

Floats = npt.NDArray[np.float64]

LEAST = 0.1
"""Similarity below which two claims are never paired."""
SURE = 0.2
"""Similarity below which a pair is doubtful."""
COMMON = 4
"""Claims that a word may be in and still say what one is about."""


@dataclass(frozen=True)
class Pair:
    """A topic and its claims: two, or one that found no partner."""

    topic: str
    claims: tuple[str, ...]
    similarity: float | None = None
    """Cosine, 0 to 1; None for a claim by itself."""
    sure: bool = True
    """Of a guessed topic: its claims are at least `SURE` alike, and neither is more like a third one."""

    @property
    def guessed(self) -> bool:
        """Whether it was made from the claims' words, so that somebody should look at it."""
        return self.similarity is not None or not self.sure


def pair(claims: Sequence[str], taken: Collection[str] = ()) -> list[Pair]:
    """Pair claims by what they are about, and name each topic by the rarest words that its claims share.

    Args:
        claims: different ones, in the form of `claim_form`. Their order doesn't matter.
        taken: names of other topics.
    """
    claims = sorted(claims)
    alike = similarity(claims)
    np.fill_diagonal(alike, 0)
    pairs = _matching(alike)
    single = sorted({*range(len(claims))} - {i for pair in pairs for i in pair})
    names = _names([(claims[i], claims[j]) for i, j in pairs] + [(claims[i],) for i in single], taken)
    found = []
    for (i, j), name in zip(pairs, names, strict=False):
        own = float(alike[i, j])
        sure = own >= max(SURE, float(alike[i].max()), float(alike[j].max()))
        found.append(Pair(name, (claims[i], claims[j]), own, sure))
    return found + [
        Pair(name, (claims[i],), sure=False) for i, name in zip(single, names[len(pairs) :], strict=True)
    ]


def alone(claims: Sequence[str]) -> list[Pair]:
    """Each claim as a topic of its own: facts, which have no other side."""
    sides = [(claim,) for claim in sorted(claims)]
    return [Pair(f"fact-{name}", side) for name, side in zip(_names(sides), sides, strict=True)]


def similarity(claims: Sequence[str]) -> Floats:
    """How alike claims are: cosine of tf-idf over character 3- and 4-grams within words, (claims, claims)."""
    grams = [Counter(_grams(claim)) for claim in claims]
    column = {gram: i for i, gram in enumerate(sorted({gram for counted in grams for gram in counted}))}
    weights = np.zeros((len(claims), len(column)))
    for i, counted in enumerate(grams):
        weights[i, [column[gram] for gram in counted]] = list(counted.values())
    weights *= 1 + np.log((1 + len(claims)) / (1 + (weights > 0).sum(axis=0)))
    weights /= np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-12)
    product: Floats = weights @ weights.T
    return product


def read_topics(path: Path) -> dict[str, str]:
    """A user's own topics: claim (in the form of `claim_form`) to topic, from a CSV with these two columns.

    Raises:
        PersuasionError: there is no such file, it is no such table, or a claim has no topic, or two.
    """
    topics: dict[str, str] = {}
    for number, (text, name) in enumerate(parse(load(path), ("claim", "topic"), str(path)).rows, 1):
        claim, topic = claim_form(text), name.strip()
        if not topic or claim == ".":
            raise PersuasionError(f"{path}, row {number}: a claim and its topic are needed.")
        if topics.setdefault(claim, topic) != topic:
            raise PersuasionError(f"{path}, row {number}: the claim had the topic {topics[claim]} before.")
    return topics


def given(claims: Sequence[str], topics: Mapping[str, str]) -> list[Pair]:
    """The topics of those claims that have one in `topics`; any number of claims each."""
    named: dict[str, list[str]] = {}
    for claim in sorted(claims):
        if claim in topics:
            named.setdefault(topics[claim], []).append(claim)
    return [Pair(topic, tuple(sides)) for topic, sides in sorted(named.items())]


def _matching(alike: Floats) -> list[tuple[int, int]]:
    """The matching of greatest weight, as an integer program: every claim in one pair at most."""
    first, second = np.nonzero(np.triu(alike, 1) >= LEAST)
    edges = np.arange(len(first))
    if not len(edges):
        return []
    ends = (np.concatenate([first, second]), np.concatenate([edges, edges]))
    uses = csr_array((np.ones(2 * len(edges)), ends), shape=(len(alike), len(edges)))
    solved = milp(
        -alike[first, second],
        constraints=LinearConstraint(uses, 0, 1),
        integrality=np.ones(len(edges)),
        bounds=Bounds(0, 1),
    )
    chosen = solved.x > 0.5
    return [(int(i), int(j)) for i, j in zip(first[chosen], second[chosen], strict=True)]


def _words(claim: str) -> list[str]:
    return re.findall(r"\w+", claim.casefold())


def _grams(claim: str) -> list[str]:
    padded = [f" {word} " for word in _words(claim)]
    return [word[i : i + n] for word in padded for n in (3, 4) for i in range(len(word) - n + 1)]


def _names(topics: Sequence[tuple[str, ...]], taken: Collection[str] = ()) -> list[str]:
    """A name for each topic: up to three words that all its claims share, the rarest ones of all claims."""
    frequency = Counter(word for claims in topics for claim in claims for word in {*_words(claim)})
    names = []
    for claims in topics:
        words = list(dict.fromkeys(_words(claims[0])))
        shared = [word for word in words if all(word in _words(claim) for claim in claims)] or words
        telling = [word for word in shared if frequency[word] <= COMMON] or shared
        rarest = sorted(telling, key=lambda word: (frequency[word], -len(word), word))[:3]
        names.append("-".join(word for word in words if word in rarest))
    often = Counter([*names, *taken])
    return [
        name if often[name] == 1 else f"{name}-{text_key(claims[0])[:6]}"
        for name, claims in zip(names, topics, strict=True)
    ]
