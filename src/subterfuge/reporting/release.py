"""What the report of a release is given: verdicts with the evidence for them, and the trend over releases.

As in `subterfuge.reporting.model`, nothing here is computed from episodes: whoever decides fills it in.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from subterfuge.reporting.model import Data, Href, Number, Share

Verdict = Literal["ALARM", "CLEAR", "INCONCLUSIVE", "INVALID", "RETROSPECTIVE"]
VERDICTS: dict[Verdict, str] = {
    "ALARM": "the rate is shown to lie above the threshold r0",
    "CLEAR": "the rate is shown to lie below it, by an instrument that rings",
    "INCONCLUSIVE": "neither is shown, or not yet",
    "INVALID": "the record or the instrument can't carry a verdict",
    "RETROSPECTIVE": "read from a log that no protocol had planned: figures without a verdict",
}
"""What each verdict says; printed as a key under the table."""

Anchor = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
Mass = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Curve(Data):
    """One e-process: how the evidence for a claim grew over the episodes."""

    claim: Literal["ALARM", "CLEAR"]
    """What the evidence is for."""

    points: tuple[tuple[NonNegativeInt, Annotated[float, Field(allow_inf_nan=False)]], ...]
    """Episodes, and the natural logarithm of e after them; in the order of the episodes."""

    level: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Natural logarithm of the e that decides."""

    crossed: NonNegativeInt | None = None
    """After how many episodes the level was first reached; None if it never was."""


class Control(Data):
    """A positive control: the same task where the answer is known."""

    name: str
    """What the protocol calls it."""

    kind: Literal["grader", "elicitation", "capability"]
    """What it proves: the instrument, the elicitation, or that the model can."""

    model: str
    """Whom it ran on."""

    n: NonNegativeInt
    """Episodes that it used."""

    planned: NonNegativeInt
    """Episodes that it may use."""

    events: Mass
    """Events among the scored ones."""

    missing: NonNegativeInt = 0
    """Episodes without an outcome."""

    rings: bool | None = None
    """Whether it showed what it was made to show; None while that is open."""

    href: Href = None
    """Its transcripts."""


class Finding(Data):
    """What one hypothesis came to on one release."""

    id: Anchor
    """Its anchor in the page."""

    title: str
    """What people call the hypothesis."""

    release: str
    """On which release."""

    verdict: Verdict
    """The verdict."""

    final: bool = True
    """Whether it stands; an INCONCLUSIVE before the cap says "not yet"."""

    reasons: tuple[str, ...] = ()
    """Why, in sentences."""

    task: str
    """The task."""

    event: str
    """What counts as the event."""

    elicitation: str
    """How the behaviour was drawn out."""

    scope: str = ""
    """What the rate is over: the generator, or a list of samples."""

    protocol: str = ""
    """Name of the protocol."""

    threshold: Share
    """r0; None for a retrospective one."""

    level: Share = None
    """Probability that the limits hold the rate, at any stopping time."""

    n: NonNegativeInt
    """Episodes that the verdict rests on."""

    cap: NonNegativeInt | None = None
    """Episodes at most; None where nobody set one."""

    finished: NonNegativeInt | None = None
    """Episodes finished: with those that were in flight when it was decided."""

    events: Mass
    """Events among the scored ones."""

    missing: NonNegativeInt = 0
    """Episodes without an outcome."""

    missing_reasons: dict[str, int] = Field(default_factory=dict)
    """Reason to number."""

    rate: Share
    """Events a scored episode; None without one."""

    low: Share
    """Lower limit, valid at any stopping time; missing episodes counted as no event."""

    high: Share
    """Upper limit, likewise; missing episodes counted as events."""

    refused: NonNegativeInt | None = None
    """Refusals; None where nobody looked."""

    aware: NonNegativeInt | None = None
    """Episodes taken for a test; None where nobody looked."""

    curves: tuple[Curve, ...] = ()
    """The evidence; none for a retrospective one."""

    clusters: NonNegativeInt | None = None
    """Clusters that the episodes come from; None where each stands alone."""

    naive: str | None = None
    """With clusters: what would have been said had their episodes been taken for independent."""

    controls: tuple[Control, ...] = ()
    """The positive controls."""

    warnings: tuple[str, ...] = ()
    """What a reader must know before believing the row."""

    href: Href = None
    """Its transcripts."""

    @property
    def scored(self) -> int:
        """Episodes with an outcome."""
        return self.n - self.missing

    @property
    def worst(self) -> tuple[float, float] | None:
        """The rate had no missing episode had the event, and had each; None without episodes."""
        return (self.events / self.n, (self.events + self.missing) / self.n) if self.n else None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.missing > self.n or self.events > self.scored + 1e-9:
            raise ValueError(
                f"{self.events:g} events and {self.missing} missing cannot come of {self.n} episodes"
            )
        return self


class Point(Data):
    """One release in a trend."""

    release: str
    """What the ledger calls it."""

    verdict: Verdict
    """What was decided."""

    n: NonNegativeInt
    """Episodes."""

    events: Mass
    """Events among the scored ones."""

    missing: NonNegativeInt = 0
    """Episodes without an outcome."""

    rate: Share = None
    """Events a scored episode."""

    low: Share = None
    """Lower limit of the interval."""

    high: Share = None
    """Upper limit."""

    threshold: Share = None
    """r0 then."""

    detector: Number = None
    """Logarithm of the e-detector's statistic after this release; None where it did not run."""

    drift: Number = None
    """The same against the anchor's upper limit, over the releases after it."""

    watch: bool = False
    """Whether either stood at the watch tier."""

    page: bool = False
    """Whether either stood at the page tier."""

    refused: NonNegativeInt | None = None
    """Refusals; None where nobody looked."""

    aware: NonNegativeInt | None = None
    """Episodes taken for a test; None where nobody looked."""


class Trend(Data):
    """One hypothesis over releases, in the order of their registration."""

    id: Anchor
    """Its anchor in the page."""

    title: str
    """What people call it."""

    points: tuple[Point, ...]
    """The releases; none that is not comparable with the others."""

    anchor: str | None = None
    """The frozen release that all are compared with."""

    anchor_rate: Share = None
    """Its rate."""

    anchor_high: Share = None
    """Upper limit of its rate: no drift below it can be seen."""

    watch_level: Number = None
    """Logarithm of the statistic at the watch tier."""

    page_level: Number = None
    """Logarithm of the statistic at the page tier."""

    notes: tuple[str, ...] = ()
    """What must be said beside it, such as an earlier version of the task that is not comparable."""


class LockedProtocol(Data):
    """A protocol that the verdicts rest on."""

    name: str
    """Its name."""

    digest: str
    """SHA-256 of its content, in hexadecimal."""

    description: str = ""
    """What it is for."""


class Release(Data):
    """All that the report of a ledger shows."""

    title: str
    """Which release."""

    outcome: str
    """One sentence of what came out."""

    date: str
    """When the last record was made, as people read it."""

    model: str = ""
    """The model behind the release's name, with its fingerprint."""

    facts: dict[str, str] = Field(default_factory=dict)
    """More about it: registered, parent, fingerprint."""

    protocols: tuple[LockedProtocol, ...] = ()
    """What was fixed beforehand."""

    head: str
    """Hash of the ledger's last record."""

    records: NonNegativeInt
    """How many records the ledger has."""

    versions: dict[str, str] = Field(default_factory=dict)
    """Package to version; several are told apart by commas."""

    findings: tuple[Finding, ...]
    """Verdicts, in the order of the protocol."""

    trends: tuple[Trend, ...] = ()
    """One for each hypothesis that more than one release has."""

    releases: NonNegativeInt = 1
    """Releases that the ledger knows."""

    command: str
    """How to check all of it."""

    warnings: tuple[str, ...] = ()
    """What is wrong with the ledger as a whole."""
