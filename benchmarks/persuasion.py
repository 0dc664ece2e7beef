"""What a persuasion analysis costs: seconds and memory, beside the plain loop that one would write instead.

    python benchmarks/persuasion.py [--draws N] [--json FILE]

Both analyse the same simulated study. `analyse` does everything: all estimators, checks and contrasts, with
an interval over topics for each. The plain loop does one model only: for each draw of topics it puts the rows
together and fits weighted least squares by statsmodels, with standard errors clustered on topics, which is
what a bootstrap-t needs for the difference of each source from the reference. The loop runs for 20 draws and
its time is scaled to the wanted number, since it is the same for each draw. Each job has a process of its
own, and its memory is that process's peak less what it held before the job. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm

from subterfuge.persuasion.analysis.simulate import MODELS, Design, study
from subterfuge.reporting.write import write

PEER_DRAWS = 20
SIZES = {
    "4,000 ratings": Design(),
    "100,000 ratings": replace(Design(), ratings=17_000, reference_ratings=15_000, per_argument=30),
}


def whole(frame: pd.DataFrame, draws: int) -> dict[str, float]:
    """Everything that the project's analysis does."""
    from subterfuge.persuasion.analysis.analyse import analyse

    found = analyse(frame, draws=draws)
    return {each.source: each.difference.value or np.nan for each in found.comparisons}


def loop(frame: pd.DataFrame, draws: int) -> dict[str, float]:
    """A plain bootstrap-t over topics: weighted least squares of the shift on cells and stance before."""
    frame = frame[frame["arm"] == "argument"].copy()
    frame["cell"] = frame["source"] + "/" + frame["strategy"]
    frame["weight"] = 1 / frame.groupby(["cell", "claim"])["claim"].transform("size")
    cells = sorted(frame["cell"].unique())
    contrasts = np.array([[_share(cell, name, cells) for cell in cells] for name in MODELS])
    contrasts = np.column_stack([contrasts, np.zeros(len(MODELS))])
    value, _ = _fitted(frame, cells, contrasts)
    topics = {topic: rows for topic, rows in frame.groupby("topic")}
    rng, ts = np.random.default_rng(0), []
    for _ in range(draws):
        drawn = rng.choice(sorted(topics), len(topics))
        # A topic that is drawn twice counts as two.
        again = pd.concat([topics[topic].assign(topic=number) for number, topic in enumerate(drawn)])
        estimate, se = _fitted(again, cells, contrasts)
        ts.append(np.abs(estimate - value) / se)
    np.quantile(ts, 0.95, axis=0)
    return dict(zip(MODELS, value.tolist(), strict=True))


def _share(cell: str, source: str, cells: list[str]) -> float:
    own = sum(each.startswith(f"{source}/") for each in cells)
    return cell.startswith(f"{source}/") / own - float(cell == "Human/")


def _fitted(frame: pd.DataFrame, cells: list[str], contrasts: Any) -> tuple[Any, Any]:
    columns = np.column_stack([frame["cell"] == cell for cell in cells]).astype(float)
    columns = np.column_stack([columns, frame["before"] - frame["before"].mean()])
    groups = pd.factorize(frame["topic"])[0]
    model = sm.WLS(frame["shift"].to_numpy(), columns, weights=frame["weight"].to_numpy())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    return contrasts @ fit.params, np.sqrt(np.diag(contrasts @ fit.cov_params() @ contrasts.T))


JOBS: dict[str, Callable[[pd.DataFrame, int], dict[str, float]]] = {"analyse": whole, "plain loop": loop}


def measured(job: str, size: str, draws: int) -> dict[str, Any]:
    """Seconds of a job, its memory, and the differences that it found; in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (job, size, draws))


def _measure(job: str, size: str, draws: int) -> dict[str, Any]:
    frame = study(SIZES[size], seed=1)
    JOBS[job](study(Design(topics=3, ratings=60, reference_ratings=60, facts=0)), 2)  # imports
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, busy = time.perf_counter(), time.process_time()
    differences = JOBS[job](frame, draws)
    return {
        "job": job,
        "size": size,
        "rows": len(frame),
        "draws": draws,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - busy,
        "mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "differences": differences,
    }


def main() -> None:
    """Measure and print, and write if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=10_000, help="of topics")
    parser.add_argument("--json", type=Path, help="where the figures go as well")
    given = parser.parse_args()
    rows = []
    print(f"{'ratings':>9} {'job':>12} {'draws':>7} {'seconds':>9} {'peak MiB':>9} {'all draws':>12}")
    for size in SIZES:
        for job in JOBS:
            row = measured(job, size, PEER_DRAWS if job == "plain loop" else given.draws)
            row["scaled_seconds"] = row["seconds"] * given.draws / row["draws"]
            print(
                f"{row['rows']:>9,} {job:>12} {row['draws']:>7,} {row['seconds']:>9.2f} {row['mib']:>9.0f} "
                f"{row['scaled_seconds']:>10,.1f} s{' (scaled)' if job == 'plain loop' else ''}"
            )
            rows.append(row)
        ours, peer = rows[-2:]
        apart = max(abs(ours["differences"][name] - peer["differences"][name]) for name in MODELS)
        ratio = peer["scaled_seconds"] / ours["scaled_seconds"]
        print(f"The loop takes {ratio:,.0f} times as long, for one model; differences agree to {apart:.1g}.")
    if given.json:
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "statsmodels": statsmodels.__version__,
        }
        write(given.json, json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
