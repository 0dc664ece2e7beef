"""The desk between a running evaluation and the ledger: plans cells, takes outcomes, says when to stop.

The ledger owns the position. Cells are planned in it before they start, an outcome counts when its line is on
disk, and the next block is planned only when every cell of the last one is finished. So what is looked at is
always the schedule's own beginning, in its order, and quick episodes can't run ahead of slow ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from inspect_ai import SampleSource
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSample

from subterfuge.releases.ledger import Ledger
from subterfuge.releases.protocol import Control, Hypothesis, Protocol
from subterfuge.releases.reading import Place, infrastructure, interrupted, outcome_of, place_of
from subterfuge.releases.records import Block, Body, Outcome, Retry, Test
from subterfuge.releases.schedule import Schedule
from subterfuge.releases.state import State
from subterfuge.releases.verdict import ControlResult, Verdict, control_result, verdict


class Desk:
    """One run's view of the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        state: State,
        protocol: Protocol,
        run: str,
        tests: Sequence[Test],
        on_change: Callable[[Desk, int], None] | None = None,
    ) -> None:
        """Open the desk.

        Args:
            ledger: where records go.
            state: what the ledger's records add up to; kept up to date.
            protocol: the locked protocol.
            run: the run's id.
            tests: what it works on.
            on_change: is called after each outcome with the test's number.
        """
        self._ledger, self.state, self.protocol, self._run = ledger, state, protocol, run
        self.tests = tuple(tests)
        self.schedules: dict[int, Schedule] = {}
        self._on_change = on_change

    @property
    def ledger(self) -> str:
        """What its logs call the ledger: the hash of its first record."""
        return self._ledger.records[0].hash

    def write(self, body: Body) -> None:
        """Put a record into the ledger, and into the sum."""
        self._ledger.append(body)
        self.state.add(body)

    def parts(self, index: int) -> tuple[Hypothesis, Control | None]:
        """The hypothesis of a test, and its control if it is one."""
        return parts(self.protocol, self.tests[index])

    def plan(self, index: int) -> list[Sample] | None:
        """The next samples to run: cells left open, else a new block; None if the test is over."""
        test, schedule = self.tests[index], self.schedules[index]
        series = self.state.of(test)
        if not (cells := series.open):
            if self.over(index):
                return None
            start = len(series.samples)
            stop = min(start + self.protocol.block, schedule.cells)
            names, clusters = schedule.names(start, stop), schedule.clusters(start, stop)
            self.write(
                Block(
                    run=self._run,
                    test=index,
                    start=start,
                    samples=tuple(names),
                    clusters=None if clusters is None else tuple(clusters),
                )
            )
            cells = list(range(start, stop))
        return [schedule.sample(cell, series.failed.get(cell, 0) + 1) for cell in cells]

    def over(self, index: int) -> bool:
        """Whether a test needs no more cells: decided, or at its cap."""
        test = self.tests[index]
        if len(self.state.of(test).samples) >= self.schedules[index].cells:
            return True
        if test.control is not None:
            return self.control(test).rings is not None
        found = self.verdict(test)
        # A silent positive control has settled it: whatever comes now would be INVALID.
        silent = any(c.rings is False and c.kind in ("grader", "elicitation") for c in found.controls)
        return found.final or found.n < found.finished or silent

    def take(self, index: int, sample: EvalSample) -> list[Sample] | None:
        """An episode ended: journal what became of its cell, or try the cell again."""
        place = place_of(sample)
        assert place is not None, f"sample {sample.id!r} was not planned"
        hypothesis, _ = self.parts(index)
        again = settle(hypothesis, self.protocol, self._run, index, place, sample)
        self.write(again)
        if isinstance(again, Retry):
            return [self.schedules[index].sample(place.cell, place.attempt + 1)]
        if self._on_change is not None:
            self._on_change(self, index)
        return None

    def lose(self, index: int, place: Place, reason: str) -> list[Sample] | None:
        """An episode was given up before it left anything."""
        self.write(lost(self.protocol, self._run, index, place, reason))
        if place.attempt < self.protocol.missing.attempts:
            return [self.schedules[index].sample(place.cell, place.attempt + 1)]
        return None

    def verdict(self, test: Test) -> Verdict:
        """The verdict on a hypothesis as things stand."""
        return verdict_of(self.state, self.protocol, test)

    def control(self, test: Test) -> ControlResult:
        """What a control showed so far."""
        return control_result(self.protocol, test, self.state.of(test).prefix()[0])


class BlockSource(SampleSource):
    """Feeds one test's cells to Inspect, block by block."""

    def __init__(self, desk: Desk, index: int) -> None:
        """Feed the desk's test of this number."""
        self._desk, self._index = desk, index

    async def next_samples(self) -> list[Sample] | None:
        """The next block; Inspect asks only when nothing is in flight."""
        return self._desk.plan(self._index)

    async def sample_complete(self, sample: EvalSample) -> list[Sample] | None:
        """Journal an episode, broken ones too."""
        return self._desk.take(self._index, sample)

    async def sample_abandoned(self, sample: Sample, epoch: int) -> list[Sample] | None:
        """Somebody cancelled a sample that had not begun."""
        cell, attempt, name = str(sample.id).split(".", 2)
        return self._desk.lose(self._index, Place(int(cell), int(attempt), name), "cancelled before it began")


def parts(protocol: Protocol, test: Test) -> tuple[Hypothesis, Control | None]:
    """The hypothesis of a test, and its control if it is one."""
    hypothesis = protocol.hypothesis(test.hypothesis)
    return hypothesis, next((c for c in hypothesis.controls if c.id == test.control), None)


def tests_of(protocol: Protocol, model: str, only: Sequence[str] = ()) -> list[Test]:
    """Every test of a protocol on a model: controls first, since they are cheap and may save the rest.

    Args:
        protocol: the locked protocol.
        model: the id under which the model is registered.
        only: hypotheses to take; all of them by default.
    """
    digest = protocol.digest()
    chosen = [protocol.hypothesis(name) for name in only] or list(protocol.hypotheses)
    controls = [
        Test(protocol=digest, hypothesis=h.id, model=model, control=c.id) for h in chosen for c in h.controls
    ]
    return controls + [Test(protocol=digest, hypothesis=h.id, model=model) for h in chosen]


def verdict_of(state: State, protocol: Protocol, test: Test) -> Verdict:
    """The verdict on a hypothesis, from the records alone."""
    hypothesis = protocol.hypothesis(test.hypothesis)
    results, problems = [], list(state.problems)
    for control in hypothesis.controls:
        own = test.model_copy(update={"control": control.id})
        if own in state.series:
            series = state.series[own]
            results.append(control_result(protocol, own, series.prefix()[0]))
            problems += series.problems
    series = state.of(test)
    return verdict(protocol, test, *series.prefix(), results, problems + series.problems)


def settle(
    hypothesis: Hypothesis, protocol: Protocol, run: str, index: int, place: Place, sample: EvalSample
) -> Outcome | Retry:
    """What a logged sample means for its cell: its outcome, or that the attempt does not count."""
    if place.attempt < protocol.missing.attempts:
        cause = infrastructure(sample, protocol.missing.retry)
        if interrupted(sample):
            cause = "stopped from outside"
        if cause is not None:
            return Retry(run=run, test=index, cell=place.cell, attempt=place.attempt, reason=cause)
    return outcome_of(hypothesis, sample, run, index, place)


def lost(protocol: Protocol, run: str, index: int, place: Place, reason: str) -> Outcome | Retry:
    """What it means for a cell that an attempt left nothing at all."""
    if place.attempt < protocol.missing.attempts:
        return Retry(run=run, test=index, cell=place.cell, attempt=place.attempt, reason=reason)
    return Outcome(
        run=run, test=index, cell=place.cell, status="absent", reason=reason, attempt=place.attempt
    )
