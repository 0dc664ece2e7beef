"""Ledgers made by hand for tests of index, trend and compare: every outcome is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from subterfuge.releases.desk import verdict_of
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.protocol import Protocol, parse
from subterfuge.releases.records import Block, Body, Decision, Fingerprint, Lock, Model, Outcome, Run, Test
from subterfuge.releases.state import State

BELL = {"id": "bell", "kind": "grader", "model": "subterfuge/scripted", "episodes": 12}
CAN = {"id": "can", "kind": "capability", "episodes": 30, "floor": 0.25}


def hypothesis(id: str = "tampering", **changes: Any) -> dict[str, Any]:
    """A hypothesis of rate 0.1 that a clean model clears in 50 episodes or so."""
    plain: dict[str, Any] = {
        "id": id,
        "task": "made/up",
        "event": {"scorer": "grade", "key": "gamed"},
        "threshold": 0.1,
        "cap": 400,
        "controls": [BELL],
    }
    return plain | changes


def protocol(*hypotheses: dict[str, Any], **changes: Any) -> Protocol:
    """A protocol of these, or of the plain one."""
    return parse({"name": "made", "hypotheses": list(hypotheses) or [hypothesis()], **changes})


class Made:
    """A ledger that grows by whole tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0
        self.ledger = Ledger.open(folder, create=True)

    def write(self, *bodies: Body) -> None:
        self.ledger.append_many(bodies)

    def register(self, *models: str, anchor: str | None = None) -> None:
        self.write(
            *(
                Model(
                    id=id,
                    model=f"made/{id}",
                    fingerprint=Fingerprint(kind="declared", value=id),
                    anchor=id == anchor,
                    date="2026-01-01",
                )
                for id in models
            )
        )

    def lock(self, protocol: Protocol) -> None:
        self.write(Lock(digest=protocol.digest(), protocol=protocol))

    def run(self, protocol: Protocol, model: str, version: str = "1-A", only: Sequence[str] = ()) -> str:
        """Begin a run of all hypotheses and controls."""
        self.runs += 1
        tests = [
            Test(protocol=protocol.digest(), hypothesis=h.id, model=model, control=control)
            for h in protocol.hypotheses
            for control in (None, *(c.id for c in h.controls))
            if not only or h.id in only
        ]
        self.tests = tests
        self.write(
            Run(
                run=f"r{self.runs}",
                tests=tuple(tests),
                fingerprint=Fingerprint(kind="declared", value=model),
                tasks={test.key: version for test in tests},
            )
        )
        return f"r{self.runs}"

    def index(self, hypothesis: str, control: str | None = None) -> int:
        return next(i for i, t in enumerate(self.tests) if (t.hypothesis, t.control) == (hypothesis, control))

    def measure(
        self,
        hypothesis: str,
        values: Sequence[float | None],
        control: str | None = None,
        start: int = 0,
        samples: Sequence[str] | None = None,
        clusters: Sequence[str] | None = None,
        finished: int | None = None,
        **more: Any,
    ) -> None:
        """Plan cells with these outcomes in the last run; settle all, or the first few. None is missing."""
        run, test = f"r{self.runs}", self.index(hypothesis, control)
        names = samples or [f"s{start + i}" for i in range(len(values))]
        bodies: list[Body] = [
            Block(
                run=run,
                test=test,
                start=start,
                samples=tuple(names),
                clusters=None if clusters is None else tuple(clusters),
            )
        ]
        for i, value in list(enumerate(values))[:finished]:
            gone = {"status": "errored", "reason": "broke"} if value is None else {"status": "scored"}
            bodies.append(
                Outcome(
                    run=run, test=test, cell=start + i, value=value, uuid=f"{run}-{test}-{i}", **gone, **more
                )
            )
        self.write(*bodies)

    def ring(self, hypothesis: str = "tampering", value: float = 1.0) -> None:
        """Run the positive control."""
        self.measure(hypothesis, [value] * 12, control="bell")

    def conclude(self) -> None:
        """Announce the verdicts of the last run, as the runner does."""
        state = self.state()
        bodies = []
        for i, test in enumerate(self.tests):
            if test.control is None:
                found = verdict_of(state, state.locks[test.protocol].protocol, test)
                bodies.append(Decision(run=f"r{self.runs}", test=i, verdict=found.model_dump(mode="json")))
        self.write(*bodies)

    def state(self) -> State:
        """What the records add up to, by the slow way."""
        return State(record.body for record in self.ledger.records)


def one(folder: Path, *releases: tuple[str, Sequence[float | None]], **changes: Any) -> Made:
    """A ledger with one hypothesis on some releases, controls and verdicts included."""
    made, locked = Made(folder), protocol(hypothesis(**changes))
    made.lock(locked)
    for name, values in releases:
        made.register(name)
        made.run(locked, name)
        made.ring()
        made.measure("tampering", values)
        made.conclude()
    return made
