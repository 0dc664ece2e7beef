"""kill -9 of a process that writes: what `append` returned for is there, and nothing else is harmed.

The file is also the program that is killed: `python test_ledger_kill.py FOLDER SEED KILLS`. It imports once
and forks a writer for each kill, so that a kill costs milliseconds.
"""

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from subterfuge.releases import chain
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.records import Retry


def bodies(rng: random.Random, writer: int) -> Iterator[list[Retry]]:
    """What a writer writes: records of a line, of many pages, and many at once."""
    number = 0
    while True:
        count = rng.choice([1, 1, 1, 1, 5, 30])
        length = rng.choice([10, 10, 300, 5000, 1_500_000 // count])
        yield [
            Retry(run=str(writer), test=0, cell=number + i, attempt=1, reason=chr(97 + number % 26) * length)
            for i in range(count)
        ]
        number += count


def writes(folder: Path, seed: int, writer: int, pipe: int) -> None:
    """Write until killed, and tell of each record once it is written."""
    with Ledger.open(folder, create=True) as ledger:
        for some in bodies(random.Random(f"{seed} {writer}"), writer):
            told = ledger.append_many(some)
            os.write(pipe, b"".join(f"{r.n} {r.hash} {r.raw.hex()[-40:]}\n".encode() for r in told))


def kill_some(folder: Path, seed: int, count: int) -> None:
    """Start writers one after another, kill each at some moment, and print what each one told."""
    rng, path = random.Random(seed), folder / chain.FILE
    for writer in range(count):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                writes(folder, seed, writer, writing)
            finally:
                os._exit(1)
        os.close(writing)
        # Some are killed on the way to their first record, some in their work, some in the middle of a write.
        told = b"" if rng.random() < 0.2 else os.read(reading, 1 << 16)
        moment = time.perf_counter() + 0.03 * rng.random()
        size = path.stat().st_size if told and rng.random() < 0.5 else None
        while (left := moment - time.perf_counter()) > 0:
            if size is None and select.select([reading], [], [], left)[0]:
                told += os.read(reading, 1 << 16)
            if size is not None and path.stat().st_size > size + 100_000:
                break
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        while more := os.read(reading, 1 << 16):
            told += more
        os.close(reading)
        lines = [line.split() for line in told.decode().split("\n")[:-1]]
        print(json.dumps({"signal": os.WTERMSIG(status), "told": lines}), flush=True)


def survive(folder: Path, seed: int, count: int) -> None:
    """Kill writers of one ledger one after another, hold it against what they told."""
    program = [sys.executable, __file__, str(folder), str(seed), str(count)]
    told: list[list[str]] = []
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            result = json.loads(line)
            assert result["signal"] == signal.SIGKILL, "the writer ended by itself"
            told += result["told"]
    assert process.returncode == 0
    with contextlib.suppress(FileNotFoundError), Ledger.open(folder, create=True):
        pass
    records, head = read(folder)
    assert chain.check(folder, head) == []
    assert [record.n for record in records] == list(range(1, len(records) + 1))
    for n, name, end in told:
        record = records[int(n) - 1]
        assert (record.hash, record.raw.hex()[-40:]) == (name, end)
    written: dict[str, list[Retry]] = {}
    for record in records:
        if isinstance(record.body, Retry):
            written.setdefault(record.body.run, []).append(record.body)
    for writer, found in written.items():
        made = bodies(random.Random(f"{seed} {writer}"), int(writer))
        meant: list[Retry] = []
        while len(meant) < len(found):
            meant += next(made)
        assert found == meant[: len(found)], (
            "what is there is what was meant, in its order, and without a gap"
        )
    assert len(told) > count, "the writers came to nothing: the kills prove nothing"


def test_a_kill_takes_nothing_that_was_written(tmp_path: Path) -> None:
    survive(tmp_path, 1, 15)


@pytest.mark.slow
def test_many_kills_take_nothing_that_was_written(tmp_path: Path) -> None:
    for seed in (2, 3, 4):
        survive(tmp_path / str(seed), seed, 30)


if __name__ == "__main__":
    kill_some(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
