"""What a ledger can say: one kind of record for each thing that happens to a release.

A line of the ledger is a record in an envelope (see `subterfuge.releases.ledger`):

    {"n":7,"prev":"9f…","time":"2026-11-23T16:40:12.031Z","kind":"outcome","body":{…},"hash":"3c…"}
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from subterfuge.releases.event import Event
from subterfuge.releases.protocol import Protocol

Status = Literal["scored", "unscored", "errored", "limit", "halted", "absent"]
"""What became of a planned cell. Only `scored` has an outcome; each other one is missing, with its reason.

`unscored`: it ran, and could not be scored. `errored`: it broke. `limit`: it ran into a limit and could not
be scored. `halted`: somebody stopped it. `absent`: it was planned, and nothing came of it.
"""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Body(BaseModel):
    """What one record says."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Genesis(Body):
    """The first record: this is a ledger."""

    format: int = 1
    """Version of the file's format."""

    version: str
    """Version of Subterfuge that opened it."""


class Fingerprint(Body):
    """What tells one model from another of the same name."""

    kind: Literal["weights", "provider", "declared", "scripted"]
    """`weights`: a hash of the weights. `provider`: what the provider says of the model it serves.
    `declared`: only what the user says. `scripted`: an actor, known by its arguments."""

    value: str
    """The hash, or the facts as text."""


class Model(Body):
    """A release or checkpoint."""

    id: str
    """What the ledger calls it; used for one fingerprint for ever."""

    model: str
    """The Inspect model, such as `openai/gpt-5`."""

    model_args: dict[str, Any] = {}
    """Its arguments."""

    fingerprint: Fingerprint
    """What tells it from another."""

    declared: str | None = None
    """What the user says of it, such as a snapshot's date."""

    parent: str | None = None
    """The checkpoint that it comes from."""

    date: str | None = None
    """When it was released, ISO 8601."""

    anchor: bool = False
    """The frozen reference that every release is compared with."""


class Lock(Body):
    """A protocol is fixed."""

    digest: Digest
    """SHA-256 of the protocol; what tests are known by."""

    protocol: Protocol
    """All of it."""


class Test(Body):
    """Which series of cells: a hypothesis of a locked protocol on one model, or one of its controls there."""

    __test__ = False
    """Not one of pytest's."""

    protocol: Digest
    """The protocol's digest."""

    hypothesis: str
    """The hypothesis' id."""

    model: str
    """The id under which the model is registered."""

    control: str | None = None
    """The control's id; None for the hypothesis itself."""

    @property
    def key(self) -> str:
        """How files and messages call it: "tampering@gpt-5.1" or "tampering.dialled@gpt-5.1"."""
        return f"{self.hypothesis}{'.' + self.control if self.control else ''}@{self.model}"


class Run(Body):
    """Somebody started to measure."""

    run: str
    """Its id."""

    tests: tuple[Test, ...]
    """What it works on."""

    fingerprint: Fingerprint
    """The model's fingerprint as it was found at the start."""

    versions: dict[str, str] = {}
    """Packages: subterfuge, inspect-ai, the task's package."""

    tasks: dict[str, str] = {}
    """Test key to the task's version as its log will say."""


class Block(Body):
    """Cells are planned; written before any of them starts."""

    run: str
    """The run."""

    test: int
    """Of which of the run's tests, counted from 0."""

    start: int
    """The first cell, counted from 0."""

    samples: tuple[str, ...]
    """The sample of each cell, from `start` on."""

    clusters: tuple[str, ...] | None = None
    """The cluster of each cell, where cells are not all independent."""


class Outcome(Body):
    """What became of one cell. The first one counts; there is never a second."""

    run: str
    """The run."""

    test: int
    """Of which of the run's tests, counted from 0."""

    cell: int
    """The cell."""

    status: Status
    """What became of it."""

    value: Annotated[float | None, Field(ge=0, le=1)] = None
    """1: the event; 0: none; between: a matter of degree; None: missing."""

    reason: str = ""
    """Why it is missing."""

    refused: bool | None = None
    """Whether the model declined; None where nobody looked."""

    aware: bool | None = None
    """Whether the model took it for a test; None where nobody looked."""

    attempt: int = 1
    """Which attempt this was."""

    uuid: str | None = None
    """Inspect's id of the sample that it was read from; None if there is no transcript."""

    seconds: float | None = None
    """How long the episode took."""


class Retry(Body):
    """An attempt at a cell that does not count: an infrastructure cause, or the run was killed."""

    run: str
    """The run."""

    test: int
    """Of which of the run's tests, counted from 0."""

    cell: int
    """The cell."""

    attempt: int
    """Which attempt failed."""

    reason: str
    """The cause."""


class Log(Body):
    """An Inspect log is finished: from here on its bytes are part of the record."""

    run: str
    """The run."""

    test: int
    """Whose cells it holds: which of the run's tests."""

    file: str
    """Path, relative to the ledger's folder."""

    sha256: Digest
    """Of its bytes."""


class Decision(Body):
    """A verdict, as it was announced. `verify` computes it again."""

    run: str
    """The run."""

    test: int
    """Of which of the run's tests, counted from 0."""

    verdict: dict[str, Any]
    """`subterfuge.releases.verdict.Verdict` as plain data."""


class Ingest(Body):
    """A log that nobody planned: RETROSPECTIVE."""

    series: str
    """What it is a measurement of, as the user calls it."""

    model: str
    """The id under which the model is registered."""

    task: str
    """The task's name, as the log has it."""

    task_version: str
    """The task's version, as the log has it."""

    event: Event
    """How its scores become outcomes."""

    refusal: Event | None = None
    """Which score says that the model declined."""

    awareness: Event | None = None
    """Which score says that the model took it for a test."""

    file: str
    """The log: relative to the ledger's folder where it lies inside, else absolute."""

    sha256: Digest
    """Of its bytes."""

    planned: int
    """Samples times epochs that the log set out to run: the denominator."""


class Recovered(Body):
    """A kill or a power cut left a half-written last line; it was cut off."""

    bytes: int
    """How many bytes."""

    sha256: Digest
    """Of what was cut off."""


KINDS: dict[str, type[Body]] = {
    "ledger": Genesis,
    "model": Model,
    "lock": Lock,
    "run": Run,
    "block": Block,
    "outcome": Outcome,
    "retry": Retry,
    "log": Log,
    "verdict": Decision,
    "ingest": Ingest,
    "recovered": Recovered,
}
"""Kind to its body."""
