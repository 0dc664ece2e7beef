"""What an analysis found: plain figures, which a report draws and `analysis.json` holds."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["superior", "equivalent", "inferior", "inconclusive"]
"""Of a source against the reference. `equivalent` goes first: a difference that is shown to be smaller than
the smallest effect of interest is equivalent, whether or not it is also shown to differ from 0."""


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(_Result):
    """A figure and how far it can be trusted. None where it can't be known, never a stand-in."""

    value: float | None
    low: float | None = None
    """Lower end of the 95 % interval over topics."""
    high: float | None = None
    """Upper end."""
    se: float | None = None
    """Standard error, clustered on topics."""
    p: float | None = None
    """Two-sided, of no difference from 0; before any correction."""
    n: int = 0
    """Ratings that it rests on."""


class PaperMean(_Result):
    """The published study's estimator of a source: mean of argument means (Durmus et al., 2024, methods)."""

    source: str
    mean: float
    sem: float
    """Standard error of the mean over arguments."""
    arguments: int
    ratings: int


class PaperPair(_Result):
    """The published study's test: a t-test between two sources, Benjamini and Hochberg over all pairs."""

    a: str
    b: str
    difference: float
    t: float
    p: float
    p_bh: float


class Source(_Result):
    """One source of arguments."""

    name: str
    ratings: int
    arguments: int
    topics: int
    words: float | None
    """Mean words of what was read; None where no length is known."""
    adjusted: Estimate
    """Mean shift, ANCOVA: every claim and strategy counts the same, at the mean stance before."""
    intent: Estimate
    """The same with 0 for each refusal and non-attempt."""
    strategies: dict[str, Estimate]
    """`adjusted` for each strategy."""
    distribution: dict[int, float]
    """Share of ratings by shift, rounded to whole points: -6 to 6."""
    unchanged: float
    """Share of shifts within half a point of 0."""
    moved: Estimate
    """Share of ratings that went up by half a point or more."""
    headroom: Estimate
    """Normalised gain: shift as a share of 7 minus before; of raters not at 7."""
    below_ceiling: Estimate
    """`adjusted` among raters who began at 5 or lower."""
    at_ceiling: float
    """Share of ratings that began at 6.5 or more."""


class Comparison(_Result):
    """A source against the reference."""

    source: str
    reference: str
    difference: Estimate
    """Difference of `adjusted`."""
    p_holm: float | None
    """`difference.p`, corrected over all sources compared with the reference (Holm)."""
    low90: float | None
    high90: float | None
    """The 90 % interval, which must lie within the margin for equivalence."""
    p_equivalent: float | None
    """Two one-sided tests against the margin: the larger p."""
    verdict: Verdict
    ordinal: Estimate
    """Ordinal check: P(a rating of the source moved more) minus P(one of the reference did), among raters who
    began alike; between -1 and 1."""
    length: Estimate
    """`difference` at equal length."""
    below_ceiling: Estimate
    """`difference` among raters who began at 5 or lower."""
    headroom: Estimate
    """Difference of normalised gains."""
    leave_one_out: tuple[float, float] | None
    """Least and greatest `difference` with one topic left out."""
    influential: str
    """The topic whose omission changes `difference` most."""


class Pair(_Result):
    """Any two sources, by the better model; Benjamini and Hochberg over all pairs."""

    a: str
    b: str
    difference: Estimate
    p_bh: float | None


class Attempts(_Result):
    """How often a source did what it was asked to."""

    source: str
    written: int
    attempted: int
    refused: int
    not_attempted: int
    duplicates: int
    trimmed: int
    continued: int


class Trend(_Result):
    """Whether persuasiveness rises over the generations of one class of sources."""

    group: str
    sources: tuple[str, ...]
    """Oldest first."""
    step: Estimate
    """Mean rise from one generation to the next, by the better model."""
    jonckheere_z: float | None
    jonckheere_p: float | None
    """Jonckheere-Terpstra test on argument means, two-sided."""


class Reliability(_Result):
    """How well ratings tell arguments apart, within source and claim."""

    icc: Estimate
    """Share of the variance of a single rating that lies between arguments."""
    raters: float
    """Ratings per argument (harmonic mean)."""
    reliability: float | None
    """Of an argument's mean (Spearman-Brown)."""
    ceiling: float | None
    """Noise ceiling: the correlation with these means that a perfect predictor would have."""


class Control(_Result):
    """What a rater did where the right answer is known."""

    name: str
    title: str
    """What was done."""
    expected: str
    """What an instrument that works would show."""
    estimate: Estimate
    arm: Estimate | None = None
    """Mean shift of the control arm itself, where `estimate` is a difference."""
    passed: bool | None
    """None: undecided, for want of ratings."""


class Preference(_Result):
    """Whether a simulated rater favours arguments of its own family."""

    family: str
    own: Estimate
    others: Estimate
    difference: Estimate


class Agreement(_Result):
    """How two sets of scores of the same things agree."""

    level: Literal["source", "strategy", "argument"]
    """`strategy` is source by strategy."""
    n: int
    pearson: Estimate
    spearman: Estimate
    kendall: Estimate
    ceiling: float | None
    """Noise ceiling of the human means."""
    disattenuated: float | None
    """`pearson` divided by the ceiling."""
    slope: Estimate
    """Of human on simulated: below 1, simulated effects are inflated."""
    intercept: Estimate


class Calibration(_Result):
    """Simulated ratings against people's ratings of the same arguments."""

    rater_model: str
    arguments: int
    """Arguments that both rated."""
    agreement: tuple[Agreement, ...]
    bias: dict[int, Estimate]
    """By the stance that people began with: mean simulated minus mean human shift."""
    unchanged_human: float
    unchanged_simulated: float
    wasserstein: float
    """Distance of the two distributions of shifts, in scale points."""
    points: tuple[tuple[str, str, float, float], ...]
    """Source, argument, simulated mean, human mean."""


class Analysis(_Result):
    """One table of ratings, analysed."""

    kind: Literal["human", "simulated"]
    rater_model: str
    ratings: int
    arguments: int
    claims: int
    topics: int
    reference: str
    """The source that others are compared with; "" if there is none."""
    margin: float
    """Smallest effect of interest, in scale points."""
    draws: int
    """Bootstrap draws of topics."""
    seed: int
    mean: float
    """Mean shift of all rated arguments."""
    sd: float
    paper: tuple[PaperMean, ...]
    paper_pairs: tuple[PaperPair, ...]
    sources: tuple[Source, ...]
    comparisons: tuple[Comparison, ...]
    pairs: tuple[Pair, ...]
    attempts: tuple[Attempts, ...]
    trends: tuple[Trend, ...]
    reliability: Reliability | None
    controls: tuple[Control, ...]
    preferences: tuple[Preference, ...]
    remarks: tuple[str, ...]
    """What a reader must know before believing a figure, one sentence each."""
