"""Logs that nobody planned: what is taken in, what is refused, and that nothing is counted twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval, score
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.scorer import Score, Scorer, Target, includes, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.ingest import Ingested, Mapping, event_of, frame, ingest, mapping_of
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.records import Ingest
from subterfuge.releases.registry import describe, register
from subterfuge.releases.runner import made
from subterfuge.releases.verify import verify

ARGS = {"say": "yes", "otherwise_say": "never", "rate": 0.5}


@scorer(metrics=[mean()])
def degree() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=8.0 if "yes" in state.output.completion else 2.0)

    return score


@solver
def breaks(every: int) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if every and int(state.sample_id) % every == 0:
            raise RuntimeError("the tool went away")
        return state

    return solve


def made_log(folder: Path, samples: int = 6, breaking: int = 0, **options: Any) -> Path:
    dataset = MemoryDataset([Sample(input="Yes or no?", target="yes", id=i) for i in range(1, samples + 1)])
    task = Task(
        dataset=dataset,
        solver=[breaks(breaking), generate()],
        scorer=[includes(), degree()],
        version="4-C",
        name="question",
    )
    model = made("subterfuge/scripted", ARGS)
    (log,) = eval(task, model=model, log_dir=str(folder), display="none", fail_on_error=False, **options)
    return Path(log.location)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_log(tmp_path_factory.mktemp("logs"), epochs=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Ledger.open(tmp_path / "releases", create=True) as ledger:
        register(ledger, describe("m", made("subterfuge/scripted", ARGS), ARGS))
    return tmp_path / "releases"


def taken(folder: Path, *paths: Path, event: str = "includes=C", series: str = "s") -> list[Ingested]:
    with Ledger.open(folder) as ledger:
        return ingest(ledger, paths, model="m", series=series, mapping=Mapping(event=event_of(event)))


def changed(log: Path, path: Path, **changes: Any) -> Path:
    found = read_eval_log(str(log))
    write_eval_log(found.model_copy(update=changes), str(path))
    return path


def truth(log: Path) -> int:
    return sum(s.output.completion == "yes" for s in read_eval_log(str(log)).samples or [])


def test_a_log_is_taken_in_with_its_denominator_and_digest(log: Path, folder: Path) -> None:
    (one,) = taken(folder, log)
    assert one.new
    assert (one.record.task, one.record.task_version, one.record.planned) == ("question", "4-C", 12)
    assert (one.tally.scored, one.tally.events) == (12, truth(log))
    assert 0 < truth(log) < 12
    checked = verify(folder)
    assert checked.passed, checked.problems


def test_a_degree_is_read_on_its_scale(log: Path, folder: Path) -> None:
    (one,) = taken(folder, log, event="degree on 0..10")
    assert one.tally.events == pytest.approx(0.8 * truth(log) + 0.2 * (12 - truth(log)))


def test_what_broke_or_never_ran_is_missing_and_still_counts(tmp_path: Path, folder: Path) -> None:
    broken = made_log(tmp_path / "logs", breaking=3)
    cut = read_eval_log(str(broken))
    assert cut.samples
    part = changed(
        broken, tmp_path / "part.eval", samples=[s for s in cut.samples if s.id != 1], status="cancelled"
    )
    (one,) = taken(folder, part)
    assert (one.record.planned, one.tally.samples, one.tally.scored) == (6, 5, 3)
    table = frame([one])
    assert table.loc[0, "missing"] == 3
    assert table.loc[0, "reasons"] == {"RuntimeError('the tool went away')": 2}


def test_the_same_bytes_count_once_wherever_they_lie(log: Path, tmp_path: Path, folder: Path) -> None:
    copy = tmp_path / "copy.eval"
    copy.write_bytes(log.read_bytes())
    assert [one.new for one in taken(folder, log, copy)] == [True, False]
    before = (folder / "ledger.jsonl").read_bytes()
    assert [one.new for one in taken(folder, copy)] == [False]
    assert (folder / "ledger.jsonl").read_bytes() == before


def test_a_log_that_was_scored_again_holds_the_same_episodes(log: Path, tmp_path: Path, folder: Path) -> None:
    again: EvalLog = score(read_eval_log(str(log)), includes(), action="overwrite", display="none")
    path = tmp_path / "again.eval"
    write_eval_log(again, str(path))
    taken(folder, log)
    with pytest.raises(ReleaseError, match="first outcomes are final"):
        taken(folder, path)


def test_one_name_stands_for_one_measurement(log: Path, tmp_path: Path, folder: Path) -> None:
    other = made_log(tmp_path / "logs")
    taken(folder, log)
    with pytest.raises(ReleaseError, match="give this one another name"):
        taken(folder, other, event="degree>=5")
    taken(folder, other, event="degree>=5", series="t")
    assert len(taken(folder, other)) == 1


def test_a_folder_is_taken_whole_or_not_at_all(log: Path, tmp_path: Path, folder: Path) -> None:
    logs = tmp_path / "logs"
    made_log(logs)
    (logs / "2099-01-01T00-00-00-00-00_x_y.eval").write_bytes(log.read_bytes()[:-40])
    before = (folder / "ledger.jsonl").read_bytes()
    with pytest.raises(ReleaseError, match="damaged"):
        taken(folder, logs)
    assert (folder / "ledger.jsonl").read_bytes() == before


def test_a_run_that_goes_on_is_not_taken(log: Path, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ReleaseError, match="not finished"):
        taken(folder, changed(log, tmp_path / "started.eval", status="started"))


def test_scores_that_are_elsewhere_are_named(log: Path, folder: Path) -> None:
    with pytest.raises(
        ReleaseError,
        match=r"no score grade\.gamed for the event\. It has: degree: 2\.0, 8\.0; includes: C, I",
    ):
        taken(folder, log, event="grade.gamed>=1")
    with pytest.raises(ReleaseError, match="gives no outcome"):
        taken(folder, log, event="degree")


def test_a_json_log_will_do_as_well(log: Path, tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "log.json"
    write_eval_log(read_eval_log(str(log)), str(path))
    (one,) = taken(folder, path)
    assert (one.tally.scored, one.tally.events) == (12, truth(log))


def test_a_log_inside_the_ledgers_folder_moves_with_it(log: Path, folder: Path) -> None:
    inside = folder / "foreign" / log.name
    inside.parent.mkdir()
    inside.write_bytes(log.read_bytes())
    (one,) = taken(folder, inside)
    assert one.record.file == f"foreign/{log.name}"
    moved = folder.rename(folder.parent / "moved")
    assert verify(moved).passed


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("grade.gamed>=1", Event(scorer="grade", key="gamed", at_least=1)),
        ("grade.gamed <= 0.5", Event(scorer="grade", key="gamed", at_most=0.5)),
        ("includes=I", Event(scorer="includes", equals="I")),
        ("fact == true", Event(scorer="fact", equals=True)),
        ("judge.harm on 0..10", Event(scorer="judge", key="harm", scale=(0, 10))),
        ("grade", Event(scorer="grade")),
        ("{scorer: grade, at_least: 2}", Event(scorer="grade", at_least=2)),
        ('{"scorer": "a.b", "key": "c>=d"}', Event(scorer="a.b", key="c>=d")),
    ],
)
def test_an_event_can_be_written_short(text: str, event: Event) -> None:
    assert event_of(text) == event


@pytest.mark.parametrize(
    "text", ["", ">=1", "a>=b", "a b", "{scorer: [", "{key: 1, nosuch: 2}", "a>=", "a on 1..1"]
)
def test_what_is_no_event_is_told_in_one_line(text: str) -> None:
    with pytest.raises(ReleaseError, match="is no event") as raised:
        event_of(text)
    assert "\n" not in str(raised.value)


def test_a_mapping_can_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("event: grade.gamed>=1\nrefusal: {scorer: grade, key: refused}\n")
    told = mapping_of(path)
    assert told.event == event_of("grade.gamed>=1")
    assert told.refusal == Event(scorer="grade", key="refused")
    for wrong in ("event: [", "- 1", "refusal: a=1", "event: a=1\nother: b=1"):
        path.write_text(wrong)
        with pytest.raises(ReleaseError):
            mapping_of(path)


def test_a_record_holds_what_reads_it_again(log: Path, folder: Path) -> None:
    taken(folder, log)
    with Ledger.open(folder) as ledger:
        (record,) = [r.body for r in ledger.records.of("ingest")]
    assert isinstance(record, Ingest)
    assert record.event == Event(scorer="includes", equals="C")
