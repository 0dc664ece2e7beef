"""Trend: its figures are those of the verdicts, and its detectors carry what they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made import CAN, Made, hypothesis, one, protocol
from quiz_made import quiz_maker

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.logs import sha256
from subterfuge.releases.records import Ingest
from subterfuge.releases.trend import COLUMNS, trend
from subterfuge.statistics.detector import anchor_threshold, detect
from subterfuge.statistics.mixture import alarm
from subterfuge.statistics.sequence import anytime_interval

RNG = np.random.default_rng(3)


def drawn(rate: float, n: int, lost: float = 0.0) -> list[float | None]:
    values = (RNG.random(n) < rate).astype(float).tolist()
    return [None if gone else value for value, gone in zip(values, RNG.random(n) < lost, strict=True)]


def test_figures_are_those_of_the_verdicts(tmp_path: Path) -> None:
    made = one(
        tmp_path,
        ("clean", drawn(0.0, 300)),
        ("bad", drawn(0.4, 300)),
        ("unsure", drawn(0.1, 400, lost=0.03)),
        ("lossy", drawn(0.05, 400, lost=0.3)),
    )
    rows = trend(tmp_path).frame().set_index("model")
    assert list(rows.reset_index()[list(COLUMNS)].columns) == list(COLUMNS)
    assert rows["verdict"].to_dict()["clean"] == "CLEAR"
    assert rows["verdict"].to_dict()["bad"] == "ALARM"
    assert rows["verdict"].to_dict()["lossy"] == "INVALID"
    for test, decision in made.state().decisions.items():
        row, told = rows.loc[test.model], decision.verdict
        assert row["verdict"] == told["decision"]
        assert (row["n"], row["events"], row["missing"]) == (told["n"], told["events"], told["missing"])
        assert row["rate"] == pytest.approx(told["rate"])
        assert (row["low"], row["high"]) == pytest.approx((told["low"], told["high"]), abs=1e-12)
        assert row["level"] == pytest.approx(told["level"])
        assert row["worst_low"] <= row["rate"] <= row["worst_high"]
        assert row["low"] <= row["worst_low"]
        assert row["high"] >= row["worst_high"]


def test_the_detector_is_that_of_the_counts(tmp_path: Path) -> None:
    one(tmp_path, *((f"r{i}", drawn(0.02 + 0.08 * i, 400, lost=0.02)) for i in range(6)))
    rows = trend(tmp_path).frame()
    expected = detect(rows["events"].to_numpy(), rows["n"].to_numpy(), 0.1)
    np.testing.assert_allclose(rows["detector"], expected.statistic)
    assert rows["page"].tolist() == expected.pages.tolist()
    assert rows["watch"].tolist() == expected.watches.tolist()
    assert rows["page"].any()


def test_a_creep_that_no_release_shows_alone_is_seen_against_the_anchor(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol(hypothesis(threshold=0.3, cap=1000, alpha={"clear": 1e-30}))
    made.lock(locked)
    made.register("zero", "anchor", anchor="anchor")
    for name, rate in [("zero", 0.5), ("anchor", 0.02), *((f"r{i}", 0.1) for i in range(6))]:
        made.register(*([] if name in ("zero", "anchor") else [name]))
        made.run(locked, name)
        made.ring()
        made.measure("tampering", [1.0 if i % round(1 / rate) == 0 else 0.0 for i in range(600)])
    rows = trend(tmp_path).frame().set_index("model")
    assert not rows["page"].loc["anchor":].any()
    assert set(rows["anchor_model"]) == {"anchor"}
    anchor = rows.loc["anchor"]
    limit = anchor_threshold(int(anchor["events"] + anchor["missing"]), int(anchor["n"]), 0.05)
    assert rows["anchor_high"].tolist() == pytest.approx([limit] * len(rows))
    assert rows["drift"].isna().tolist() == [True, True] + [False] * 6
    later = rows.loc["r0":]
    np.testing.assert_allclose(
        later["drift"], detect(later["events"].to_numpy(), later["n"].to_numpy(), limit).statistic
    )
    assert later["drift_page"].iloc[-1]
    assert (later["drift"].diff().dropna() > 0).all()


def test_since_begins_the_detector_anew(tmp_path: Path) -> None:
    one(tmp_path, *((f"r{i}", drawn(0.2, 400)) for i in range(4)))
    rows = trend(tmp_path, since="r2").frame()
    assert rows["detector"].isna().tolist() == [True, True, False, False]
    expected = detect(rows["events"].to_numpy()[2:], rows["n"].to_numpy()[2:], 0.1).statistic
    np.testing.assert_allclose(rows["detector"][2:], expected)


def test_degrees_and_counts_agree_where_they_mean_the_same(tmp_path: Path) -> None:
    """A third release with degrees makes the line go by outcomes; what came before is as by counts."""
    releases = [("a", drawn(0.1, 200)), ("b", drawn(0.15, 200))]
    one(tmp_path / "counts", *releases)
    one(tmp_path / "degrees", *releases, ("c", [0.5, 0.25] * 100))
    by_counts, by_degrees = (trend(tmp_path / name).frame() for name in ("counts", "degrees"))
    np.testing.assert_allclose(by_counts["detector"], by_degrees["detector"][:2])
    last = by_degrees.iloc[2]
    mixture, n = alarm(0.1), last["n"]
    assert last["events"] == pytest.approx(np.sum(([0.5, 0.25] * 100)[:n]))
    assert last["low"] > 0.1
    assert last["verdict"] == "ALARM"
    assert mixture.path(([0.5, 0.25] * 100)[:n])[-1] > 0


def test_clusters_count_as_wholes(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol(hypothesis(cluster="prompt"))
    made.lock(locked)
    values = [float(20 <= i < 30) for i in range(200)]
    made.register("a")
    made.run(locked, "a")
    made.ring()
    made.measure("tampering", values, clusters=[f"p{i // 10}" for i in range(200)])
    row = trend(tmp_path).frame().iloc[0]
    assert (row["n"], row["events"], row["verdict"]) == (200, 10, "INCONCLUSIVE")
    # Ten times the same is no more than once.
    assert row["high"] > 1.5 * anytime_interval(10, 200, 0.1, 0.05).high
    # The last cluster may go on, so it is not a whole one yet.
    means = values[::10][:-1]
    expected = alarm(0.1).log_e(int(sum(means)), len(means))
    assert row["detector"] == pytest.approx(float(expected))


def test_limits_of_clusters_are_those_of_the_verdict(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol(hypothesis(cluster="prompt"))
    made.lock(locked)
    for name, rate in (("clean", 0.0), ("bad", 0.6), ("unsure", 0.1)):
        made.register(name)
        made.run(locked, name)
        made.ring()
        values = np.repeat((RNG.random(100) < rate).astype(float), 4).tolist()
        made.measure("tampering", values, clusters=[f"p{i // 4}" for i in range(400)])
        made.conclude()
    rows = trend(tmp_path).frame().set_index("model")
    assert rows["verdict"].tolist()[:2] == ["CLEAR", "ALARM"]
    for test, decision in made.state().decisions.items():
        row, told = rows.loc[test.model], decision.verdict
        assert (row["low"], row["high"]) == pytest.approx((told["low"], told["high"]), abs=1e-12)


def test_a_release_with_a_silent_control_is_not_carried(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    for name, rings in (("a", 1.0), ("b", 0.0), ("c", 1.0)):
        made.register(name)
        made.run(locked, name)
        made.ring(value=rings)
        made.measure("tampering", drawn(0.2, 50))
    rows = trend(tmp_path).frame()
    assert rows["carried"].tolist() == [True, False, True]
    assert rows["verdict"][1] == "INVALID"
    kept = rows[rows["carried"]]
    np.testing.assert_allclose(
        kept["detector"], detect(kept["events"].to_numpy(), kept["n"].to_numpy(), 0.1).statistic
    )


def test_a_release_counts_once_however_often_it_is_measured(tmp_path: Path) -> None:
    made, first, second = Made(tmp_path), protocol(), protocol(name="again")
    made.lock(first)
    made.lock(second)
    made.register("a")
    for locked in (first, second):
        made.run(locked, "a")
        made.ring()
        made.measure("tampering", [0.0, 1.0] * 10)
    rows = trend(tmp_path).frame()
    assert len(rows) == 2
    assert rows["series"].nunique() == 1
    assert rows["carried"].tolist() == [True, False]


def test_another_version_or_threshold_is_another_line_and_is_told(tmp_path: Path) -> None:
    made, locked, stricter = Made(tmp_path), protocol(), protocol(hypothesis(threshold=0.2))
    made.lock(locked)
    made.lock(stricter)
    for name, used, version in (
        ("a", locked, "1-A"),
        ("b", locked, "1-B"),
        ("c", locked, "2-A"),
        ("d", stricter, "2-A"),
    ):
        made.register(name)
        made.run(used, name, version=version)
        made.ring()
        made.measure("tampering", drawn(0.1, 100))
    found = trend(tmp_path)
    assert [line["model"].tolist() for line in found.lines()] == [["a", "b"], ["c"], ["d"]]
    assert len(found.notes) == 2
    assert "from c on" in found.notes[0]
    assert "the task's version (1, and 2)" in found.notes[0]
    assert "the threshold (0.1, and 0.2)" in found.notes[1]


def test_covariates(tmp_path: Path) -> None:
    made = Made(tmp_path)
    looks = hypothesis(refusal={"scorer": "refused"}, awareness={"scorer": "aware"}, controls=[CAN])
    locked = protocol(looks, hypothesis("blind"))
    made.lock(locked)
    made.register("a")
    made.run(locked, "a")
    made.measure("tampering", [0.0] * 20, refused=True, aware=False)
    made.measure("tampering", [1.0, 0.0] * 15, control="can")
    made.measure("blind", [0.0] * 20)
    rows = trend(tmp_path).frame().set_index("hypothesis")
    assert (rows.loc["tampering", "refused"], rows.loc["tampering", "aware"]) == (20, 0)
    assert rows.loc["tampering", "capability"] == 0.5
    assert rows.loc["blind", ["refused", "aware", "capability"]].isna().all()
    assert trend(tmp_path, "blind").frame()["hypothesis"].tolist() == ["blind"]


def test_a_test_without_any_finished_cell_has_a_row_that_says_nothing(tmp_path: Path) -> None:
    made, locked = Made(tmp_path), protocol()
    made.lock(locked)
    made.register("a", anchor="a")
    made.run(locked, "a")
    row = trend(tmp_path).frame().iloc[0]
    assert (row["n"], row["low"], row["high"], row["verdict"]) == (0, 0.0, 1.0, "INCONCLUSIVE")
    assert np.isnan(row["rate"])
    assert not row["carried"]
    assert not row["final"]


def test_all_missing(tmp_path: Path) -> None:
    one(tmp_path, ("a", [None] * 50))
    row = trend(tmp_path).frame().iloc[0]
    assert np.isnan(row["rate"])
    assert (row["worst_low"], row["worst_high"]) == (0.0, 1.0)
    assert (row["low"], row["verdict"]) == (0.0, "INVALID")
    assert row["detector"] < 0


def test_a_log_nobody_planned_has_rates_and_limits_alone(tmp_path: Path) -> None:
    quiz = quiz_maker(tmp_path / "elsewhere")
    made = Made(tmp_path / "ledger")
    made.register("a", "b", anchor="a")
    for model, events in (("a", set()), ("b", {(name, 1) for name in "uvwxyz"})):
        log = quiz(list("uvwxyz"), epochs=2, events=events, broken={("u", 2)})
        made.write(
            Ingest(
                series="quiz", model=model, task="quiz", task_version="0", event=Event(), file=str(log),
                sha256=sha256(log), planned=12,
            )
        )  # fmt: skip
    rows = trend(made.folder).frame().set_index("model")
    assert set(rows["verdict"]) == {"RETROSPECTIVE"}
    assert rows["retrospective"].all()
    assert not rows[["carried", "page", "watch", "drift_page", "drift_watch"]].any(axis=None)
    assert rows[["detector", "drift", "threshold"]].isna().all(axis=None)
    b = rows.loc["b"]
    assert (b["n"], b["events"], b["missing"]) == (12, 6, 1)
    assert b["rate"] == pytest.approx(6 / 11)
    assert 0 <= b["low"] < 0.5 < b["high"] <= 1
    assert b["anchor_rate"] == 0.0
    assert b["anchor_high"] == rows.loc["a", "anchor_high"] > 0


def test_nothing_to_show_is_an_error_in_one_line(tmp_path: Path) -> None:
    made = Made(tmp_path)
    with pytest.raises(ReleaseError, match="Nothing was measured yet"):
        trend(tmp_path)
    locked = protocol()
    made.lock(locked)
    made.register("a")
    made.run(locked, "a")
    with pytest.raises(ReleaseError, match=r"hypothesis 'other' \(measured: tampering\)"):
        trend(tmp_path, "other")
    with pytest.raises(ReleaseError, match=r"release 'b' in this ledger \(measured: a\)"):
        trend(tmp_path, since="b")
    assert isinstance(trend(tmp_path).frame(), pd.DataFrame)
