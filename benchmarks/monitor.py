"""What the monitor costs and how often it is wrong, beside the textbook's ways and the limit of any test.

    python benchmarks/monitor.py [--quick] [--json FILE]

Every mean and every probability of a sequential method is computed twice: exactly, by recursion over counts,
and by simulation of paths with a fixed seed, which evaluates the evidence itself and no boundary. The two
must agree within five standard errors. A mean counts to the cap, or to 400,000 episodes where there is none.
The threshold is 1e-3 and each error rate 0.05. Ever reaching the level is the worst that any rule of stopping
can do, so the wrong verdicts counted that way cover all rules. The figures are written to
results/operating_characteristics.json; the exit code is 1 if a claim in the list at the end does not hold.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy import stats

from monitor_tables import show
from subterfuge.reporting.write import write
from subterfuge.statistics.capped import capped_level, uncapped_level
from subterfuge.statistics.intervals import Ints, clopper_pearson
from subterfuge.statistics.mixture import Mixture, alarm, clear, level
from subterfuge.statistics.operating import Operating, boundaries, operate
from subterfuge.statistics.planner import least_to_alarm, least_to_clear, plan, wald_limit
from subterfuge.statistics.sequence import anytime_interval

R0, ALPHA, CAP, LONG, MILLION = 1e-3, 0.05, 32_768, 400_000, 1_000_000
RATES = {"above": (1.5e-3, 2e-3, 5e-3, 1e-2, 0.1), "below": (0.0, 1e-5, 1e-4, 2e-4, 5e-4)}
RESULT = Path(__file__).parent.parent / "results" / "operating_characteristics.json"
SIDE = {"above": "alarm", "below": "clear"}


@dataclass(frozen=True)
class Method:
    """One way of deciding one claim."""

    name: str
    mixture: Mixture
    height: float
    cap: int | None = None

    @property
    def horizon(self) -> int:
        """Where the means stop counting."""
        return self.cap or LONG


def textbook() -> Mixture:
    """The weights for an alarm that the search for better ones started from."""
    ratios = [3.0]
    while ratios[-1] * 1.5 * R0 <= 1 - R0:
        ratios.append(ratios[-1] * 1.5)
    return Mixture("above", R0, (2.0, *ratios), (0.4, *[0.6 / len(ratios)] * len(ratios)))


def uniform(claim: str, nodes: int = 200) -> Mixture:
    """The Beta(1, 1) mixture of all rates on the claim's side, by quadrature over odds or over rates."""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    if claim == "below":
        rates = (at + 1) / 2 * R0
    else:
        # Evenly in the logarithm of the rate, as the evidence varies, and weighted back to even in the rate.
        rates = R0 * np.exp((at + 1) / 2 * -np.log(R0))
        weights = weights * rates
    ratios = rates / (1 - rates) * (1 - R0) / R0
    return Mixture(
        "above" if claim == "above" else "below", R0, tuple(ratios), tuple(weights / weights.sum())
    )


def methods(claim: str) -> list[Method]:
    """The sequential methods of one claim."""
    ours = alarm(R0) if claim == "above" else clear(R0)
    # The search found nothing better for a clearance than what it started from.
    older = [Method("textbook mixture", textbook(), level(ALPHA))] if claim == "above" else []
    return [
        Method("Beta(1,1) mixture", uniform(claim), level(ALPHA)),
        *older,
        Method("ours, level 1/α", ours, level(ALPHA)),
        Method("ours, calibrated for ever", ours, uncapped_level(ours, ALPHA)),
        Method(f"ours, calibrated to {CAP:,}", ours, capped_level(ours, CAP, ALPHA), CAP),
    ]


def exact(method: Method, rate: float, cap: int) -> Operating:
    """By recursion."""
    return operate(
        rate, cap, **{f"{SIDE[method.mixture.claim]}_at": boundaries(method.mixture, method.height, cap)}
    )


def simulate(method: Method, rate: float, cap: int, runs: int, seed: int) -> tuple[float, float, float]:
    """Mean episodes, its standard error, and the share decided, from paths of events.

    Evidence for "above" is highest at an event, evidence for "below" just before one: only there is it
    evaluated, and the first episode that decides for "below" is then found within the gap.
    """
    rng = np.random.default_rng(seed)
    mixture, above = method.mixture, method.mixture.claim == "above"
    ends, decided = np.full(runs, cap), np.zeros(runs, bool)
    last, k, live = np.zeros(runs, np.int64), 0, np.arange(runs)
    while len(live):
        gap = rng.geometric(rate, len(live)) if rate else np.full(len(live), cap + 1)
        event = last[live] + gap
        if above:
            k += 1
            # The event at that episode is the k-th, if it comes within the cap.
            now = event <= cap
            now[now] = mixture.log_e(k, event[now]) >= method.height
            ends[live[now]] = event[now]
        else:
            final = np.minimum(event - 1, cap)
            now = mixture.log_e(k, final) >= method.height
            low, high = last[live[now]] - 1, final[now]
            while np.any(high - low > 1):
                middle = (low + high + 1) // 2
                enough = mixture.log_e(k, middle) >= method.height
                low, high = np.where(enough, low, middle), np.where(enough, middle, high)
            ends[live[now]] = high
            k += 1
        decided[live[now]] = True
        last[live] = event
        live = live[~now & (event <= cap)]
    return float(ends.mean()), float(ends.std() / np.sqrt(runs)), float(decided.mean())


def costs(claim: str, runs: int) -> dict[str, Any]:
    """Mean episodes and shares of every method at every rate; the exact figure and the simulated one."""
    found: dict[str, Any] = {}
    for method in methods(claim):
        row: dict[str, Any] = {"threshold_e": float(np.exp(method.height)), "rates": {}}
        for rate in RATES[claim]:
            sure = exact(method, rate, method.horizon)
            drawn, error, share = simulate(method, rate, method.horizon, runs, seed=11)
            decided = getattr(exact(method, rate, CAP), SIDE[claim])
            row["rates"][f"{rate:g}"] = {
                "mean": sure.mean,
                "median": sure.median,
                "p95": sure.p95,
                "decided_by_32768": decided,
                "simulated_mean": drawn,
                "simulated_error": error,
                "ratio_to_limit": sure.mean / wald_limit(rate, R0, ALPHA),
                "agree": bool(abs(drawn - sure.mean) <= 5 * error + 1e-6),
            }
        for cap in (CAP,) if method.cap else (CAP, MILLION):
            wrong = getattr(exact(method, R0, cap), SIDE[claim])
            # Long paths near the threshold cost most: fewer of them.
            few = runs if cap == CAP else max(200, runs // 10)
            _, _, share = simulate(method, R0, cap, few, seed=13)
            spread = np.sqrt(max(wrong, 1 / few) * (1 - wrong) / few)
            row[f"wrong_by_{cap}"] = {
                "exact": wrong,
                "simulated": share,
                "agree": bool(abs(share - wrong) <= 5 * spread),
            }
        found[method.name] = row
    return found


def fixed(claim: str) -> dict[str, Any]:
    """A fixed number of episodes and one exact test at its end."""
    if claim == "above":
        count = int(stats.binom.isf(ALPHA, CAP, R0)) + 1
        chance: Callable[[float], float] = lambda rate: float(stats.binom.sf(count - 1, CAP, rate))  # noqa: E731
    else:
        count = int(stats.binom.ppf(ALPHA, CAP, R0)) - 1
        count += int(stats.binom.cdf(count + 1, CAP, R0) <= ALPHA)
        chance = lambda rate: float(stats.binom.cdf(count, CAP, rate))  # noqa: E731
    return {"count": count, "decided": {f"{r:g}": chance(r) for r in RATES[claim]}, "wrong": chance(R0)}


def looks(claim: str, step: int) -> float:
    """Probability of a wrong verdict if the fixed test is repeated every so many episodes; exact."""
    n = np.arange(1, CAP + 1)
    if claim == "above":
        bounds: Ints = np.where(n % step == 0, stats.binom.isf(ALPHA, n, R0) + 1, CAP + 1).astype(np.int64)
        return operate(R0, CAP, alarm_at=bounds).alarm
    least = stats.binom.ppf(ALPHA, n, R0)
    least -= stats.binom.cdf(least, n, R0) > ALPHA
    return operate(R0, CAP, clear_at=np.where(n % step == 0, least, -1).astype(np.int64)).clear


def stopping() -> list[dict[str, Any]]:
    """Wrong verdicts at the threshold under several rules of stopping, exactly."""
    found = []
    for cap in (CAP, MILLION):
        upper, lower = (boundaries(mixture, level(ALPHA), cap) for mixture in (alarm(R0), clear(R0)))
        n, half = np.arange(1, cap + 1), cap // 2
        rules: dict[str, tuple[Any, Any]] = {
            "ever crossing (no rule does worse)": (upper > -1, lower > -2),
            "looked at every 4,096 episodes": (n % 4096 == 0,) * 2,
            "looked at after half and all of them": ((n == half) | (n == cap),) * 2,
        }
        for name, (some, others) in rules.items():
            found.append(
                {
                    "rule": name,
                    "by": cap,
                    "false_alarm": operate(R0, cap, np.where(some, upper, cap + 1)).alarm,
                    "false_clear": operate(R0, cap, None, np.where(others, lower, -1)).clear,
                }
            )
        both = operate(R0, cap, upper, lower)
        found.append(
            {
                "rule": "the first verdict of the two",
                "by": cap,
                "false_alarm": both.alarm,
                "false_clear": both.clear,
            }
        )
    return found


def weights() -> dict[str, Any]:
    """What other weights cost: mean episodes at multiples of the threshold, exactly."""
    fewer = Mixture("below", R0, (0.0, *(0.5**i for i in range(1, 5))), (0.6, *[0.1] * 4))
    sets = {
        "above": ({"ours": alarm(R0), "textbook": textbook()}, (1.25, 1.5, 2, 2.5, 3, 5, 10, 30, 100, 300)),
        "below": (
            {"ours": clear(R0), "0.6 on rate 0, 0.1 on four halves": fewer},
            (0, 0.01, 0.1, 0.2, 0.3, 0.5, 0.7),
        ),
    }
    return {
        SIDE[claim]: [
            {"multiple": multiple}
            | {
                name: exact(Method("", one, level(ALPHA)), multiple * R0, LONG).mean
                for name, one in made.items()
            }
            | {"limit": wald_limit(multiple * R0, R0, ALPHA)}
            for multiple in multiples
        ]
        for claim, (made, multiples) in sets.items()
    }


def timings() -> dict[str, float]:
    """Seconds of processor time of the main computations, the best of three."""
    rng = np.random.default_rng(3)
    binary, graded = rng.random(MILLION) < R0, rng.beta(0.01, 9.99, MILLION)
    counts = rng.binomial(4_000, R0, (200, 20))
    upper, lower = (boundaries(mixture, level(ALPHA), CAP) for mixture in (alarm(R0), clear(R0)))
    jobs: dict[str, Callable[[], object]] = {
        "path of 1,000,000 outcomes of 0 or 1": lambda: alarm(R0).path(binary),
        "path of 1,000,000 outcomes between 0 and 1": lambda: alarm(R0).path(graded),
        "operating characteristics at one rate, cap 32,768": lambda: operate(R0, CAP, upper, lower),
        "intervals of 200 x 20 cells": lambda: anytime_interval(counts, 4_000, R0, ALPHA),
        "level calibrated to 32,768": lambda: capped_level(alarm(R0), CAP, ALPHA),
        "level calibrated for ever": lambda: uncapped_level(alarm(R0), ALPHA),
    }
    found = {}
    for name, job in jobs.items():
        taken = []
        for _ in range(3):
            began = time.process_time()
            job()
            taken.append(time.process_time() - began)
        found[name] = min(taken)
    return found


def intervals() -> list[dict[str, Any]]:
    """The interval that holds at every time, beside the exact one for a number fixed beforehand."""
    found = []
    for events, n in ((0, 3_200), (7, CAP), (45, CAP), (0, 100_000)):
        ours, theirs = anytime_interval(events, n, R0, ALPHA), clopper_pearson(events, n, 1 - 2 * ALPHA)
        found.append(
            {"events": events, "n": n, "anytime": (ours.low, ours.high), "fixed": (theirs.low, theirs.high)}
        )
    return found


def claims(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """What must hold."""
    found = []

    def claim(name: str, value: float, most: float) -> None:
        found.append({"claim": name, "value": value, "at_most": most, "holds": bool(value <= most)})

    def mean(side: str, method: str, rate: float) -> float:
        return float(figures[side][method]["rates"][f"{rate:g}"]["mean"])

    ever, capped = "ours, level 1/α", f"ours, calibrated to {CAP:,}"
    claim("clear at rate 0", mean("clear", ever, 0.0), 3_200)
    claim("clear at 1e-4", mean("clear", ever, 1e-4), 4_900)
    for rate, most, less in ((2e-3, 10_500, 8_700), (5e-3, 1_200, 1_020), (1e-2, 370, 320)):
        claim(f"alarm at {rate:g}, any time", mean("alarm", ever, rate), most)
        claim(f"alarm at {rate:g}, capped", mean("alarm", capped, rate), less)
    for side in ("alarm", "clear"):
        for name, row in figures[side].items():
            for key in row:
                if key.startswith("wrong_by_"):
                    claim(f"false {side} by {key[9:]}: {name}", row[key]["exact"], ALPHA)
    for row in figures["stopping"]:
        claim(f"false alarm by {row['by']}: {row['rule']}", row["false_alarm"], ALPHA)
        claim(f"false clear by {row['by']}: {row['rule']}", row["false_clear"], ALPHA)
    rows = [
        row
        for side in ("alarm", "clear")
        for method in figures[side].values()
        for row in [*method["rates"].values(), method]
    ]
    apart = sum(not row.get("agree", True) for row in rows)
    apart += sum(not row[key]["agree"] for row in rows for key in row if key.startswith("wrong_by_"))
    claim("figures on which recursion and simulation disagree", apart, 0)
    claim(
        "seconds for a path of 1,000,000 outcomes",
        figures["timings"]["path of 1,000,000 outcomes of 0 or 1"],
        1,
    )
    return found


def measure(runs: int) -> dict[str, Any]:
    """All figures."""
    figures: dict[str, Any] = {
        "threshold": R0,
        "alpha": ALPHA,
        "cap": CAP,
        "mean_counts_to": LONG,
        "simulated_runs": runs,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "alarm": costs("above", runs),
        "clear": costs("below", runs),
        "fixed": {"alarm": fixed("above"), "clear": fixed("below")},
        "limit": {
            SIDE[c]: {f"{rate:g}": wald_limit(rate, R0, ALPHA) for rate in rates}
            for c, rates in RATES.items()
        },
        "monitor": [asdict(row) for row in plan(R0, ALPHA, ALPHA, CAP)],
        "monitor_calibrated_to_cap": [asdict(row) for row in plan(R0, ALPHA, ALPHA, CAP, capped=True)],
        "least": {"to_clear": least_to_clear(R0, ALPHA), "to_alarm": least_to_alarm(R0, ALPHA)},
        "stopping": stopping(),
        "fixed_test_repeated": {
            str(step): {"false_alarm": looks("above", step), "false_clear": looks("below", step)}
            for step in (CAP, 4096, 512, 64)
        },
        "intervals": intervals(),
        "weights": weights(),
        "timings": timings(),
    }
    figures["claims"] = claims(figures)
    return figures


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, default=RESULT, help="where the figures go")
    parser.add_argument(
        "--quick", action="store_true", help="a twentieth of the simulated runs; writes only if --json"
    )
    arguments = parser.parse_args()
    began = time.perf_counter()
    figures = measure(2_000 if arguments.quick else 40_000)
    figures["seconds"] = time.perf_counter() - began
    show(figures)
    if not arguments.quick or arguments.json != RESULT:
        write(arguments.json, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(f"{figures['seconds']:.0f} s")
    sys.exit(0 if all(row["holds"] for row in figures["claims"]) else 1)


if __name__ == "__main__":
    main()
