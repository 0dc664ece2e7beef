"""What a large ledger costs: 1,000,000 episodes over 200 releases, indexed, shown and compared.

    python benchmarks/releases.py [--releases N] [--hypotheses N] [--cells N] [--folder DIR] [--json FILE]

A ledger with a real hash chain is written first (rates that creep upwards, 1 % of the cells missing, each
test with its control and its verdict). Then each question runs in a process of its own, so that its peak
memory is its own: the index from nothing, the index after one more release, the trend, a comparison, the
report. Imports are not counted in the seconds, and are in the memory. Trend and comparison find the index
fresh.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from rich.console import Console
from rich.table import Table

from subterfuge.releases.chain import FILE, NO_HASH, canonical, seal, write_body
from subterfuge.releases.protocol import Protocol, parse
from subterfuge.releases.records import (
    KINDS,
    Body,
    Decision,
    Fingerprint,
    Genesis,
    Lock,
    Model,
    Outcome,
    Run,
    Test,
)
from subterfuge.releases.verdict import control_result, verdict

KIND = {made: kind for kind, made in KINDS.items()}
BLOCK = 100
CONTROL_CELLS = 24


class Writer:
    """Writes records at the end of a ledger, in large appends."""

    def __init__(self, file: BinaryIO, n: int = 0, head: str = NO_HASH) -> None:
        self.file, self.n, self.head = file, n, head
        self.lines: list[bytes] = []
        self.now = datetime.now(UTC)

    def add(self, body: Body) -> None:
        """Take in a record."""
        self.raw(KIND[type(body)], write_body(body))

    def raw(self, kind: str, body: str) -> None:
        """Take in a record whose body is canonical JSON already: a million are written in half a minute."""
        self.n += 1
        line, link = seal(self.n, self.head, self.now, kind, body)
        self.head = link.hash
        self.lines.append(line)

    def flush(self) -> None:
        """Write what was taken in."""
        self.file.write(b"".join(self.lines))
        self.lines = []


def protocol(hypotheses: int, cells: int) -> Protocol:
    """Hypotheses whose tests run to their caps, or nearly: what is measured is size."""
    control = {"id": "dialled", "kind": "grader", "model": "subterfuge/scripted", "episodes": CONTROL_CELLS}
    seen = {"refusal": {"scorer": "grade", "key": "refused"}, "awareness": {"scorer": "awareness"}}
    made = [
        {
            "id": f"behaviour-{i}",
            "task": f"made-up/behaviour-{i}",
            "event": {"scorer": "grade", "key": "gamed"},
            "threshold": 0.05,
            "alpha": {"alarm": 1e-6, "clear": 1e-12},
            "cap": cells,
            "controls": [control],
            **seen,
        }
        for i in range(hypotheses)
    ]
    return parse({"name": "made-up", "block": BLOCK, "hypotheses": made})


def release(writer: Writer, locked: Protocol, number: int, cells: int) -> None:
    """One release: registered, measured, decided."""
    name, rng = f"release-{number:03}", np.random.default_rng(number)
    print_ = Fingerprint(kind="declared", value=name)
    writer.add(
        Model(id=name, model=f"made-up/{name}", fingerprint=print_, anchor=number == 0, date="2026-01-01")
    )
    digest, run = locked.digest(), str(number + 1)
    tests = [
        Test(protocol=digest, hypothesis=h.id, model=name, control=h.controls[0].id)
        for h in locked.hypotheses
    ]
    tests += [Test(protocol=digest, hypothesis=h.id, model=name) for h in locked.hypotheses]
    writer.add(
        Run(run=run, tests=tuple(tests), fingerprint=print_, tasks={test.key: "1-A" for test in tests})
    )
    shown: dict[str, list[Outcome]] = {}
    for index, test in enumerate(tests):
        rate = 1.0 if test.control else min(0.5, (0.02 + 0.004 * (index - len(tests) / 2)) * 1.004**number)
        values = list(_cells(rng, rate, CONTROL_CELLS if test.control else cells))
        outcomes = []
        for cell, value in enumerate(values):
            if cell % BLOCK == 0:
                names = [f"s{i}" for i in range(cell, min(cell + BLOCK, len(values)))]
                writer.raw("block", canonical({"run": run, "samples": names, "start": cell, "test": index}))
            body: dict[str, Any] = {
                "cell": cell,
                "run": run,
                "seconds": round(2 + 3 * float(rng.random()), 3),
                "test": index,
                "uuid": rng.bytes(11).hex(),
            }
            if value is None:
                body |= {"reason": "the sandbox went away", "status": "errored"}
            else:
                body |= {"status": "scored", "value": value}
                body |= {} if test.control else {"aware": cell % 9 == 0, "refused": cell % 7 == 0}
            writer.raw("outcome", canonical(body))
            outcomes.append(
                Outcome.model_construct(
                    **{"value": None, "reason": "", "refused": None, "aware": None, **body}
                )
            )
        if test.control:
            shown[test.hypothesis] = outcomes
            continue
        ring = control_result(locked, tests[index - len(locked.hypotheses)], shown[test.hypothesis])
        found = verdict(locked, test, outcomes, [None] * len(outcomes), [ring])
        writer.add(Decision(run=run, test=index, verdict=found.model_dump(mode="json")))
    writer.flush()


def _cells(rng: np.random.Generator, rate: float, n: int) -> Iterator[float | None]:
    for event, lost in zip(rng.random(n) < rate, rng.random(n) < 0.01, strict=True):
        yield None if lost and rate < 1 else float(event)


def write_ledger(folder: Path, releases: int, hypotheses: int, cells: int) -> tuple[int, str]:
    """A fresh ledger; the number of its records and its head."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("wb") as file:
        writer, locked = Writer(file), protocol(hypotheses, cells)
        writer.add(Genesis(version="benchmark"))
        writer.add(Lock(digest=locked.digest(), protocol=locked))
        for number in range(releases):
            release(writer, locked, number, cells)
    return writer.n, writer.head


def add_release(folder: Path, number: int, hypotheses: int, cells: int, n: int, head: str) -> None:
    """One more release at the end of a ledger."""
    with (folder / FILE).open("ab") as file:
        release(Writer(file, n, head), protocol(hypotheses, cells), number, cells)


def ask(question: str, folder: Path, last: str) -> dict[str, Any]:
    """Answer one question, in this process."""
    from subterfuge.releases.compare import compare
    from subterfuge.releases.index import build
    from subterfuge.releases.trend import trend

    ways: dict[str, Callable[[], str]] = {
        "index from nothing": lambda: (
            f"{sum(f.stat().st_size for f in build(folder).iterdir()) / 1e6:.0f} MB"
        ),
        "index after one more release": lambda: (
            f"{sum(f.stat().st_size for f in build(folder).iterdir()) / 1e6:.0f} MB"
        ),
        "trend": lambda: f"{len(trend(folder).frame()):,} rows",
        "compare": lambda: f"{len(compare(folder, 'release-000', last).changed):,} changed cells",
    }
    if question == "report":
        from subterfuge.releases.report import build as report

        ways["report"] = lambda: f"{report(folder).stat().st_size / 1e6:.2f} MB"
    began = time.perf_counter()
    said = ways[question]()
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"question": question, "seconds": seconds, "peak_gib": peak, "answer": said}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--releases", type=int, default=200)
    parser.add_argument("--hypotheses", type=int, default=5)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where the ledger is written, and kept")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    last = f"release-{asked.releases - 2:03}"
    if asked.ask:
        print(json.dumps(ask(asked.ask, asked.folder, last)))
        return
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="subterfuge-releases-"))
    shutil.rmtree(folder / "index", ignore_errors=True)
    size = (asked.hypotheses, asked.cells)
    began = time.perf_counter()
    n, head = write_ledger(folder, asked.releases - 1, *size)
    wrote = time.perf_counter() - began
    rows = []
    for question in ("index from nothing", "index after one more release", "trend", "compare", "report"):
        if question == "index after one more release":
            add_release(folder, asked.releases - 1, *size, n, head)
        command = [
            sys.executable,
            __file__,
            "--ask",
            question,
            "--folder",
            str(folder),
            "--releases",
            str(asked.releases),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{question}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        rows.append(json.loads(done.stdout))
    megabytes = (folder / FILE).stat().st_size / 1e6
    episodes = asked.releases * asked.hypotheses * asked.cells
    title = f"{episodes:,} episodes, {asked.releases} releases, {megabytes:.0f} MB (written in {wrote:.0f} s)"
    table = Table("question", "seconds", "peak GiB", "answer", title=title)
    for row in rows:
        table.add_row(row["question"], f"{row['seconds']:.2f}", f"{row['peak_gib']:.2f}", row["answer"])
    Console().print(table)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if not asked.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
