"""The rows of the index's tests: what is tested on whom, how far it is, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from subterfuge.releases.cells import Cells, Row
from subterfuge.releases.comparability import comparability, key_of, key_of_log
from subterfuge.releases.desk import verdict_of
from subterfuge.releases.protocol import Control
from subterfuge.releases.records import Ingest, Test
from subterfuge.releases.retrospective import cells_of
from subterfuge.releases.state import State

RETROSPECTIVE = "RETROSPECTIVE"
"""In the place of a decision, for logs that nobody planned: never an alarm, never a clearance."""

TESTS = pa.schema(
    {
        "test": pa.int32(),  # number: from 0 in the order of the ledger; retrospective series from -1 down
        "protocol": pa.string(),  # digest of the protocol; null for a retrospective series
        "protocol_name": pa.string(),
        "hypothesis": pa.string(),  # its id; of a retrospective series its name
        "title": pa.string(),
        "control": pa.string(),  # null for the hypothesis itself
        "kind": pa.string(),  # of the control: grader, elicitation, capability
        "model": pa.string(),  # id under which it is registered
        "release": pa.int32(),  # order of the registration, from 0
        "date": pa.string(),  # when the model was released, as registered
        "anchor": pa.bool_(),  # whether it is the frozen reference
        "series": pa.string(),  # digest of the comparability key
        "key": pa.string(),  # the key itself, JSON
        "elicitation": pa.string(),
        "retrospective": pa.bool_(),
        "threshold": pa.float64(),  # rate per episode; null for retrospective series
        "alpha_alarm": pa.float64(),
        "alpha_clear": pa.float64(),
        "cap": pa.int64(),  # cells at most
        "planned": pa.int64(),  # cells planned
        "finished": pa.int64(),  # cells finished from the first on without a gap
        "n": pa.int64(),  # cells that the verdict rests on
        "decision": pa.string(),  # ALARM, CLEAR, INCONCLUSIVE, INVALID, RETROSPECTIVE; null for a control
        "final": pa.bool_(),  # whether it stands
        "silent": pa.bool_(),  # whether a positive control that should ring did not
        "clustered": pa.bool_(),  # whether cells share clusters
        "refusals": pa.bool_(),  # whether anybody looked for refusals
        "awareness": pa.bool_(),  # whether anybody looked for awareness of the test
        "problems": pa.string(),  # what is wrong with the record, one a line
    }
)
"""Columns of tests."""

LogKey = tuple[str, str]
"""Digest of the comparability key, and the model: one retrospective series."""


class Books:
    """What the ledger's records other than those of cells add up to, with the numbers of the index."""

    def __init__(self, state: State) -> None:
        """Number everything in the order in which the ledger has it."""
        self.state = state
        self.planned: dict[Test, int] = {test: i for i, test in enumerate(state.series)}
        self.releases: dict[str, int] = {model: i for i, model in enumerate(state.models)}
        self.logs: dict[LogKey, list[tuple[int, Ingest]]] = {}
        for i, ingest in enumerate(state.ingests):
            self.logs.setdefault((key_of_log(ingest).digest, ingest.model), []).append((i, ingest))
        self.retrospective: dict[LogKey, int] = {key: -1 - i for i, key in enumerate(self.logs)}
        self.versions: dict[Test, set[str]] = {}
        """Test to the versions of its task."""
        for run in state.runs.values():
            for test in run.tests:
                self.versions.setdefault(test, set()).add(run.tasks.get(test.key, ""))
        self.files: dict[Test, dict[str, str]] = {}
        """Test and run to the log."""
        for log in state.logs.values():
            self.files.setdefault(state.runs[log.run].tests[log.test], {})[log.run] = log.file


def planned_row(books: Books, test: Test, cells: dict[Test, Cells], before: Callable[[Test], Cells]) -> Row:
    """The row of a planned test; also gives each of its cells the log that holds it.

    Args:
        books: the ledger's records other than those of cells.
        test: which.
        cells: the cells of tests, this one's at least.
        before: gives the cells of others, where they are needed.
    """
    mine, state = cells[test], books.state
    files = books.files.get(test, {})
    mine.columns["log"] = [run and files.get(run) for run in mine.columns["run"]]
    row: Row = {
        **_model(books, test.model),
        "test": books.planned[test],
        "protocol": test.protocol,
        "hypothesis": test.hypothesis,
        "title": test.hypothesis,
        "control": test.control,
        "retrospective": False,
        "series": "",
        "key": "{}",
        "planned": len(mine),
        "finished": mine.finished,
        "n": mine.finished,
        "final": False,
        "silent": False,
        "clustered": mine.clustered,
        "refusals": False,
        "awareness": False,
        "problems": "\n".join([*state.series[test].problems, *mine.problems]),
    }
    if test.protocol not in state.locks:
        return {**row, "decision": None if test.control else "INVALID"}
    protocol = state.locks[test.protocol].protocol
    hypothesis = protocol.hypothesis(test.hypothesis)
    control = next((c for c in hypothesis.controls if c.id == test.control), None)
    key = key_of(protocol, hypothesis, comparability(books.versions.get(test, ())), control)
    row |= {
        "protocol_name": protocol.name,
        "title": hypothesis.name,
        "kind": control and control.kind,
        "series": key.digest,
        "key": key.text,
        "elicitation": hypothesis.elicitation,
        "threshold": hypothesis.threshold,
        "alpha_alarm": hypothesis.alpha.alarm,
        "alpha_clear": hypothesis.alpha.clear,
        "cap": control.episodes if control else hypothesis.cap,
        "refusals": hypothesis.refusal is not None,
        "awareness": hypothesis.awareness is not None,
    }
    return (
        row if test.control is not None else row | _decided(state, test, hypothesis.controls, cells, before)
    )


def retrospective_row(folder: Path, books: Books, key: LogKey) -> tuple[Row, Cells, list[str]]:
    """The row of a retrospective series, its cells, and the logs that could not be read."""
    ingests = [ingest for _, ingest in books.logs[key]]
    first = ingests[0]
    cells, unread = cells_of(folder, ingests)
    row = {
        **_model(books, first.model),
        "test": books.retrospective[key],
        "protocol": None,
        "hypothesis": first.series,
        "title": first.series,
        "control": None,
        "retrospective": True,
        "series": key[0],
        "key": key_of_log(first).text,
        "planned": len(cells),
        "finished": len(cells),
        "n": len(cells),
        "decision": RETROSPECTIVE,
        "final": True,
        "silent": False,
        "clustered": cells.clustered,
        "refusals": first.refusal is not None,
        "awareness": any(ingest.awareness is not None for ingest in ingests),
        "problems": "\n".join(cells.problems),
    }
    return row, cells, unread


def _decided(
    state: State,
    test: Test,
    controls: tuple[Control, ...],
    cells: dict[Test, Cells],
    before: Callable[[Test], Cells],
) -> Row:
    """The verdict as it was announced, or, where none was yet, as things stand."""
    if test in state.decisions:
        told = state.decisions[test].verdict
    else:
        now = State()
        now.problems = state.problems
        for own in [test, *(test.model_copy(update={"control": control.id}) for control in controls)]:
            if own in state.series:
                if own not in cells:
                    cells[own] = before(own)
                now.series[own] = cells[own].series(own)
                now.series[own].problems += state.series[own].problems
        told = verdict_of(now, state.locks[test.protocol].protocol, test).model_dump(mode="json")
    silent = any(c["kind"] != "capability" and c["rings"] is False for c in told["controls"])
    return {"n": told["n"], "decision": told["decision"], "final": told["final"], "silent": silent}


def _model(books: Books, model: str) -> Row:
    found = books.state.models.get(model)
    return {
        "model": model,
        "release": books.releases.get(model, -1),
        "date": found and found.date,
        "anchor": found is not None and found.anchor,
    }
