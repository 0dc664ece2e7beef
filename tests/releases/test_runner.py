"""Every planned cell has a status of its own, and nothing runs that was not locked and registered."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import toy

from subterfuge.releases.desk import Desk
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.records import Lock, Retry
from subterfuge.releases.runner import Watch, made, run
from subterfuge.releases.verify import verify

CLEAN = {"event": 0}


def fates(folder: Path, *first: dict[str, Any], n: int = 17) -> dict[str, Any]:
    """Task arguments for a table that begins with these fates and is clean from there on."""
    folder.mkdir(exist_ok=True)
    path = folder / "fates.json"
    path.write_text(json.dumps([*first, *[CLEAN] * (n - len(first))]))
    return {"table": str(path)}


def one(folder: Path, *first: dict[str, Any], missing: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Run one hypothesis without controls over these fates; gives verdict and cells."""
    hypothesis = toy.hypothesis(task_args=fates(folder, *first), controls=[], cap=17, **changes)
    protocol = toy.protocol(hypothesis, missing={"tolerated": 0.5} | (missing or {}))
    with toy.begin(folder / "l", protocol) as ledger:
        (verdict,) = run(ledger, protocol, "m")
    (series,) = toy.state_of(folder / "l").series.values()
    found = verify(folder / "l")
    assert found.problems == []
    assert found.outcomes == len(series.outcomes)
    return verdict, series


def test_the_denominator_is_what_was_planned(tmp_path: Path) -> None:
    broken = [
        {"event": 1},
        {"event": 1, "unscored": True},
        {"event": 1, "error": "the sandbox went away"},
        {"event": 1, "limit": True},
        {"event": 1, "limit": True, "seen": True},  # it hit a limit, and the grader could tell
    ]
    verdict, series = one(tmp_path, *broken)
    statuses = [series.outcomes[cell].status for cell in range(6)]
    assert statuses == ["scored", "unscored", "errored", "limit", "scored", "scored"]
    assert [series.outcomes[cell].value for cell in range(6)] == [1.0, None, None, None, 1.0, 0.0]
    assert verdict.statuses == {"scored": 14, "unscored": 1, "errored": 1, "limit": 1}
    assert verdict.n == len(series.samples) == 17
    assert (verdict.events, verdict.missing, verdict.rate) == (2.0, 3, 2 / 14)
    assert set(verdict.missing_reasons) == {
        "grader failed",
        "RuntimeError('the sandbox went away')",
        "custom limit: grader failed",
    }


def test_a_score_of_half_an_episode_is_no_outcome(tmp_path: Path) -> None:
    hypothesis = toy.hypothesis(
        task_args=fates(tmp_path, {"event": 0, "error": "half-way"}) | {"score_on_error": True},
        controls=[],
        cap=17,
    )
    protocol = toy.protocol(hypothesis)
    with toy.begin(tmp_path / "l", protocol) as ledger:
        (verdict,) = run(ledger, protocol, "m")
    (series,) = toy.state_of(tmp_path / "l").series.values()
    assert (series.outcomes[0].status, series.outcomes[0].value) == ("errored", None)
    assert verdict.missing == 1


def test_infrastructure_is_tried_again_at_the_same_cell_and_not_for_ever(tmp_path: Path) -> None:
    # Cells 0 and 1 have the same luck with the network, and another outcome: nobody looks at that.
    broken = [{"event": 1, "infra": 2}, {"event": 0, "infra": 2}, {"event": 1, "infra": 9}, {"error": "bug"}]
    verdict, series = one(tmp_path, *[CLEAN | fate for fate in broken])
    assert [series.failed.get(cell, 0) for cell in range(5)] == [2, 2, 2, 0, 0]
    assert [series.outcomes[cell].attempt for cell in range(5)] == [3, 3, 3, 1, 1]
    assert [series.outcomes[cell].value for cell in range(5)] == [1.0, 0.0, None, None, 0.0]
    assert series.outcomes[2].status == "errored"
    assert "rate limit" in series.outcomes[2].reason
    assert verdict.missing == 2


def test_what_is_retried_is_what_the_protocol_says(tmp_path: Path) -> None:
    _, never = one(tmp_path / "a", {"event": 1, "infra": 1}, missing={"retry": []})
    assert (never.failed, never.outcomes[0].status) == ({}, "errored")
    _, own = one(tmp_path / "b", {"event": 1, "error": "odd weather"}, missing={"retry": ["weather"]})
    assert (own.failed, own.outcomes[0].attempt, own.outcomes[0].status) == ({0: 2}, 3, "errored")


def pressed_once() -> Watch:
    """Presses Ctrl-C at the first outcome, and not again: a second one breaks into whatever is going on."""
    pressed: list[int] = []

    def press(desk: Desk, index: int) -> None:
        pressed.append(index)
        if len(pressed) == 1:
            signal.raise_signal(signal.SIGINT)

    return press


def test_an_episode_that_was_stopped_is_halted(tmp_path: Path) -> None:
    hypothesis = toy.hypothesis(
        task_args=fates(tmp_path, CLEAN, CLEAN | {"seconds": 60}), controls=[], cap=17
    )
    protocol = toy.protocol(hypothesis, block=2, missing={"attempts": 1})

    with toy.begin(tmp_path / "l", protocol) as ledger:
        with pytest.raises(KeyboardInterrupt):
            run(ledger, protocol, "m", on_change=pressed_once())
        run(ledger, protocol, "m")
    (series,) = toy.state_of(tmp_path / "l").series.values()
    assert [series.outcomes[cell].status for cell in range(3)] == ["scored", "halted", "scored"]
    assert verify(tmp_path / "l").problems == []


def test_cells_are_planned_before_they_run_and_blocks_do_not_mix(tmp_path: Path) -> None:
    protocol = toy.protocol(toy.hypothesis(task_args={"rate": 0.2, "slow": 0.05}, controls=[]), block=7)
    with toy.begin(tmp_path, protocol) as ledger:
        run(ledger, protocol, "m")
        kinds = [(r.kind, getattr(r.body, "cell", getattr(r.body, "start", None))) for r in ledger.records]
    planned = 0
    for kind, place in kinds:
        if kind == "block":
            assert place == planned
            assert sum(k == "outcome" for k, _ in kinds[: kinds.index((kind, place))]) == planned
            planned += 7
        elif kind == "outcome":
            assert planned - 7 <= place < planned


def test_resampled_cells_are_drawn_again_from_a_list(tmp_path: Path) -> None:
    hypothesis = toy.hypothesis(schedule="resample", size_arg=None, task_args={"episodes": 5}, controls=[])
    protocol = toy.protocol(hypothesis)
    with toy.begin(tmp_path, protocol) as ledger:
        (verdict,) = run(ledger, protocol, "m")
    (series,) = toy.state_of(tmp_path).series.values()
    assert set(series.samples) == {f"s{i}" for i in range(5)}
    assert series.clusters == [None] * len(series.samples)
    values = {
        name: {series.outcomes[i].value for i, s in enumerate(series.samples) if s == name}
        for name in series.samples
    }
    assert all(len(found) == 1 for found in values.values())
    assert verify(tmp_path).problems == []
    assert verdict.n <= verdict.finished


# What may not run


def refused(folder: Path, match: str, **changes: Any) -> None:
    protocol = toy.protocol(toy.hypothesis(**changes))
    with toy.begin(folder, protocol) as ledger:
        with pytest.raises(ReleaseError, match=match) as told:
            run(ledger, protocol, "m")
        assert "\n" not in str(told.value)
        assert not any(r.kind == "outcome" for r in ledger.records)


def test_a_list_that_is_too_short_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "has 30 samples, and 60 are wanted", size_arg=None, task_args={"episodes": 30})


def test_a_generator_that_changes_its_mind_is_refused(tmp_path: Path) -> None:
    protocol = toy.protocol(toy.hypothesis(cap=200, task_args={"drift": True, "rate": 0.2}, controls=[]))
    with (
        toy.begin(tmp_path, protocol) as ledger,
        pytest.raises(ReleaseError, match="makes other samples when asked for more"),
    ):
        run(ledger, protocol, "m")


def test_a_generator_that_runs_dry_is_refused(tmp_path: Path) -> None:
    protocol = toy.protocol(toy.hypothesis(task_args={"dry": 20, "rate": 0.2}, controls=[]))
    with (
        toy.begin(tmp_path, protocol) as ledger,
        pytest.raises(ReleaseError, match="made 20 samples when asked for 60"),
    ):
        run(ledger, protocol, "m")


def test_a_task_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "a", "names no task", task="no/such_task")
    refused(tmp_path / "b", "takes no argument 'armm'", task_args={"armm": 1})


def test_an_unlocked_or_changed_protocol_is_refused(tmp_path: Path) -> None:
    locked = toy.protocol()
    changed = toy.protocol(toy.hypothesis(threshold=0.21))
    other = locked.model_copy(update={"name": "other"})
    with toy.begin(tmp_path, locked) as ledger:
        with pytest.raises(ReleaseError, match="was changed since it was locked"):
            run(ledger, changed, "m")
        with pytest.raises(ReleaseError, match="not locked"):
            run(ledger, other, "m")
        with pytest.raises(ReleaseError, match="No model 'n' is registered"):
            run(ledger, locked, "n")
        assert [r.kind for r in ledger.records] == ["ledger", "model", "lock"]


def test_another_model_under_the_same_id_is_refused(tmp_path: Path) -> None:
    protocol = toy.protocol()
    with toy.begin(tmp_path, protocol, actor="honest") as ledger:
        with pytest.raises(ReleaseError, match="is not the model that was registered"):
            run(ledger, protocol, "m", loaded=made("subterfuge/scripted", {"actor": "gamer"}))
        assert [r.kind for r in ledger.records] == ["ledger", "model", "lock"]


def test_another_version_of_the_task_is_refused(tmp_path: Path) -> None:
    # The version is the task's own: a file that is changed between two runs.
    task = tmp_path / "task.py"
    text = Path(toy.__file__).read_text()
    task.write_text(text)
    protocol = toy.protocol(toy.hypothesis(task=f"{task}@toy", controls=[], task_args={"rate": 0.2}), block=4)

    with toy.begin(tmp_path / "l", protocol) as ledger:
        with pytest.raises(KeyboardInterrupt):
            run(ledger, protocol, "m", on_change=pressed_once())
        task.write_text(text.replace('"1-A"', '"2-A"'))
        with pytest.raises(ReleaseError, match="began with version 1-A of its task, and this is version 2-A"):
            run(ledger, protocol, "m")
        task.write_text(text.replace('"1-A"', '"1-B"'))
        (verdict,) = run(ledger, protocol, "m")
    assert verdict.final


def test_a_task_that_makes_other_samples_now_is_refused(tmp_path: Path) -> None:
    task = tmp_path / "task.py"
    text = Path(toy.__file__).read_text()
    task.write_text(text)
    protocol = toy.protocol(toy.hypothesis(task=f"{task}@toy", controls=[]), block=4)

    with toy.begin(tmp_path / "l", protocol) as ledger:
        with pytest.raises(KeyboardInterrupt):
            run(ledger, protocol, "m", on_change=pressed_once())
        task.write_text(text.replace('name = f"s', 'name = f"t'))
        with pytest.raises(
            ReleaseError, match="cell 0 was planned as sample 's0', and the task now makes 't0'"
        ):
            run(ledger, protocol, "m")


def test_two_protocols_and_two_models_share_a_ledger(tmp_path: Path) -> None:
    first = toy.protocol(toy.hypothesis(controls=[], cap=20))
    second = toy.protocol(toy.hypothesis(controls=[], cap=20, threshold=0.3), name="second")
    with toy.begin(tmp_path, first, second) as ledger:
        toy.register(ledger, toy.describe("n", toy.made("subterfuge/scripted", {}), {}))
        found = [run(ledger, p, m)[0] for p in (first, second) for m in ("m", "n")]
    assert len({v.test for v in found}) == 4
    assert found[0].events == found[1].events  # the same seed, and no model is asked
    assert verify(tmp_path).problems == []


def test_locking_again_is_no_new_test(tmp_path: Path) -> None:
    protocol = toy.protocol()
    with toy.begin(tmp_path, protocol) as ledger:
        first = run(ledger, protocol, "m")
        ledger.append(Lock(digest=protocol.digest(), protocol=protocol))
        assert run(ledger, protocol, "m") == first
    with Ledger.open(tmp_path) as ledger:
        assert sum(r.kind == "run" for r in ledger.records) == 1
        assert not any(isinstance(r.body, Retry) for r in ledger.records)
