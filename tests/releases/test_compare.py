"""Two releases: cell by cell, with what is missing against each claim, and never across what differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import Made, hypothesis, one, protocol
from quiz_made import quiz_maker

from subterfuge.releases.compare import Difference, compare, transcript_pair
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.logs import sha256
from subterfuge.releases.records import Ingest
from subterfuge.statistics.pairs import paired_log_e

RNG = np.random.default_rng(5)


def two(folder: Path, old: list, new: list, **changes) -> Difference:
    """The difference on one hypothesis whose own verdicts take every cell."""
    made, locked = Made(folder), protocol(hypothesis(**{"alpha": {"alarm": 1e-9, "clear": 1e-9}, **changes}))
    made.lock(locked)
    for name, values in (("old", old), ("new", new)):
        made.register(name)
        made.run(locked, name)
        made.measure("tampering", values)
    return compare(folder, "old", "new").differences[0]


cells = st.sampled_from([0.0, 1.0, None])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(cells, cells), min_size=1, max_size=25))
def test_missing_counts_against_both_claims(tmp_path_factory, pairs) -> None:
    old, new = [a for a, _ in pairs], [b for _, b in pairs]
    found = two(tmp_path_factory.mktemp("ledger"), old, new)
    n = found.pairs
    pairs = pairs[:n]

    def fill(x, a):
        return a if x is None else x

    up = [(fill(a, 1), fill(b, 0)) for a, b in pairs]
    down = [(fill(a, 0), fill(b, 1)) for a, b in pairs]
    assert found.log_e_worse == pytest.approx(
        float(paired_log_e(sum(b > a for a, b in up), sum(a > b for a, b in up), "worse"))
    )
    assert found.log_e_better == pytest.approx(
        float(paired_log_e(sum(b > a for a, b in down), sum(a > b for a, b in down), "better"))
    )
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    assert found.only_new == sum(b > a for a, b in known)
    assert found.only_old == sum(a > b for a, b in known)
    assert found.both == sum(a == b == 1 for a, b in known)
    assert found.neither == sum(a == b == 0 for a, b in known)
    assert found.missing_old == sum(a is None for a, _ in pairs)
    assert found.missing_new == sum(b is None for _, b in pairs)
    low = np.mean([b - a for a, b in up])
    high = np.mean([b - a for a, b in down])
    assert found.low <= low <= high <= found.high


def test_losing_episodes_makes_no_release_worse_or_better(tmp_path: Path) -> None:
    full, lost = [0.0, 1.0] * 40, [None] * 80
    for name, old, new in (("a", full, lost), ("b", lost, full), ("c", [0.0] * 80, [None, 0.0] * 40)):
        assert two(tmp_path / name, old, new).finding == "NO DIFFERENCE SHOWN"


def test_worse_and_better_are_each_others_mirror(tmp_path: Path) -> None:
    low, high = (
        (RNG.random(100) < 0.2).astype(float).tolist(),
        (RNG.random(100) < 0.45).astype(float).tolist(),
    )
    worse, better = two(tmp_path / "w", low, high), two(tmp_path / "b", high, low)
    assert worse.log_e_worse == pytest.approx(better.log_e_better)
    assert (worse.low, worse.high) == pytest.approx((-better.high, -better.low))
    assert worse.rate_new == better.rate_old


def test_a_release_that_is_worse_is_found_and_its_cells_listed(tmp_path: Path) -> None:
    old = [0.0] * 50 + [1.0, None, 0.0, 1.0]
    new = [0.0, 1.0] * 25 + [0.0, 1.0, None, 1.0]
    made = one(tmp_path, ("old", old), ("new", new), alpha={"alarm": 0.05, "clear": 1e-30}, threshold=0.4)
    found = compare(tmp_path, "old", "new")
    told = found.differences[0]
    assert told.finding == "WORSE"
    assert told.worse_at is not None
    assert told.worse_at <= told.pairs == 54
    assert told.low > 0
    listed = found.changes()
    assert [c.kind for c in listed] == ["appeared"] * 26 + ["disappeared", "went missing"]
    assert [c.cell for c in listed[:2]] == [1, 3]
    assert (listed[25].old, listed[25].new, listed[25].old_status) == (None, 1.0, "errored")
    assert (listed[-1].old, listed[-1].new, listed[-1].new_status) == (0.0, None, "errored")
    assert listed[0].sample == "s1"
    assert (listed[0].old_uuid, listed[0].new_uuid) == ("r1-0-1", "r2-0-1")
    assert found.changes(3) == listed[:3]
    row = found.frame().iloc[0]
    assert (row["finding"], row["only_new"], row["only_old"]) == ("WORSE", 25, 1)
    assert len(made.state().decisions) == 2


def test_pairs_end_where_the_shorter_verdict_does(tmp_path: Path) -> None:
    made = one(tmp_path, ("old", [0.0] * 300), ("new", [1.0] * 300))
    n = {test.model: decision.verdict["n"] for test, decision in made.state().decisions.items()}
    assert compare(tmp_path, "old", "new").differences[0].pairs == min(n.values()) == n["new"]


def test_the_error_rate_of_worse_holds_between_equal_releases(tmp_path: Path) -> None:
    rng, ids = np.random.default_rng(11), [f"h{i}" for i in range(30)]
    spare = {"alpha": {"alarm": 0.2, "clear": 0.2}, "threshold": 0.5, "cap": 40, "controls": []}
    made, locked = Made(tmp_path), protocol(*(hypothesis(id, **spare) for id in ids))
    made.lock(locked)
    for name in ("old", "new"):
        made.register(name)
        made.run(locked, name)
        for id in ids:
            made.measure(id, (rng.random(40) < 0.5).astype(float).tolist())
    shown = compare(tmp_path, "old", "new").frame()["worse_at"].notna().sum()
    assert shown <= 13  # P(Binomial(30, 0.2) > 13) < 0.001


def test_clusters_count_as_wholes(tmp_path: Path) -> None:
    made, locked = (
        Made(tmp_path),
        protocol(hypothesis(cluster="prompt", alpha={"alarm": 0.05, "clear": 1e-9}, threshold=0.4)),
    )
    made.lock(locked)
    clusters = [f"p{i // 10}" for i in range(50)]
    for name, value in (("old", 0.0), ("new", 1.0)):
        made.register(name)
        made.run(locked, name)
        made.measure("tampering", [0.0] * 10 + [value] * 10 + [0.0] * 30, clusters=clusters)
    told = compare(tmp_path, "old", "new").differences[0]
    assert told.clustered
    assert told.only_new == 10
    # Ten pairs of one prompt are one piece of evidence.
    assert told.log_e_worse == pytest.approx(float(paired_log_e(1, 0)))


def test_degrees(tmp_path: Path) -> None:
    told = two(tmp_path, [0.0, 0.5, 0.5] * 20, [0.0, 0.5, 1.0] * 20, threshold=0.4)
    assert (told.only_new, told.both, told.neither) == (20, 20, 20)
    assert 0 < told.log_e_worse < float(paired_log_e(20, 0))
    assert told.log_e_better < 0
    assert told.low <= 1 / 6 <= told.high


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"event": {"scorer": "other"}}, "they differ in the event"),
        ({"elicitation": "prompted"}, r"they differ in the elicitation \(plain, and prompted\)"),
        ({"cap": 500}, "under two protocols"),
    ],
)
def test_two_protocols_are_no_pairs(tmp_path: Path, change: dict, said: str) -> None:
    made = Made(tmp_path)
    for name, locked in (("old", protocol()), ("new", protocol(hypothesis(**change)))):
        made.lock(locked)
        made.register(name)
        made.run(locked, name)
        made.measure("tampering", [0.0] * 20)
    with pytest.raises(ReleaseError, match=f"^old and new have no comparable hypothesis in common.*{said}"):
        compare(tmp_path, "old", "new")


def test_two_versions_of_a_task_are_no_pairs(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol(hypothesis(), hypothesis("other"))
    made.lock(locked)
    made.register("old", "new")
    for name, version, only in (("old", "1-A", ()), ("new", "2-A", ["tampering"]), ("new", "1-B", ["other"])):
        made.run(locked, name, version=version, only=only)
        for id in only or ("tampering", "other"):
            made.measure(id, [0.0] * 20)
    found = compare(tmp_path, "old", "new")
    assert [row.hypothesis for row in found.differences] == ["other"]
    assert found.notes == (
        "tampering is not comparable between them: they differ in the task's version (1, and 2).",
    )
    with pytest.raises(ReleaseError, match=r"hypothesis 'tampering' in common.*version \(1, and 2\)"):
        compare(tmp_path, "old", "new", "tampering")


def test_other_samples_at_the_same_cells_are_no_pairs(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    for name, samples in (("old", ["x", "y"]), ("new", ["x", "z"])):
        made.register(name)
        made.run(locked, name)
        made.measure("tampering", [0.0, 0.0], samples=samples)
    with pytest.raises(ReleaseError, match="cell 1 is sample 'y' on old and 'z' on new"):
        compare(tmp_path, "old", "new")


def test_what_is_asked_wrongly_is_one_line(tmp_path: Path) -> None:
    one(tmp_path, ("old", [0.0] * 20), ("new", [0.0] * 20))
    with pytest.raises(ReleaseError, match=r"release 'gone' in this ledger \(measured: old, new\)"):
        compare(tmp_path, "old", "gone")
    with pytest.raises(ReleaseError, match="no comparable hypothesis 'x' in common"):
        compare(tmp_path, "old", "new", "x")
    with pytest.raises(ReleaseError, match="with itself"):
        compare(tmp_path, "old", "old")


def test_a_release_of_which_no_cell_is_finished(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    made.register("old", "new")
    for name in ("old", "new"):
        made.run(locked, name)
        made.measure("tampering", [0.0] * 5, finished=0 if name == "new" else None)
    told = compare(tmp_path, "old", "new").differences[0]
    assert (told.pairs, told.log_e_worse, told.finding) == (0, 0.0, "NO DIFFERENCE SHOWN")
    assert (told.low, told.high) == (-1.0, 1.0)


def test_logs_nobody_planned_pair_by_sample_and_epoch_and_claim_nothing(tmp_path: Path) -> None:
    quiz = quiz_maker(tmp_path / "elsewhere")
    made = Made(tmp_path / "ledger")
    made.register("old", "new")
    names = [f"q{i}" for i in range(12)]
    every = {(name, epoch) for name in names for epoch in (1, 2)}
    for model, order, events in (("old", names, set()), ("new", names[::-1][:-1], every)):
        log = quiz(order, epochs=2, events=events)
        made.write(
            Ingest(
                series="quiz", model=model, task="quiz", task_version="0", event=Event(), file=str(log),
                sha256=sha256(log), planned=2 * len(order),
            )
        )  # fmt: skip
    found = compare(made.folder, "old", "new")
    told = found.differences[0]
    assert (told.pairs, told.only_new, told.finding) == (22, 22, "RETROSPECTIVE")
    assert told.log_e_worse == pytest.approx(float(paired_log_e(11, 0)))
    assert {c.sample for c in found.changes()} == set(names[1:])
    both = transcript_pair(made.folder, found.changes()[0])
    sample = found.changes()[0].sample
    for text in (both.old, both.new):
        assert f"[user]\nquestion {sample}" in text
        assert f"[assistant]\nanswer to {sample}" in text


def test_a_transcript_that_is_not_there_says_so(tmp_path: Path) -> None:
    one(tmp_path, ("old", [0.0] * 9 + [None]), ("new", [1.0] + [0.0] * 9))
    change = compare(tmp_path, "old", "new").changes()[0]
    assert transcript_pair(tmp_path, change).old == "[no transcript: its log is not in the ledger]"
    gone = type(change)(**{**vars(change), "old_log": "logs/x.eval", "new_uuid": None})
    assert transcript_pair(tmp_path, gone).old.startswith("[no transcript: logs/x.eval can't be read")
    assert transcript_pair(tmp_path, gone).new == "[no transcript: scored]"
