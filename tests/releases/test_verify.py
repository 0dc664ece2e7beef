"""Verification finds whatever was changed afterwards: bytes, logs, outcomes, verdicts, and a tail cut off."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import toy

from subterfuge.releases import chain
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.logs import sha256
from subterfuge.releases.records import KINDS, Body, Decision, Log, Model, Outcome, Retry
from subterfuge.releases.runner import run
from subterfuge.releases.verify import Verification, verify

NAMES = {kind: name for name, kind in KINDS.items()}
Change = Callable[[Body], Body | list[Body] | None]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ledger with everything in it: control, events, retries, missing cells, clusters, verdict."""
    folder = tmp_path_factory.mktemp("original") / "releases"
    args = {"rate": 0.3, "seed": 4, "infra": 0.2, "fail": 0.1, "how": "unscored", "per_prompt": 2}
    hypothesis = toy.hypothesis(task_args=args, cap=20, cluster="prompt")
    protocol = toy.protocol(hypothesis, missing={"tolerated": 0.5})
    with toy.begin(folder, protocol) as ledger:
        run(ledger, protocol, "m")
    found = verify(folder)
    assert (found.problems, found.remarks) == ([], [])
    assert found.logs == 2
    assert found.outcomes == sum(r.kind == "outcome" for r in read(folder)[0])
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(original, tmp_path / "releases"))


def rewritten(folder: Path, change: Change) -> Verification:
    """Verify after an attacker changed bodies, and made the whole chain anew."""
    records, _ = read(folder)
    bodies: list[tuple[Body, Any]] = []
    for record in records:
        new = change(record.body)
        kept = new if isinstance(new, list) else [] if new is None else [new]
        bodies += [(body, record.time) for body in kept]
    lines, head = [], chain.NO_HASH
    for n, (body, time) in enumerate(bodies, 1):
        line, link = chain.seal(n, head, time, NAMES[type(body)], chain.write_body(body))
        lines.append(line)
        head = link.hash
    (folder / "ledger.jsonl").write_bytes(b"".join(lines))
    assert chain.check(folder) == []
    return verify(folder)


def outcomes(folder: Path) -> Iterator[Outcome]:
    return (r.body for r in read(folder)[0] if isinstance(r.body, Outcome))


def of_hypothesis(folder: Path) -> int:
    """The number of the hypothesis' own test in its run; the control is the other."""
    (one,) = toy.state_of(folder).runs.values()
    return next(i for i, test in enumerate(one.tests) if test.control is None)


def test_a_changed_byte_anywhere_in_the_ledger_is_found(folder: Path) -> None:
    path, dice = folder / "ledger.jsonl", random.Random(1)
    data = path.read_bytes()
    places = {0, len(data) - 1, len(data) // 2, *dice.sample(range(len(data)), 60)}
    for place in places:
        byte = dice.choice([b for b in range(256) if b != data[place]])
        path.write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
        assert not verify(folder).passed, f"byte {place}"


def test_a_changed_byte_anywhere_in_a_log_is_found(folder: Path) -> None:
    dice = random.Random(2)
    for path in sorted((folder / "logs").glob("*.eval")):
        data = path.read_bytes()
        for place in {0, len(data) - 1, *dice.sample(range(len(data)), 12)}:
            byte = dice.choice([b for b in range(256) if b != data[place]])
            path.write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
            found = verify(folder)
            assert any("its bytes are not those" in problem for problem in found.problems), f"byte {place}"
        path.write_bytes(data)
    assert verify(folder).passed


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_damaged_log_whose_digest_was_made_anew_breaks_nothing_but_the_verification(folder: Path) -> None:
    dice = random.Random(3)
    (log,) = [
        r.body for r in read(folder)[0] if isinstance(r.body, Log) and r.body.test == of_hypothesis(folder)
    ]
    path = folder / log.file
    data, ledger = path.read_bytes(), (folder / "ledger.jsonl").read_bytes()
    for _ in range(60):
        place = dice.randrange(len(data))
        path.write_bytes(data[:place] + bytes([data[place] ^ dice.randint(1, 255)]) + data[place + 1 :])
        (folder / "ledger.jsonl").write_bytes(ledger)
        digest = sha256(path)

        def change(body: Body, digest: str = digest) -> Body:
            return body.model_copy(update={"sha256": digest}) if body == log else body

        assert rewritten(folder, change).head


@pytest.mark.parametrize("which", [0, 1])
def test_a_deleted_log_is_found(folder: Path, which: int) -> None:
    sorted((folder / "logs").glob("*.eval"))[which].unlink()
    found = verify(folder)
    assert len(found.problems) == 1
    assert "No such file" in found.problems[0]


def test_a_log_in_the_place_of_another_is_found(folder: Path) -> None:
    one, other = sorted((folder / "logs").glob("*.eval"))
    shutil.copyfile(one, other)
    assert any("its bytes are not those" in problem for problem in verify(folder).problems)

    # With its digest made anew, its samples are not those that were planned.
    def change(body: Body) -> Body:
        if isinstance(body, Log) and body.file.endswith(other.name):
            return body.model_copy(update={"sha256": sha256(one)})
        return body

    assert not rewritten(folder, change).passed


EDITS: dict[str, Callable[[Outcome], Body | list[Body] | None]] = {
    "event to none": lambda o: o.model_copy(update={"value": 0.0}) if o.value == 1 else o,
    "none to event": lambda o: o.model_copy(update={"value": 1.0}) if o.value == 0 else o,
    "missing to clean": lambda o: (
        o.model_copy(update={"value": 0.0, "status": "scored", "reason": ""}) if o.value is None else o
    ),
    "event to missing": lambda o: (
        o.model_copy(update={"value": None, "status": "absent", "reason": "gone", "uuid": None})
        if o.value == 1
        else o
    ),
    "event to an attempt that broke": lambda o: (
        [
            Retry(run=o.run, test=o.test, cell=o.cell, attempt=o.attempt, reason="rate limit"),
            Outcome(run=o.run, test=o.test, cell=o.cell, status="absent", reason="x", attempt=o.attempt + 1),
        ]
        if o.value == 1
        else o
    ),
    "another transcript": lambda o: o.model_copy(update={"uuid": "forged"}),
    "dropped": lambda o: None if o.value == 1 else o,
    "twice": lambda o: [o, o],
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("verdict", ["kept", "made anew"])
def test_an_edited_outcome_is_found_though_the_chain_was_made_anew(
    folder: Path, edit: str, verdict: str
) -> None:
    head, test = read(folder)[1], of_hypothesis(folder)

    def change(body: Body) -> Body | list[Body] | None:
        if isinstance(body, Decision) and verdict == "made anew":
            return None
        return EDITS[edit](body) if isinstance(body, Outcome) and body.test == test else body

    found = rewritten(folder, change)
    assert any("cell" in problem.lower() for problem in found.problems), found.problems
    assert any("tail was cut off, or it is another ledger" in p for p in verify(folder, head).problems)


def test_an_outcome_whose_log_was_taken_out_of_the_ledger_is_found(folder: Path) -> None:
    def change(body: Body) -> Body | None:
        if isinstance(body, Log | Decision):
            return None
        return EDITS["event to none"](body) if isinstance(body, Outcome) else body  # type: ignore[return-value]

    assert not rewritten(folder, change).passed
    for path in (folder / "logs").glob("*.eval"):
        path.unlink()
    assert any("no log holds its episode" in problem for problem in verify(folder).problems)


def test_edited_clusters_and_samples_are_found(folder: Path) -> None:
    records = (folder / "ledger.jsonl").read_bytes()
    for name, value in (("clusters", "p999"), ("samples", "s999")):
        (folder / "ledger.jsonl").write_bytes(records)

        def change(body: Body, name: str = name, value: str = value) -> Body:
            if (now := getattr(body, name, None)) is None:
                return body
            return body.model_copy(update={name: (*now[:-1], value)})

        assert not rewritten(folder, change).passed, name


def test_an_edited_verdict_is_found_though_the_chain_was_made_anew(folder: Path) -> None:
    (told,) = [r.body for r in read(folder)[0] if isinstance(r.body, Decision)]
    edits = {"decision": "CLEAR", "high": 0.01, "n": 3, "events": 0.5}
    for name, value in edits.items():

        def change(body: Body, name: str = name, value: Any = value) -> Body:
            if not isinstance(body, Decision):
                return body
            return body.model_copy(update={"verdict": told.verdict | {name: value}})

        problems = rewritten(folder, change).problems
        assert len(problems) == 1
        assert "announced as" in problems[0]

    def empty(body: Body) -> Body:
        return body.model_copy(update={"verdict": {}}) if isinstance(body, Decision) else body

    assert not rewritten(folder, empty).passed


def test_a_tail_cut_off_is_found_by_a_published_head(folder: Path) -> None:
    path = folder / "ledger.jsonl"
    lines, (_, head) = path.read_bytes().splitlines(keepends=True), read(folder)
    assert verify(folder, head).passed
    path.write_bytes(b"".join(lines[:-1]))
    assert verify(folder, head).problems == [p for p in verify(folder, head).problems if "head" in p]
    assert len(verify(folder, head).problems) == 1
    for cut in (1, 3, 8, len(lines) // 2):
        path.write_bytes(b"".join(lines[:-cut]))
        assert not verify(folder, head).passed


def test_a_ledger_that_grew_still_holds_the_published_head(folder: Path) -> None:
    head = read(folder)[1]
    with Ledger.open(folder) as ledger:
        known = next(r.body for r in ledger.records if isinstance(r.body, Model))
        ledger.append(known.model_copy(update={"id": "later"}))
    assert verify(folder, head).passed


def test_foreign_logs_are_told_and_do_no_harm(folder: Path) -> None:
    log = next((folder / "logs").glob("*.eval"))
    shutil.copyfile(log, log.with_name("2026-01-01T00-00-00-00-00_toy_copy.eval"))
    (folder / "logs" / "2026-01-02T00-00-00-00-00_toy_torn.eval").write_bytes(log.read_bytes()[:1000])
    found = verify(folder)
    assert found.problems == []
    assert len(found.remarks) == 2


def test_what_is_verified_needs_neither_model_nor_task(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subterfuge.releases.schedule as schedule

    def never(*_: Any) -> None:
        raise AssertionError("the task was loaded")

    monkeypatch.setattr(schedule, "load_task_spec", never)
    monkeypatch.setattr("inspect_ai.model.get_model", never)
    assert verify(folder).passed


def test_the_folder_can_be_moved(folder: Path, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    assert verify(moved).passed
