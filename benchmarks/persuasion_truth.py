"""Whether the persuasion analysis finds the truth: simulated studies with known effects, analysed.

    python benchmarks/persuasion_truth.py [--quick] [--jobs N] [--json FILE]

A grid of true differences between one source and the reference, of the variance between arguments, and of the
spread of each source's own effect over topics. Every cell is simulated 1,000 times at the published study's
size (672 and 522 ratings, 28 topics) and analysed with 999 bootstrap draws. Counted are: bias; how often the
95 % interval holds the truth; how often each test rejects what is true; and how often each verdict falls,
beside what the power planner says. Every test is counted where it must not reject: at no difference, and for
equivalence at the margin's very edge. Tests over several sources are counted in studies of four that don't
differ.

Each share is printed with its Monte Carlo standard error. A claim in the list at the end fails if its figure
is beyond the bound by more than two of these; a figure that is beyond at all is marked. The published study's
own tests take arguments as independent, so what they do where sources have effects of their own in topics is
reported and not claimed. All goes to results/persuasion_truth.json; the exit code is 1 if a claim fails.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy

from subterfuge.persuasion.analysis import engine
from subterfuge.persuasion.analysis.bootstrap import Bootstrapped
from subterfuge.persuasion.analysis.comparisons import comparisons, pairs, verdict
from subterfuge.persuasion.analysis.fits import Fits
from subterfuge.persuasion.analysis.paper import adjust, paper_pairs, scores, tost
from subterfuge.persuasion.analysis.power import MARGIN, power
from subterfuge.persuasion.analysis.reliability import reliability
from subterfuge.persuasion.analysis.simulate import Design, lay_out, study
from subterfuge.persuasion.analysis.trend import trends
from subterfuge.reporting.write import write

RESULT = Path(__file__).parent.parent / "results" / "persuasion_truth.json"
DIFFERENCES = (0.0, 0.05, 0.10, 0.15, 0.20, -0.15)
ICCS = (0.0, 0.03)
INTERACTIONS = (0.0, 0.10)
DRAWS = 999
"""Bootstrap draws: with one less than a round number a p can be exactly 0.05."""
LEVEL = 0.05
LAYOUT = 20
"""Studies that share a layout of arguments over claims, and their words."""
SOURCE, REFERENCE = "source", "Human"
VERDICTS = ("superior", "equivalent", "inferior", "inconclusive")
GENERATIONS = ("first", "second", "third")
PLANNED = 10_000
"""Simulated studies of the planner."""

COVERAGE, ERROR, PLAN = (0.93, 0.97), 0.06, 0.03
"""Bounds: of a 95 % interval's coverage, of a test's errors at 0.05, and of how far off the planner is."""

Found = dict[str, float]
"""What one study's analysis found."""


def studies(design: Design, count: int, seed: int) -> Iterator[pd.DataFrame]:
    """Simulated studies: like `study`, but some share all except the answers."""
    for start in range(0, count, LAYOUT):
        number = seed * 1_000_000 + start
        frame = study(design, seed=number)
        layout = lay_out(design, np.random.default_rng(number))
        rng = np.random.default_rng([number, 1])
        before, shift = layout.answers(design, rng, min(LAYOUT, count - start))
        for stance, moved in zip(before, shift, strict=True):
            yield frame.assign(before=stance * 1.0, shift=moved * 1.0, after=(stance + moved) * 1.0)


def primary(frame: pd.DataFrame, seed: int) -> Found:
    """The main estimate with its tests."""
    fit = engine.fit(frame)
    drawn = fit.bootstrap(engine.difference(fit, SOURCE, REFERENCE)[None], DRAWS, seed)
    (estimate,) = drawn.estimates()
    p_equivalent = float(drawn.p_equivalent(MARGIN)[0])
    return {
        **_told("difference", drawn),
        "difference se": float(drawn.se[0]),
        "equivalence p": p_equivalent,
        verdict(estimate, estimate.p, p_equivalent): 1.0,
    }


def with_paper(frame: pd.DataFrame, seed: int) -> Found:
    """The same, and the published study's tests: where these must not reject."""
    means = scores(frame)
    (pair,) = paper_pairs(frame)
    equivalence = tost(means[SOURCE], means[REFERENCE], MARGIN)
    return primary(frame, seed) | {"paper's t-test p": pair.p, "paper's equivalence p": equivalence}


def checks(frame: pd.DataFrame, seed: int) -> Found:
    """Everything that a comparison reports, and the raw difference."""
    (found,) = comparisons(frame, Fits.of(frame, ()), REFERENCE, MARGIN, DRAWS, seed)
    told: Found = {}
    for name in ("ordinal", "length", "below_ceiling", "headroom"):
        estimate = getattr(found, name)
        label = name.replace("_", " ")
        told |= {f"{label} {key}": getattr(estimate, key) for key in ("value", "low", "high", "p")}
    raw = engine.fit(frame, covariates=())
    told |= _told("raw", raw.bootstrap(engine.difference(raw, SOURCE, REFERENCE)[None], DRAWS, seed))
    (pair,) = paper_pairs(frame)
    return told | {
        "difference p": found.difference.p or 0.0,
        "paper's t-test p": pair.p,
        found.verdict: 1.0,
    }


def several(frame: pd.DataFrame, seed: int) -> Found:
    """What a study of four sources tests at once, and the reliability of its arguments."""
    fit = engine.fit(frame)
    sources = [*GENERATIONS, REFERENCE]
    rows = np.array([engine.difference(fit, name, REFERENCE) for name in GENERATIONS])
    drawn = fit.bootstrap(rows, DRAWS, seed)
    holm = adjust(list(drawn.p()), "holm")
    (trend,) = trends(frame, fit, {"class": GENERATIONS}, DRAWS, seed)
    told = {
        "any source, Holm p": min(p for p in holm if p is not None),
        "any pair, Benjamini-Hochberg p": min(
            pair.p_bh for pair in pairs(fit, sources, DRAWS, seed) if pair.p_bh is not None
        ),
        "trend value": trend.step.value,
        "trend low": trend.step.low,
        "trend high": trend.step.high,
        "trend p": trend.step.p,
        "Jonckheere p": trend.jonckheere_p,
    }
    found = reliability(frame, DRAWS, seed)
    if found is not None:
        told |= {f"icc {key}": getattr(found.icc, key) for key in ("value", "low", "high")}
    return {name: np.nan if figure is None else figure for name, figure in told.items()}


def _told(name: str, drawn: Bootstrapped) -> Found:
    low, high = drawn.interval()
    figures = {"value": drawn.value[0], "low": low[0], "high": high[0], "p": drawn.p()[0]}
    return {f"{name} {key}": float(figure) for key, figure in figures.items()}


def run(
    analysis: Callable[[pd.DataFrame, int], Found], design: Design, count: int, seed: int, truth: Found
) -> dict[str, Any]:
    """Analyse studies of one design, and sum up: bias, coverage, and shares of tests that reject.

    Args:
        analysis: of one study.
        design: of the studies.
        count: how many.
        seed: of the studies.
        truth: of each estimate that has a known one.
    """
    began = time.process_time()
    kept: dict[str, list[float]] = defaultdict(list)
    shares: dict[str, int] = defaultdict(int)
    for number, frame in enumerate(studies(design, count, seed)):
        for name, figure in analysis(frame, number).items():
            if name in VERDICTS:
                shares[name] += 1
            else:
                kept[name].append(figure)
    found: dict[str, Any] = {
        "icc": design.icc,
        "interaction_sd": design.interaction_sd,
        "studies": count,
        "rejects": {
            name.removesuffix(" p"): share(np.array(values) <= LEVEL)
            for name, values in kept.items()
            if name.endswith(" p")
        },
        "verdicts": {name: share(np.arange(count) < number) for name, number in sorted(shares.items())},
        "estimates": {},
        "undefined": {n: int(np.isnan(v).sum()) for n, v in kept.items() if np.isnan(v).any()},
    }
    for name, true in truth.items():
        value, low, high = (np.array(kept[f"{name} {key}"]) for key in ("value", "low", "high"))
        found["estimates"][name] = {
            "truth": true,
            "bias": float(value.mean() - true),
            "bias_error": float(value.std(ddof=1) / np.sqrt(count)),
            "sd": float(value.std(ddof=1)),
            "coverage": share((low <= true) & (true <= high)),
        }
    if "difference se" in kept:
        found["mean_se"] = float(np.mean(kept["difference se"]))
    found["cpu_seconds"] = time.process_time() - began
    return found


def share(holds: np.ndarray) -> dict[str, float]:
    """A share of studies and its Monte Carlo standard error."""
    p = float(np.mean(holds))
    return {"share": p, "error": float(np.sqrt(p * (1 - p) / len(holds)))}


def jobs() -> list[tuple[str, float, float, float]]:
    """What to measure: which analysis, variance between arguments, spread over topics, true difference."""
    found = [("primary", icc, spread, d) for icc in ICCS for spread in INTERACTIONS for d in DIFFERENCES]
    found += [("checks", icc, spread, 0.0) for icc in ICCS for spread in INTERACTIONS]
    return found + [("several", ICCS[-1], spread, 0.0) for spread in INTERACTIONS]


def cell(job: tuple[str, float, float, float], seed: int, count: int, planned: int) -> dict[str, Any]:
    """The figures of one job."""
    kind, icc, spread, difference = job
    names = GENERATIONS if kind == "several" else (SOURCE,)
    design = Design(dict.fromkeys(names, difference), facts=0, icc=icc, interaction_sd=spread)
    # `multipletests` collects garbage each time: what is there from the start need not be looked at again.
    gc.freeze()
    if kind == "checks":
        known = dict.fromkeys(("raw", "ordinal", "length", "below ceiling", "headroom"), 0.0)
        return run(checks, design, count, seed, known)
    if kind == "several":
        return run(several, design, count, seed, {"trend": 0.0, "icc": icc})
    plan = power(design, difference, MARGIN, replicates=planned, seed=seed)
    verdicts = {name: getattr(plan, name) for name in VERDICTS}
    return {
        "difference": difference,
        **run(
            with_paper if difference in (0.0, MARGIN, -MARGIN) else primary,
            design,
            count,
            seed,
            {"difference": difference},
        ),
        "planned": {**verdicts, "significant": plan.significant, "error": plan.error},
    }


def measure(count: int, planned: int, processes: int) -> dict[str, Any]:
    """All figures."""
    cells: dict[str, list[dict[str, Any]]] = {"primary": [], "checks": [], "several": []}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        asked = [
            (job, pool.apply_async(cell, (job, seed, count, planned))) for seed, job in enumerate(jobs(), 1)
        ]
        for job, result in asked:
            cells[job[0]].append(result.get())
            say(cells[job[0]][-1])
    figures: dict[str, Any] = {
        "margin": MARGIN,
        "draws": DRAWS,
        "studies": count,
        "planned": planned,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "grid": cells["primary"],
        "no_difference": cells["checks"],
        "several_sources": cells["several"],
    }
    figures["claims"] = claims(figures)
    return figures


def claims(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """What must hold, and whether it does."""
    found = []

    def claim(name: str, cell: dict[str, Any], figure: float, error: float, low: float, high: float) -> None:
        place = f"icc {cell['icc']:g}, topic x source {cell['interaction_sd']:g}"
        place += f", difference {cell['difference']:g}" if "difference" in cell else ""
        beyond = max(low - figure, figure - high)
        found.append(
            {
                "claim": name,
                "at": place,
                "value": figure,
                "error": error,
                "bounds": (low, high),
                "inside": bool(beyond <= 0),
                "holds": bool(beyond <= 2 * error),
            }
        )

    def test(name: str, cell: dict[str, Any]) -> None:
        independent = "paper" in name or "Jonckheere" in name
        if not (independent and cell["interaction_sd"]):
            figure = cell["rejects"][name]
            claim(f"errors of {name}", cell, figure["share"], figure["error"], 0.0, ERROR)

    for cell in figures["grid"]:
        estimate, difference = cell["estimates"]["difference"], cell["difference"]
        claim(
            "bias in standard errors of the mean", cell, estimate["bias"] / estimate["bias_error"], 1, -2, 2
        )
        claim("coverage of the difference", cell, *estimate["coverage"].values(), *COVERAGE)
        for name in ("difference", "paper's t-test") if difference == 0 else ():
            test(name, cell)
        for name in ("equivalence", "paper's equivalence") if abs(difference) == figures["margin"] else ():
            test(name, cell)
        plan = cell["planned"]
        for name in VERDICTS:
            figure = cell["verdicts"].get(name, {"share": 0.0, "error": 0.0})
            error = float(np.hypot(figure["error"], plan["error"]))
            claim(f"planner on {name}", cell, figure["share"] - plan[name], error, -PLAN, PLAN)
    for cell in [*figures["no_difference"], *figures["several_sources"]]:
        for name in cell["rejects"]:
            test(name, cell)
        for name, estimate in cell["estimates"].items():
            claim(f"coverage of {name}", cell, *estimate["coverage"].values(), *COVERAGE)
    return found


def say(cell: dict[str, Any]) -> None:
    """One cell as lines of a table."""
    place = f"icc {cell['icc']:<5g} topic x source {cell['interaction_sd']:<4g}"
    if "difference" in cell:
        place += f" difference {cell['difference']:>5g}"
    print(f"\n{place}   ({cell['studies']:,} studies, {cell['cpu_seconds']:.0f} s)")
    for name, estimate in cell["estimates"].items():
        print(
            f"  {name:<32} bias {estimate['bias']:>+8.4f} ± {estimate['bias_error']:.4f}   "
            f"SD {estimate['sd']:.4f}   coverage {_share(estimate['coverage'])}"
        )
    for name, figure in cell["rejects"].items():
        print(f"  p <= 0.05: {name:<32} {_share(figure)}")
    if "planned" in cell:
        for name, figure in cell["verdicts"].items():
            print(f"  {name:<20} {_share(figure)}   planner {cell['planned'][name]:.3f}")
    if cell["undefined"]:
        print(f"  undefined: {cell['undefined']}")
    sys.stdout.flush()


def _share(figure: dict[str, float]) -> str:
    return f"{figure['share']:.3f} ± {figure['error']:.3f}"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, default=RESULT, help="where the figures go")
    parser.add_argument(
        "--quick", action="store_true", help="a fiftieth of the studies; writes only if --json is given"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes; the figures don't depend on it")
    given = parser.parse_args()
    began = time.perf_counter()
    figures = measure(20 if given.quick else 1000, 1000 if given.quick else PLANNED, given.jobs)
    figures["seconds"] = time.perf_counter() - began
    failed = [claim for claim in figures["claims"] if not claim["holds"]]
    beyond = [claim for claim in figures["claims"] if claim["holds"] and not claim["inside"]]
    print(f"\n{len(figures['claims'])} claims; {len(failed)} fail, {len(beyond)} more are beyond their bound")
    for claim in [*failed, *beyond]:
        print(
            f"  {'FAILS' if not claim['holds'] else 'within two errors'}: {claim['claim']} at {claim['at']}: "
            f"{claim['value']:.3f} ± {claim['error']:.3f}, bounds {claim['bounds']}"
        )
    if not given.quick or given.json != RESULT:
        write(given.json, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(f"{figures['seconds']:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
