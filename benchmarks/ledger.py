"""How fast a ledger is written, and how fast and in how much memory a long one is read and checked.

    python benchmarks/ledger.py [--json FILE] [--records N] [--folder DIR]

The records are outcomes as a run writes them. Each way of reading has a process of its own, so that its
memory is its own; seconds are by the clock, and of the processor alone.

Prints figures and asserts nothing; the disk that counts is the one that DIR is on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from subterfuge.releases import chain
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.records import Outcome

SECONDS = 3.0


def outcome(cell: int) -> Outcome:
    """An outcome of the usual length."""
    return Outcome(
        run="2026-11-23T16-40-12_Nq3kfPzvWb",
        test=3,
        cell=cell,
        status="scored",
        value=float(cell % 50 == 0),
        refused=False,
        uuid="nHmXx6kYk5HGAjpHLdCB7q",
        seconds=round(3 + cell % 1000 / 997, 3),
    )


def appending(folder: Path, at_once: int) -> float:
    """Records a second, with one fsync for so many of them."""
    with Ledger.open(folder, create=True) as ledger:
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            ledger.append_many([outcome(count + i) for i in range(at_once)])
            count += at_once
        return count / (time.perf_counter() - began)


def make(folder: Path, count: int) -> int:
    """A ledger of so many records, made without an fsync for each; gives its bytes."""
    with Ledger.open(folder, create=True) as ledger:
        n, head = len(ledger.records), ledger.head
    with (folder / chain.FILE).open("ab") as file:
        for cell in range(count - n):
            line, link = chain.seal(
                n + cell + 1, head, datetime.now(UTC), "outcome", chain.write_body(outcome(cell))
            )
            head = link.hash
            file.write(line)
        return file.tell()


def opening(folder: Path) -> None:
    """What happens before the first record can be written."""
    Ledger.open(folder).close()


def bodies(folder: Path) -> None:
    """Read, check and then look into every record."""
    assert sum(isinstance(record.body, Outcome) for record in read(folder)[0]) > 0


def checking(folder: Path) -> None:
    """What `verify` does with the file."""
    assert chain.check(folder) == []


WAYS: dict[str, Callable[[Path], Any]] = {
    "nothing (imports alone)": lambda folder: None,
    "read": read,
    "open for writing": opening,
    "read, and every body": bodies,
    "check": checking,
}


def apart(way: str, folder: Path) -> dict[str, float]:
    """Seconds and peak memory in MB of one way, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def tell(way: str, folder: Path) -> None:
    """Do it, and print what it took."""
    began, worked = time.perf_counter(), time.process_time()
    held = WAYS[way](folder)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    del held
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": round(seconds, 2), "cpu": round(cpu, 2), "memory_mb": round(memory)}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        tell(given.way, given.folder)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        figures: dict[str, Any] = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        figures["appended_per_second"] = {n: round(appending(folder / str(n), n)) for n in (1, 16, 256)}
        long = folder / "long"
        figures["records"], figures["megabytes"] = given.records, round(make(long, given.records) / 1e6)
        figures["ways"] = {way: apart(way, long) for way in WAYS}
    table = Table("What", "Figure", title="The ledger")
    for n, rate in figures["appended_per_second"].items():
        table.add_row(f"append, one fsync for {n}", f"{rate:,} records/s")
    for way, took in figures["ways"].items():
        what = f"{way}: {given.records:,} records, {figures['megabytes']:,} MB"
        table.add_row(
            what,
            f"{took['seconds']:.1f} s (processor {took['cpu']:.1f} s), {took['memory_mb']:,.0f} MB at most",
        )
    Console().print(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
