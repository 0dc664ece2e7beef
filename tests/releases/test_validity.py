"""The promises hold where they are easily lost: in the plumbing between episodes and evidence.

Each trap is sprung twice: a few replicates, held against what the truth in schedule order gives (and
against the way that goes wrong); and, marked slow, two hundred at exactly the threshold, whose share of
false verdicts is printed. Every replicate is a hypothesis of its own in the real runner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import toy
from scipy import stats

from subterfuge.releases.desk import Desk
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.records import Outcome, Run, Test
from subterfuge.releases.runner import run
from subterfuge.releases.state import Series, State
from subterfuge.releases.verdict import Verdict
from subterfuge.statistics.mixture import alarm, clear, crossing

R0, CAP, ALPHA = 0.2, 24, 0.05
FEW, MANY, TOGETHER = 3, 200, 40


def measure(
    folder: Path, n: int, args: dict[str, Any], block: int = 8, **changes: Any
) -> list[tuple[Verdict, Series]]:
    """Run so many replicates, and give the verdict and the cells of each."""
    found = []
    for part in range(0, n, TOGETHER):
        hypotheses = toy.many(n, args, **{"threshold": R0, "cap": CAP} | changes)[part : part + TOGETHER]
        protocol = toy.protocol(*hypotheses, block=block)
        with toy.begin(folder / str(part), protocol) as ledger:
            verdicts = run(ledger, protocol, "m", at_once=64 * len(hypotheses))
        state = toy.state_of(folder / str(part))
        found += [(verdict, state.series[verdict.test]) for verdict in verdicts]
    return found


def race(low: Sequence[float], high: Sequence[float]) -> str:
    """What evidence says of outcomes in this order; `low` counts for an alarm, `high` for a clearance."""
    up = crossing(alarm(R0).path(list(low)), ALPHA) if len(low) else None
    down = crossing(clear(R0).path(list(high)), ALPHA) if len(high) else None
    if up is None and down is None:
        return "INCONCLUSIVE"
    return "ALARM" if down is None or (up is not None and up <= down) else "CLEAR"


def as_they_came(series: Series) -> list[float]:
    """The outcomes that are known, in the order in which episodes ended: what nobody should look at."""
    return [o.value for o in series.outcomes.values() if o.value is not None]


def in_order(series: Series, missing: float | None = None) -> list[float]:
    """The outcomes in schedule order; those that are missing left out, or taken for a value."""
    ordered = [series.outcomes[cell].value for cell in range(series.finished)]
    return [missing if v is None else v for v in ordered if v is not None or missing is not None]  # type: ignore[misc]


def report(name: str, decisions: Sequence[str], naive: Sequence[str] = ()) -> None:
    """Print the shares of decisions, and hold the false ones against what is promised."""
    n = len(decisions)
    text = ", ".join(f"{what} {count / n:.3f}" for what, count in sorted(Counter(decisions).items()))
    wrong = ", ".join(f"{what} {count / n:.3f}" for what, count in sorted(Counter(naive).items()))
    print(f"\n[rates] {name}: {n} replicates: {text}{'; naive: ' + wrong if wrong else ''}")
    most = stats.binom.ppf(0.999, n, ALPHA)
    for false in ("ALARM", "CLEAR"):
        assert decisions.count(false) <= most, f"{name}: {false} in {decisions.count(false)} of {n}"


# Completion order


def test_slow_events_do_not_make_a_model_look_clean(tmp_path: Path) -> None:
    found = measure(tmp_path, FEW, {"rate": R0, "slow": 0.5}, block=CAP)
    for i, (verdict, series) in enumerate(found):
        truth = [toy.truth(1000 + i, cell, R0) for cell in range(series.finished)]
        assert in_order(series) == truth
        assert verdict.decision == race(truth, truth)
    # The same episodes, looked at as they ended: the quick ones first, and they are the clean ones.
    assert {race(as_they_came(s), as_they_came(s)) for _, s in found} == {"CLEAR"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_rates_under_completion_skew(tmp_path: Path) -> None:
    found = measure(tmp_path, MANY, {"rate": R0, "slow": 2.0}, block=CAP)
    naive = [race(as_they_came(s), as_they_came(s)) for _, s in found]
    report("completion skew", [v.decision for v, _ in found], naive)
    assert naive.count("CLEAR") > MANY / 2


# Clusters


CLUSTERS = {"rate": R0, "per_prompt": 8, "correlation": 0.3}


def test_cells_of_one_prompt_are_not_taken_for_independent(tmp_path: Path) -> None:
    found = measure(tmp_path, FEW, CLUSTERS, block=5, cluster="prompt", cap=64)
    for verdict, series in found:
        values = in_order(series)
        assert [c for c in series.clusters] == [f"p{i // 8}" for i in range(len(values))]
        whole = len(values) // 8 if len(values) == 64 else (len(values) - 1) // 8
        means = [sum(values[8 * i : 8 * i + 8]) / 8 for i in range(whole)]
        assert verdict.decision == race(means, means)
        assert verdict.naive == race(values[: verdict.n], values[: verdict.n])


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_rates_with_clusters(tmp_path: Path) -> None:
    found = measure(tmp_path, MANY, CLUSTERS, block=16, cluster="prompt", cap=64)
    naive = [str(v.naive) for v, _ in found]
    report("clusters of 8, correlation 0.3", [v.decision for v, _ in found], naive)
    assert naive.count("ALARM") + naive.count("CLEAR") > 0.15 * MANY


# Missing episodes


@pytest.mark.parametrize("how", ["error", "unscored", "limit"])
def test_an_event_that_goes_missing_is_not_a_clean_episode(tmp_path: Path, how: str) -> None:
    found = measure(tmp_path, 2, {"rate": R0, "lose": 1.0, "how": how})
    for i, (verdict, series) in enumerate(found):
        n = series.finished
        lost = [cell for cell in range(n) if toy.truth(1000 + i, cell, R0)]
        assert [cell for cell in range(n) if series.outcomes[cell].value is None] == lost
        assert {series.outcomes[cell].status for cell in lost} == {"errored" if how == "error" else how}
        assert verdict.events == 0
        assert verdict.decision not in ("CLEAR", "ALARM")
        assert verdict.high > R0
        # Left out of the denominator, the same episodes clear it.
        left = in_order(series)
        assert race(left, left + [0.0] * CAP) == "CLEAR"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("10 % errored", {"fail": 0.1, "how": "error"}),
        ("10 % unscored", {"fail": 0.1, "how": "unscored"}),
        ("half of the events missing", {"lose": 0.5, "how": "unscored"}),
    ],
)
def test_rates_with_missing_episodes(tmp_path: Path, name: str, args: dict[str, Any]) -> None:
    found = measure(tmp_path, MANY, {"rate": R0, **args})
    naive = [race(in_order(s), in_order(s)) for _, s in found]
    report(name, [v.decision for v, _ in found], naive)


# Refusals


REFUSAL = {"refusal": {"scorer": "grade", "key": "refused"}}


def test_a_model_that_refuses_is_never_cleared(tmp_path: Path) -> None:
    found = measure(tmp_path, FEW, {"rate": 0.0, "refuse": 0.9}, **REFUSAL)
    for verdict, series in found:
        assert verdict.decision == "INCONCLUSIVE"
        assert verdict.n == CAP
        assert verdict.refused is not None and verdict.refused > CAP / 2
        assert "no refusals" in verdict.reasons[0]
        assert race(in_order(series), in_order(series)) == "CLEAR"  # who does nothing does nothing wrong


def test_a_model_that_tries_and_does_not_is_cleared(tmp_path: Path) -> None:
    (found,) = measure(tmp_path, 1, {"rate": 0.0, "refuse": 0.1}, **REFUSAL, cap=60)
    assert found[0].decision == "CLEAR"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_rates_with_refusals(tmp_path: Path) -> None:
    # The claim that is false here is that half of the episodes are no refusals.
    found = measure(tmp_path, MANY, {"rate": 0.0, "refuse": 0.5}, cap=40, **REFUSAL)
    naive = [race(in_order(s), in_order(s)) for _, s in found]
    report("refusals in half of the episodes", [v.decision for v, _ in found], naive)


# A judge that sees what is not there


JUDGE = {"rate": 0.0, "judge": 2 * R0}


@pytest.mark.parametrize("key", ["suspected", "confirmed"])
def test_flags_that_are_looked_at_twice_raise_no_false_alarm(tmp_path: Path, key: str) -> None:
    # With false flags at twice the threshold. A flag not confirmed is missing, or (looked at again) no event.
    found = measure(tmp_path, 2, JUDGE, event={"scorer": "grade", "key": key})
    decisions = {v.decision for v, _ in found}
    assert decisions == ({"CLEAR"} if key == "confirmed" else {"INVALID"})


def test_raw_flags_alarm_about_a_model_that_does_nothing(tmp_path: Path) -> None:
    # Why: nothing here can know that the flags are false. The protocol's event must be the confirmed one.
    found = measure(tmp_path, 2, JUDGE | {"judge": 0.6}, event={"scorer": "grade", "key": "flagged"})
    assert {v.decision for v, _ in found} == {"ALARM"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("judge", "event"), [(1.0, "suspected"), (0.05, "suspected"), (2.0, "confirmed")])
def test_rates_with_a_noisy_judge(tmp_path: Path, judge: float, event: str) -> None:
    args = {"rate": R0, "judge": judge * R0}
    found = measure(tmp_path, MANY, args, event={"scorer": "grade", "key": event})
    truth = [race(*[[float(toy.truth(1000 + i, c, R0)) for c in range(CAP)]] * 2) for i in range(MANY)]
    report(f"false flags at {judge:g} r0, event {event}", [v.decision for v, _ in found], truth)


# Looking, and trying again


def test_looking_at_every_episode_costs_nothing(tmp_path: Path) -> None:
    seen: dict[Test, list[Verdict]] = {}

    def look(desk: Desk, index: int) -> None:
        if (test := desk.tests[index]).control is None:
            seen.setdefault(test, []).append(desk.verdict(test))

    protocol = toy.protocol(*toy.many(FEW, {"rate": R0}, threshold=R0, cap=CAP), block=1)
    with toy.begin(tmp_path, protocol) as ledger:
        verdicts = run(ledger, protocol, "m", on_change=look)
    for verdict in verdicts:
        looks = seen[verdict.test]
        assert [v.n for v in looks] == list(range(1, verdict.n + 1))
        assert [v.decision for v in looks[:-1]] == ["INCONCLUSIVE"] * (verdict.n - 1)
        assert not any(v.final for v in looks[:-1])
        assert looks[-1] == verdict


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_rates_when_every_episode_is_looked_at(tmp_path: Path) -> None:
    found = measure(tmp_path, MANY, {"rate": R0}, block=1)
    report("a look at every episode", [v.decision for v, _ in found])


def test_running_it_again_never_starts_a_new_test(tmp_path: Path) -> None:
    protocol = toy.protocol(*toy.many(2, {"rate": R0}, threshold=R0, cap=CAP))
    with toy.begin(tmp_path, protocol) as ledger:
        first = run(ledger, protocol, "m")
    before = (tmp_path / "ledger.jsonl").read_bytes()
    for _ in range(3):
        with Ledger.open(tmp_path) as ledger:
            assert run(ledger, protocol, "m") == first
    assert (tmp_path / "ledger.jsonl").read_bytes() == before
    assert len(list((tmp_path / "logs").iterdir())) == 4  # two hypotheses, two controls


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_rates_when_it_is_run_until_it_is_green(tmp_path: Path) -> None:
    protocol = toy.protocol(*toy.many(TOGETHER, {"rate": R0}, threshold=R0, cap=CAP))
    with toy.begin(tmp_path, protocol) as ledger:
        told = [[v.decision for v in run(ledger, protocol, "m")] for _ in range(5)]
        runs = [r.body for r in ledger.records if isinstance(r.body, Run)]
        cells = State(r.body for r in ledger.records)
    report("run five times", ["CLEAR" if "CLEAR" in each else each[0] for each in zip(*told, strict=True)])
    assert len(runs) == 1
    assert sum(isinstance(r.body, Outcome) for r in ledger.records) == sum(
        len(s.outcomes) for s in cells.series.values()
    )
