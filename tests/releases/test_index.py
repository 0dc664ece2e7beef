"""The index says what the records say, and knows when they say more."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import Made, one, protocol
from quiz_made import quiz_maker

from subterfuge.releases import index
from subterfuge.releases.chain import FILE
from subterfuge.releases.change import Change
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.index import build, opened, query
from subterfuge.releases.logs import sha256
from subterfuge.releases.records import Block, Ingest, Log, Outcome, Retry
from subterfuge.releases.runner import run
from subterfuge.releases.side_by_side import transcript_pair

CELLS = "SELECT * FROM episodes ORDER BY test, cell"


@pytest.fixture
def quiz(tmp_path: Path):
    return quiz_maker(tmp_path / "elsewhere")


def by_the_records(made: Made) -> list[tuple]:
    """Cells as the slow way has them."""
    found = []
    for number, (test, series) in enumerate(made.state().series.items()):
        for cell, sample in enumerate(series.samples):
            o = series.outcomes.get(cell)
            found.append(
                (
                    number,
                    test.model,
                    test.control,
                    cell,
                    sample,
                    series.clusters[cell],
                    series.failed.get(cell, 0),
                )
                + (
                    (None,) * 7
                    if o is None
                    else (o.status, o.value, o.reason, o.refused, o.aware, o.attempt, o.uuid)
                )
            )
    return found


def by_the_index(made: Made) -> list[tuple]:
    rows = query(
        made.folder,
        """SELECT test, model, control, cell, sample, cluster, failed, status, value, reason, refused, aware,
                  attempt, uuid FROM episodes ORDER BY test, cell""",
    )
    return [tuple(None if pd.isna(v) else v for v in row) for row in rows.itertuples(index=False)]


outcomes = st.lists(st.sampled_from([0.0, 1.0, None]), min_size=1, max_size=60)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from("ab"), outcomes, st.integers(0, 60), st.booleans()), max_size=5)
)
def test_built_in_steps_or_at_once_it_is_what_the_records_say(tmp_path_factory, steps) -> None:
    made, locked = Made(tmp_path_factory.mktemp("ledger")), protocol()
    made.lock(locked)
    made.register("a", "b")
    planned = {"a": 0, "b": 0}
    for model, values, finished, look in steps:
        run = made.run(locked, model)
        if planned[model] == 0:
            made.ring()
        made.measure("tampering", values, start=planned[model], finished=finished, refused=False)
        made.write(Retry(run=run, test=0, cell=planned[model], attempt=1, reason="429"))
        planned[model] += len(values)
        if look:
            build(made.folder)
    assert by_the_index(made) == by_the_records(made)
    grown, tests = query(made.folder, CELLS), query(made.folder, "SELECT * FROM tests ORDER BY test")
    build(made.folder, again=True)
    pd.testing.assert_frame_equal(grown, query(made.folder, CELLS))
    pd.testing.assert_frame_equal(tests, query(made.folder, "SELECT * FROM tests ORDER BY test"))


def test_a_fresh_index_is_left_alone_and_a_grown_ledger_is_read_on(tmp_path: Path) -> None:
    made = one(tmp_path, ("a", [0.0] * 60))
    build(tmp_path)
    there = (tmp_path / "index" / "episodes.parquet").stat()
    build(tmp_path)
    assert (tmp_path / "index" / "episodes.parquet").stat() == there
    made.write(Outcome(run="r1", test=1, cell=99, status="scored", value=1.0))
    found = query(tmp_path, "SELECT problems FROM tests WHERE control = 'bell'")
    assert found["problems"].tolist() == ["Cell 99 has an outcome, and was never planned."]


def test_a_ledger_that_was_replaced_is_read_from_its_beginning(tmp_path: Path) -> None:
    one(tmp_path / "x", ("a", [0.0] * 60))
    build(tmp_path / "x")
    one(tmp_path / "y", ("other", [1.0] * 60))
    (tmp_path / "x" / FILE).write_bytes((tmp_path / "y" / FILE).read_bytes())
    assert query(tmp_path / "x", "SELECT DISTINCT model FROM tests")["model"].tolist() == ["other"]


@pytest.mark.parametrize("harm", ["delete", "cut", "scribble", "half"])
def test_whatever_happens_to_its_files_it_is_made_anew(tmp_path: Path, harm: str) -> None:
    made = one(tmp_path, ("a", [0.0] * 60))
    before = query(tmp_path, CELLS)
    place = tmp_path / "index"
    match harm:
        case "delete":
            (place / "tests.parquet").unlink()
        case "cut":
            (place / "made_from.json").write_text((place / "made_from.json").read_text()[:-40])
        case "scribble":
            (place / "episodes.parquet").write_bytes(b"PAR1 nothing PAR1")
            made.register("b")
        case "half":
            (place / "made_from.json").unlink()
            (place / "episodes.parquet").write_bytes(b"")
    pd.testing.assert_frame_equal(before, query(tmp_path, CELLS))


def test_a_changed_line_is_refused(tmp_path: Path) -> None:
    one(tmp_path, ("a", [0.0] * 60))
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b'"value":0.0', b'"value":1.0', 1))
    with pytest.raises(ReleaseError, match=r"line .* edited or damaged"):
        build(tmp_path)


def test_a_half_written_line_waits_for_its_rest(tmp_path: Path) -> None:
    made = one(tmp_path, ("a", [0.0] * 60))
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-30])
    short = len(query(tmp_path, "SELECT * FROM tests WHERE decision = 'CLEAR' AND final"))
    (tmp_path / FILE).write_bytes(whole)
    assert by_the_index(made) == by_the_records(made)
    assert short == 1  # not announced yet, and yet what the cells say


def test_used_ends_where_the_verdict_does(tmp_path: Path) -> None:
    made = one(tmp_path, ("a", [0.0] * 300))
    n = next(iter(made.state().decisions.values())).verdict["n"]
    found = query(tmp_path, "SELECT cell, used FROM episodes WHERE control IS NULL ORDER BY cell")
    assert 0 < n < 300
    assert found["used"].tolist() == [cell < n for cell in range(300)]


def test_an_open_test_shows_the_verdict_so_far_with_its_control(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    made.register("a")
    made.run(locked, "a")
    made.measure("tampering", [0.0] * 80)
    decided = "SELECT decision, silent, n FROM tests WHERE control IS NULL"
    assert query(tmp_path, decided).iloc[0]["decision"] == "INCONCLUSIVE"
    made.ring()
    assert query(tmp_path, decided).iloc[0]["decision"] == "CLEAR"
    assert not query(tmp_path, decided).iloc[0]["silent"]


def test_a_silent_control_is_told(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    made.register("a")
    made.run(locked, "a")
    made.ring(value=0.0)
    made.measure("tampering", [0.0] * 80)
    found = query(tmp_path, "SELECT decision, silent FROM tests WHERE control IS NULL").iloc[0]
    assert (found["decision"], bool(found["silent"])) == ("INVALID", True)


def test_a_log_is_told_of_cells_whose_run_it_ends(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    made.register("a")
    made.run(locked, "a")
    made.measure("tampering", [0.0] * 20)
    build(tmp_path)
    made.run(locked, "a")
    made.measure("tampering", [0.0] * 20, start=20)
    made.write(Log(run="r1", test=0, file="logs/one.eval", sha256="0" * 64))
    found = query(tmp_path, "SELECT log FROM episodes WHERE control IS NULL ORDER BY cell")["log"]
    assert found[:20].tolist() == ["logs/one.eval"] * 20
    assert found[20:].isna().all()


def test_versions_that_changed_under_a_test_are_in_its_key(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    made.register("a")
    for version, start in (("1-A", 0), ("1-B", 20), ("2-A", 40)):
        made.run(locked, "a", version=version)
        made.measure("tampering", [0.0] * 20, start=start)
    key = json.loads(query(tmp_path, "SELECT key FROM tests WHERE control IS NULL")["key"][0])
    assert key["version"] == "1 and 2"


def test_blocks_that_overlap_are_a_problem_and_change_nothing(tmp_path: Path) -> None:
    made = one(tmp_path, ("a", [0.0] * 60))
    before = by_the_index(made)
    made.write(Block(run="r1", test=0, start=10, samples=("x", "y")))
    assert by_the_index(made) == before == by_the_records(made)
    assert (
        "planned twice" in query(tmp_path, "SELECT problems FROM tests WHERE control IS NULL")["problems"][0]
    )


def test_a_folder_may_have_a_name_that_is_a_pattern(tmp_path: Path) -> None:
    made = one(tmp_path / "a[1]*'?", ("a", [0.0] * 60))
    assert len(query(made.folder, CELLS)) == 72


@pytest.mark.parametrize("sql", ["SELECT nothing FROM episodes", "SELEKT"])
def test_a_wrong_query_is_one_line(tmp_path: Path, sql: str) -> None:
    one(tmp_path, ("a", [0.0] * 60))
    with pytest.raises(ReleaseError, match=r"^The query can't be answered: [^\n]*$"):
        query(tmp_path, sql)


def test_no_ledger_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no ledger"):
        build(tmp_path)
    assert not list(tmp_path.iterdir())


def ingested(made: Made, log: Path, model: str = "a", planned: int | None = None, **more) -> None:
    made.write(
        Ingest(
            series="quiz",
            model=model,
            task="quiz",
            task_version="0",
            event=Event(scorer="grade"),
            file=str(log),
            sha256=sha256(log),
            planned=12 if planned is None else planned,
            **more,
        )
    )


def test_cells_of_a_log_are_its_samples_by_epoch(tmp_path: Path, quiz) -> None:
    made = Made(tmp_path / "ledger")
    made.register("a")
    log = quiz(["z", "y", "x", "w"], epochs=3, broken={("y", 2)})
    ingested(made, log)
    found = query(made.folder, CELLS)
    assert found["sample"].tolist() == ["z", "y", "x", "w"] * 3
    assert found["cluster"].tolist() == ["z", "y", "x", "w"] * 3
    assert found["epoch"].tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert found["value"].isna().tolist() == [i == 5 for i in range(12)]
    assert found["status"][5] == "errored"
    assert found["uuid"].notna().all()
    assert set(found["log"]) == {str(log)}
    assert found["retrospective"].all()
    test = query(made.folder, "SELECT decision, n, clustered FROM tests").iloc[0]
    assert (test["decision"], test["n"], bool(test["clustered"])) == ("RETROSPECTIVE", 12, True)


def test_what_a_log_does_not_hold_is_absent(tmp_path: Path, quiz) -> None:
    made = Made(tmp_path / "ledger")
    made.register("a")
    ingested(made, quiz(["z", "y"], epochs=1), planned=7)
    found = query(made.folder, CELLS)
    assert found["status"].tolist() == ["scored"] * 2 + ["absent"] * 5
    assert found["value"].isna().sum() == 5


def test_a_log_that_is_gone_or_changed_is_absent_until_it_is_back(tmp_path: Path, quiz) -> None:
    made = Made(tmp_path / "ledger")
    made.register("a")
    log = quiz(["z", "y", "x", "w"], epochs=3)
    content = log.read_bytes()
    ingested(made, log)
    log.unlink()
    assert set(query(made.folder, CELLS)["status"]) == {"absent"}
    log.write_bytes(content[:-1])
    assert query(made.folder, CELLS)["reason"][0] == "the log was changed since it was ingested"
    log.write_bytes(content)
    assert set(query(made.folder, CELLS)["status"]) == {"scored"}


def test_a_second_log_of_a_series_is_further_epochs(tmp_path: Path, quiz) -> None:
    made = Made(tmp_path / "ledger")
    made.register("a")
    ingested(made, quiz(["z", "y", "x"], epochs=2), planned=6)
    build(made.folder)
    ingested(made, quiz(["z", "y", "x"], epochs=1), planned=3)
    found = query(made.folder, CELLS)
    assert found["epoch"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert found["cell"].tolist() == list(range(9))
    assert len(query(made.folder, "SELECT * FROM tests")) == 1


def test_a_hypothesis_and_a_log_of_one_name_are_two_series(tmp_path: Path, quiz) -> None:
    made = one(tmp_path / "ledger", ("a", [0.0] * 60))
    made.write(
        Ingest(
            series="tampering",
            model="a",
            task="made/up",
            task_version="1-A",
            event=Event(scorer="grade", key="gamed"),
            file=str(quiz(["z"])),
            sha256="0" * 64,
            planned=1,
        )
    )
    found = query(made.folder, "SELECT series FROM tests WHERE control IS NULL")["series"]
    assert found.nunique() == 2


def test_many_at_once_see_one_index(tmp_path: Path) -> None:
    made = one(tmp_path, ("a", [0.0] * 60))
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: len(query(tmp_path, CELLS)), range(6))) == [72] * 6
    with opened(tmp_path) as outer, opened(tmp_path) as inner:
        assert outer.sql("FROM tests").fetchall() == inner.sql("FROM tests").fetchall()
    assert made.folder == tmp_path


def test_an_index_that_others_hold_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = one(tmp_path, ("a", [0.0] * 60))
    monkeypatch.setattr(index, "PATIENCE", 0.1)
    with opened(tmp_path):
        made.register("b")
        with pytest.raises(ReleaseError, match="in use by another process"):
            build(tmp_path)
    build(tmp_path)


def test_cells_of_a_real_run_have_their_transcripts(tmp_path: Path) -> None:
    locked = toy.protocol(toy.hypothesis(threshold=0.3, cap=40, task_args={"rate": 0.3, "fail": 0.2}))
    with toy.begin(tmp_path, locked) as ledger:
        run(ledger, locked, "m")
    state = toy.state_of(tmp_path)
    cells = query(tmp_path, CELLS)
    for number, series in enumerate(state.series.values()):
        mine = cells[cells["test"] == number]
        told = [series.outcomes[i] for i in range(len(series.samples))]
        assert mine["uuid"].tolist() == [o.uuid for o in told]
        assert mine["status"].tolist() == [o.status for o in told]
    assert set(cells["log"]) == set(state.logs)
    lost = cells[cells["status"] == "errored"].iloc[0]
    change = Change(
        hypothesis="h", protocol=lost["protocol"], cell=0, sample="", kind="appeared", old=None, new=None,
        old_status="errored", new_status="scored", old_log=lost["log"], old_uuid=lost["uuid"],
        new_log=None, new_uuid=None,
    )  # fmt: skip
    text = transcript_pair(tmp_path, change).old
    assert f"[user]\n{lost['sample']}" in text
    assert "[error] " in text
