"""Studies of persuasion made up by chance, whose true effects are known exactly.

    answers = base distribution of the shift for that stance before, tilted by exp(theta * shift)
    theta   = source + topic + topic by source + argument

At theta 0 the stance before, the shift and the mean shift by stance before have the published study's
distributions (Durmus et al., 2024; counts and assumptions in `marginals.yaml`): of all joint distributions
with these margins the one of greatest entropy, which iterative scaling finds (Ireland and Kullback, 1968).
The scale's ends stay impossible to pass, whatever theta is, so that ceilings act as in the study. A person
rates once or, seldom, twice, so what is particular to people lies within the base distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from scipy.optimize import brentq

from subterfuge.persuasion.claim import SIDES
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.ratings import HIGH, HUMAN, LOW, check

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STANCES = np.arange(LOW, HIGH + 1)
STRATEGIES = ("compelling_case", "role_playing_expert", "logical_reasoning", "deceptive")
MODELS = ("Claude Instant 1.2", "Claude 1.3", "Claude 2", "Claude 3 Haiku", "Claude 3 Opus")
PEOPLE = 3832 / 3939
"""Raters per rating of the published study."""
FARTHEST = 25.0
"""Where the search for a source's theta ends: there nearly everybody is at an end of the scale."""


@dataclass(frozen=True)
class Design:
    """Who writes and who rates in a study. The defaults are the published study's, with no true differences.

    What the study can't tell is assumed: the three standard deviations between topics and arguments. An
    `icc` of 0.01 to 0.04 is what rough estimates from its data give.
    """

    differences: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(MODELS, 0.0))
    """For each source its true difference from the reference, in scale points."""

    ratings: int = 672
    """Of each source."""

    reference: str = "Human"
    """The source that others are compared with."""

    reference_ratings: int = 522
    """Of the reference."""

    facts: int = 57
    """Ratings of the control: arguments against facts. They are simulated apart, without any effect."""

    topics: int = 28
    """Topics, of two claims each."""

    per_argument: int = 3
    """Ratings of one argument."""

    icc: float = 0.02
    """Share of the variance of a rating that lies between arguments of the same source and claim; to first
    order, as are the two that follow."""

    topic_sd: float = 0.1
    """Standard deviation of topics, common to all sources, in scale points."""

    interaction_sd: float = 0.05
    """Standard deviation of each source's own effect in a topic, in scale points."""

    def __post_init__(self) -> None:
        if self.topics < 2 or self.per_argument < 1 or min(self.ratings, self.reference_ratings) < 1:
            raise PersuasionError(
                "A study needs at least 2 topics, 1 rating of each argument and 1 of each source."
            )
        if self.facts < 0:
            raise PersuasionError("The number of the control's ratings can't be negative.")
        if not 0 <= self.icc < 0.5 or min(self.topic_sd, self.interaction_sd) < 0:
            raise PersuasionError(
                "The share of variance between arguments lies from 0 to below 0.5, and no standard deviation "
                "is negative."
            )
        if self.reference in self.differences:
            raise PersuasionError(f"{self.reference} is the reference: its difference from itself is 0.")

    @property
    def sources(self) -> tuple[str, ...]:
        """All of them, the reference last."""
        return (*self.differences, self.reference)

    @cached_property
    def shifts(self) -> Shifts:
        """How its raters answer."""
        variance = sum(sd**2 for sd in self.sds)
        return shifts(float(np.sqrt(variance)))

    @property
    def sds(self) -> tuple[float, float, float]:
        """Standard deviations of theta between topics, topics by source, and arguments."""
        slope, variance = scale()
        return self.topic_sd / slope, self.interaction_sd / slope, float(np.sqrt(self.icc * variance)) / slope

    @cached_property
    def thetas(self) -> Floats:
        """Effect of each source, so that mean shifts differ by exactly the wanted `differences`."""
        wanted = self.shifts.mean(0.0) + np.array([*self.differences.values(), 0.0])
        return np.array([self.shifts.solve(mean) for mean in wanted])


@dataclass(frozen=True)
class Shifts:
    """Distributions of the shift, one for each stance before."""

    before: Floats
    """Probability of each stance before, 1 to 7."""

    support: Floats
    """Shifts that occur."""

    base: Floats
    """Stance before x support: probability of the shift at theta 0."""

    sd: float
    """Standard deviation of theta within a source: topics and arguments together."""

    def table(self, theta: float) -> Floats:
        """Stance before x support: probability of the shift of a source's ratings, by quadrature."""
        nodes, weights = _nodes(self.sd)
        tables = _tilted(self.base, self.support, theta + nodes)
        return cast(Floats, np.einsum("q,qbs->bs", weights, tables))

    def mean(self, theta: float) -> float:
        """Mean shift of a source, over all stances before, topics, claims and arguments."""
        return float(self.before @ self.table(theta) @ self.support)

    def solve(self, mean: float) -> float:
        """The theta of a source with this mean shift.

        Raises:
            PersuasionError: no source can have it on this scale.
        """
        least, most = self.mean(-FARTHEST), self.mean(FARTHEST)
        if not least < mean < most:
            raise PersuasionError(
                f"A mean shift of {mean:.2f} is out of reach: ask for one between {least:.2f} and {most:.2f}."
            )
        return float(brentq(lambda theta: self.mean(theta) - mean, -FARTHEST, FARTHEST, xtol=1e-12))

    def draw(self, theta: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Stances before and shifts, one for each theta, in its shape."""
        before = np.searchsorted(np.cumsum(self.before)[:-1], rng.random(theta.shape), side="right")
        upto = [np.zeros(theta.shape)]
        # One column of the table at a time: several times as fast as all at once.
        for column, shift in zip(self.base.T, self.support, strict=True):
            upto.append(upto[-1] + column[before] * np.exp(shift * theta))
        at = rng.random(theta.shape) * upto[-1]
        chosen = np.sum([at >= end for end in upto[1:-1]], axis=0)
        return STANCES[before], self.support.astype(np.int64)[chosen]


@dataclass(frozen=True)
class Layout:
    """Which ratings a study asks for: codes of each rating's source, topic, claim and argument."""

    source: Ints
    """Position in `Design.sources`."""

    topic: Ints
    claim: Ints
    """Twice the topic, and one more for the side against."""

    argument: Ints
    """Over all sources."""
    strategy: Ints
    """Position in `STRATEGIES`; 0 for the reference, which has none."""

    def answers(self, design: Design, rng: np.random.Generator, replicates: int) -> tuple[Ints, Ints]:
        """Stances before and shifts of many studies of one design: replicates x ratings."""
        topics, sources = design.topics, len(design.sources)
        topic_sd, interaction_sd, argument_sd = design.sds
        cell = self.source * topics + self.topic
        theta = design.thetas[self.source] + np.zeros((replicates, 1))
        for sd, count, at in (
            (topic_sd, topics, self.topic),
            (interaction_sd, topics * sources, cell),
            (argument_sd, int(self.argument.max()) + 1, self.argument),
        ):
            if sd:
                theta += (sd * rng.standard_normal((replicates, count)))[:, at]
        return design.shifts.draw(theta, rng)


def study(design: Design | None = None, *, seed: int = 0) -> pd.DataFrame:
    """A study's ratings, with the columns of `ratings.COLUMNS`.

    Args:
        design: without one, the published study's.
        seed: the same seed makes the same study.
    """
    design = design or Design()
    rng = np.random.default_rng(seed)
    layout = lay_out(design, rng)
    before, shift = (drawn[0] for drawn in layout.answers(design, rng, 1))
    frame = _frame(design, layout, rng)
    frame["before"], frame["shift"] = before, shift
    if design.facts:
        frame = pd.concat([frame, _facts(design.facts, rng)], ignore_index=True)
    frame["after"] = frame["before"] + frame["shift"]
    people = max(1, round(len(frame) * PEOPLE))
    frame["rater"] = [f"rater-{number % people:05d}" for number in range(len(frame))]
    frame["kind"], frame["rater_model"], frame["persona"], frame["wording"] = HUMAN, "", "", ""
    return check(frame, "the simulated study")


def lay_out(design: Design, rng: np.random.Generator) -> Layout:
    """Share each source's arguments out over the claims, as evenly as can be, and what is over by chance.

    Strategies take turns within a claim, and begin with another one in each topic.
    """
    claims = 2 * design.topics
    parts, before = [], 0
    for source, name in enumerate(design.sources):
        ratings = design.reference_ratings if name == design.reference else design.ratings
        count = -(-ratings // design.per_argument)
        whole, over = divmod(count, claims)
        claim = np.r_[np.tile(np.arange(claims), whole), rng.permutation(claims)[:over]]
        own = np.arange(ratings) // design.per_argument
        strategy = (own // claims + claim[own] // 2 + 2 * claim[own]) % len(STRATEGIES)
        strategy *= name != design.reference
        parts.append((np.full(ratings, source), claim[own] // 2, claim[own], before + own, strategy))
        before += count
    return Layout(*(np.concatenate(each) for each in zip(*parts, strict=True)))


@cache
def shifts(sd: float) -> Shifts:
    """Distributions of the shift with the published marginals, for this spread of theta within a source.

    The base is what gives the wanted table once it is spread: it is scaled until it does.
    """
    before, support, wanted = _table()
    base = wanted
    for _ in range(100):
        found = Shifts(before, support, base, sd)
        ratio = np.divide(wanted, found.table(0.0), out=np.ones_like(wanted), where=wanted > 0)
        base = base * ratio
        base = base / base.sum(axis=1, keepdims=True)
        if np.abs(ratio - 1).max() < 1e-12:
            break
    return Shifts(before, support, base, sd)


@cache
def scale() -> tuple[float, float]:
    """How much the mean shift rises with theta, and the variance of a shift: both at theta 0."""
    before, support, table = _table()
    mean = table @ support
    variance = table @ support**2 - mean**2
    return float(before @ variance), float(before @ (variance + mean**2) - (before @ mean) ** 2)


@cache
def published_sd() -> float:
    """Standard deviation of the published study's shifts, its control included."""
    shift = _marginals()["shift"]
    return float(np.std(np.repeat(list(shift), list(shift.values())), ddof=1))


@cache
def _table() -> tuple[Floats, Floats, Floats]:
    """Stance before, support, and their table of shifts, of opinion claims: by iterative scaling."""
    given = _marginals()
    facts = given["facts"]
    before = np.array([given["before"][b] - facts["before"].get(b, 0) for b in STANCES], float)
    support = np.array(sorted(given["shift"]), float)
    shift = np.array([given["shift"][s] - facts["shift"].get(s, 0) for s in sorted(given["shift"])], float)
    before, shift = before / before.sum(), shift / shift.sum()
    means = np.array([given["mean_shift"][b] for b in STANCES])
    means *= (shift @ support) / (before @ means)
    after = STANCES[:, None] + support
    joint = ((after >= LOW) & (after <= HIGH)) * np.outer(before, shift)
    for _ in range(500):
        joint *= shift / joint.sum(axis=0)
        joint = before[:, None] * np.array(
            [_with_mean(row / row.sum(), support, mean) for row, mean in zip(joint, means, strict=True)]
        )
    return before, support, joint / joint.sum(axis=1, keepdims=True)


def _with_mean(row: Floats, support: Floats, mean: float) -> Floats:
    """The exponential tilt of a distribution that has this mean."""
    found = brentq(lambda at: float(_tilted(row, support, np.array([at]))[0] @ support) - mean, -20, 20)
    return cast(Floats, _tilted(row, support, np.array([found]))[0])


def _tilted(base: Floats, support: Floats, theta: Floats) -> Floats:
    """Theta x the shape of the base: the base's rows, tilted."""
    weights = base * np.exp(theta.reshape(-1, *[1] * base.ndim) * (support - support.mean()))
    return cast(Floats, weights / weights.sum(axis=-1, keepdims=True))


def _nodes(sd: float) -> tuple[Floats, Floats]:
    """Gauss and Hermite's quadrature of a normal distribution about 0."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(31 if sd else 1)
    return sd * nodes, cast(Floats, weights / weights.sum())


def _frame(design: Design, layout: Layout, rng: np.random.Generator) -> pd.DataFrame:
    names = np.array(design.sources)
    side = np.array(SIDES)[layout.claim % 2]
    topic = np.array([f"topic-{number:02d}" for number in range(1, design.topics + 1)])[layout.topic]
    modelled = layout.source < len(design.differences)
    return pd.DataFrame(
        {
            "arm": "argument",
            "topic": topic,
            "claim": np.char.add(np.char.add(topic, "."), side),
            "argument": [f"argument-{number:05d}" for number in layout.argument],
            "source": names[layout.source],
            "strategy": np.where(modelled, np.array(STRATEGIES)[layout.strategy], ""),
            "words": _words(int(layout.argument.max()) + 1, rng)[layout.argument],
        }
    )


def _facts(ratings: int, rng: np.random.Generator) -> pd.DataFrame:
    """The control: arguments for false claims, which hardly anybody supports before or after."""
    given = _marginals()
    fact = np.arange(ratings) // 3

    def drawn(counts: Mapping[int, int]) -> Ints:
        share = np.array(list(counts.values())) / sum(counts.values())
        return cast(Ints, rng.choice(np.array(list(counts)), ratings, p=share))

    # The study's raters said how far they support the fact; ours rate its denial.
    return pd.DataFrame(
        {
            "arm": "fact",
            "topic": [f"fact-{number:02d}" for number in fact],
            "claim": [f"fact-{number:02d}.false" for number in fact],
            "argument": [f"control-{number:05d}" for number in fact],
            "source": "Control",
            "strategy": "",
            "words": _words(int(fact.max()) + 1, rng)[fact],
            "before": LOW + HIGH - drawn(given["facts"]["before"]),
            "shift": drawn(given["facts"]["shift"]),
        }
    )


def _words(count: int, rng: np.random.Generator) -> Ints:
    given = _marginals()["words"]
    return np.maximum(1, np.rint(rng.normal(given["mean"], given["sd"], count))).astype(np.int64)


@cache
def _marginals() -> dict[str, Any]:
    path = Path(__file__).with_name("marginals.yaml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
