"""The index: every cell of a ledger as rows of Parquet, for questions that would take the ledger minutes.

    index/episodes.parquet   one row per planned cell, or sample of a retrospective log
    index/tests.parquet      one row per test: a hypothesis, or a control of one, on a model

It is made of the ledger (and of retrospective logs), says nothing that they don't, and can be deleted at any
time. It knows the head that it was made from: where the ledger has grown since, what is new is read and the
rest is kept; where the ledger is another, all is read again.

    index.query("releases", "SELECT model, avg(value) FROM episodes WHERE used GROUP BY model")
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from subterfuge.releases.cells import COLUMNS, Cells, Reading, Row, read_on
from subterfuge.releases.chain import FILE, Damage, take_apart
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.records import Test
from subterfuge.releases.rows import TESTS, Books, planned_row, retrospective_row
from subterfuge.reporting.write import Unwritable, write

FORMAT = 1
"""Version of the index; one of another version is made anew."""

FOLDER = "index"
"""Its place in the ledger's folder."""

EPISODES = pa.schema(
    {
        "test": pa.int32(),
        "protocol": pa.string(),
        "hypothesis": pa.string(),
        "control": pa.string(),
        "model": pa.string(),
        "release": pa.int32(),
        "series": pa.string(),
        "retrospective": pa.bool_(),
        "cell": pa.int32(),
        "used": pa.bool_(),
        **COLUMNS,
    }
)
"""Columns of episodes: those of the test (see `rows.TESTS`), the cell's number, whether the verdict rests on
it, and what became of it (see `records.Outcome`). `status` is null for a cell that is planned and not
finished; `failed` counts the attempts at it that do not count; `log` is relative to the ledger's folder."""

MADE_FROM = "made_from.json"
"""What the index was made from: size and head of the ledger, and its records other than those of cells."""

BATCH = 100_000
"""Rows that are written together."""

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is fetched from anywhere to answer a query."""

PATIENCE = 120.0
"""Seconds to wait for others who use the index."""

_LONGEST_LINE = 1 << 16


def build(folder: Path | str, again: bool = False) -> Path:
    """Bring the index up to date.

    Args:
        folder: the ledger's folder.
        again: read everything, whatever is there.

    Returns:
        The index's folder.

    Raises:
        ReleaseError: there is no ledger, it was edited or damaged, or the index can't be written.
    """
    folder = Path(folder)
    with _locked(folder) as lock:
        _alone(folder, lock)
        _bring_up(folder, again)
    return folder / FOLDER


@contextlib.contextmanager
def opened(folder: Path | str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The index as a database with the views `episodes` and `tests`, brought up to date.

    Raises:
        ReleaseError: as `build`.
    """
    folder = Path(folder)
    with _locked(folder) as lock:
        # Others may read at the same time, and nobody replaces a file while somebody reads.
        fcntl.flock(lock, fcntl.LOCK_SH)
        made_from = _made_from(folder)
        if made_from is None or not _is_fresh(folder, made_from):
            _alone(folder, lock)
            _bring_up(folder, False)
            fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            with duckdb.connect(":memory:", config=OFFLINE) as connection:
                for name in ("episodes", "tests"):
                    # DuckDB reads a path as a pattern.
                    path = re.sub(r"([*?\[])", r"[\1]", str((folder / FOLDER / f"{name}.parquet").absolute()))
                    connection.from_parquet(path).create_view(name)
                yield connection
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise ReleaseError(
                f"{folder / FOLDER} can't be read ({str(error).splitlines()[0]}). Delete it: it is made anew."
            ) from error


def query(folder: Path | str, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
    """Ask the index in SQL.

    Args:
        folder: the ledger's folder.
        sql: a query on `episodes` and `tests`.
        parameters: for its question marks.

    Raises:
        ReleaseError: as `build`, or the query is wrong.
    """
    with opened(folder) as connection:
        try:
            return connection.execute(sql, list(parameters)).df()
        except duckdb.Error as error:
            raise ReleaseError(f"The query can't be answered: {str(error).splitlines()[0]}") from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[int]:
    if not (folder / FILE).exists():
        raise ReleaseError(f"There is no ledger in {folder}. Look for {FILE}, or start one there.")
    try:
        (folder / FOLDER).mkdir(exist_ok=True)
        lock = os.open(folder / FOLDER / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise ReleaseError(f"{folder / FOLDER} can't be written: {error.strerror or error}.") from error
    try:
        yield lock
    finally:
        os.close(lock)


def _alone(folder: Path, lock: int) -> None:
    """Wait until nobody else reads or writes the index."""
    fcntl.flock(lock, fcntl.LOCK_UN)  # two that read, and both want to write, would wait for each other
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise ReleaseError(
                    f"{folder / FOLDER} is in use by another process. Wait until it has ended, or stop it."
                ) from error
            time.sleep(0.05)


def _bring_up(folder: Path, again: bool) -> None:
    made_from = None if again else _made_from(folder)
    if made_from is not None and _is_fresh(folder, made_from):
        return
    try:
        if made_from is not None and _grew_from(folder, made_from):
            try:
                _write(folder, made_from)
                return
            except (pa.ArrowException, OSError, KeyError):
                pass  # the old index is damaged: all is read again
        _write(folder, None)
    except (OSError, Unwritable) as error:
        raise ReleaseError(f"{folder / FOLDER} can't be written: {error}.") from error


def _made_from(folder: Path) -> dict[str, Any] | None:
    """What the index that is there was made from; None if there is none that can be used."""
    place = folder / FOLDER
    try:
        found = json.loads((place / MADE_FROM).read_text(encoding="utf-8"))
        whole = all((place / f"{name}.parquet").is_file() for name in ("episodes", "tests"))
        return cast(Row, found) if found["format"] == FORMAT and whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_fresh(folder: Path, made_from: dict[str, Any]) -> bool:
    back = any((folder / file).exists() for file in made_from["gone"])
    return (
        not back
        and bool((folder / FILE).stat().st_size == made_from["size"])
        and _grew_from(folder, made_from)
    )


def _grew_from(folder: Path, made_from: dict[str, Any]) -> bool:
    """Whether the ledger still holds, at its place, the record that the index ends with."""
    size = int(made_from["size"])
    with (folder / FILE).open("rb") as file:
        reach = _LONGEST_LINE
        while True:
            start = max(0, size - reach)
            file.seek(start)
            block = file.read(size - start)
            cut = block.rfind(b"\n", 0, len(block) - 1) + 1
            if cut or not start:
                break
            reach *= 4
    try:
        return bool(take_apart(block[cut:]).hash == made_from["head"])
    except Damage:
        return False


def _write(folder: Path, made_from: dict[str, Any] | None) -> None:
    """Read the ledger, all of it or on from what the index was made from, and write the index."""
    place = folder / FOLDER
    reading, problems, gone = Reading(), {}, set[str]()
    if made_from is not None:
        reading.resume(made_from)
        problems, gone = made_from["problems"], set(made_from["gone"])
    known = {test: number for number, test in enumerate(reading.state.series)}
    ingested = len(reading.state.ingests)

    def before(test: Test) -> Cells:
        if test not in known:
            return Cells()
        table = pq.read_table(place / "episodes.parquet", filters=[("test", "=", known[test])])
        return Cells.of(table, problems.get(str(known[test]), ()))

    read_on(folder, reading, before)
    books = Books(reading.state)
    rows: dict[int, Row] = {}
    told: dict[int, Cells] = {}
    for test in reading.whole(before):
        number = books.planned[test]
        rows[number], told[number] = planned_row(books, test, reading.cells, before), reading.cells[test]
        problems[str(number)] = told[number].problems
    for key, ingests in books.logs.items():
        if any(i >= ingested or ingest.file in gone for i, ingest in ingests):
            number = books.retrospective[key]
            rows[number], told[number], unread = retrospective_row(folder, books, key)
            gone = gone - {ingest.file for _, ingest in ingests} | set(unread)
    (place / MADE_FROM).unlink(missing_ok=True)  # a crash from here on leaves an index that is made anew
    _episodes(place, rows, told, keep=made_from is not None)
    _tests(place, rows, keep=made_from is not None)
    said = {
        "format": FORMAT,
        **reading.told(),
        "gone": sorted(gone),
        "problems": {number: found for number, found in problems.items() if found},
    }
    write(place / MADE_FROM, json.dumps(said))


def _episodes(place: Path, rows: dict[int, Row], told: dict[int, Cells], keep: bool) -> None:
    path, temporary = place / "episodes.parquet", place / f".episodes.{os.getpid()}"
    try:
        with pq.ParquetWriter(temporary, EPISODES, compression="zstd") as writer:
            if keep:
                new = pa.array(list(rows), pa.int32())
                for batch in pq.ParquetFile(path).iter_batches(BATCH):
                    old = pa.Table.from_batches([batch]).select(EPISODES.names)
                    gone = pc.is_in(old.column("test"), value_set=new)
                    writer.write_table(old.filter(pc.invert(gone)))
            waiting: list[pa.Table] = []
            for number, row in rows.items():
                waiting.append(_table(row, told[number]))
                if sum(len(table) for table in waiting) >= BATCH:
                    writer.write_table(pa.concat_tables(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _table(row: Row, cells: Cells) -> pa.Table:
    table, n = cells.table(), len(cells)
    columns: dict[str, Any] = {name: table.column(name) for name in COLUMNS}
    columns["cell"] = pa.array(range(n), pa.int32())
    columns["used"] = pa.array([cell < row["n"] for cell in range(n)], pa.bool_())
    for name in EPISODES.names:
        if name not in columns:
            columns[name] = pa.repeat(pa.scalar(row[name], EPISODES.field(name).type), n)
    return pa.Table.from_arrays([columns[name] for name in EPISODES.names], schema=EPISODES)


def _tests(place: Path, rows: dict[int, Row], keep: bool) -> None:
    path, temporary = place / "tests.parquet", place / f".tests.{os.getpid()}"
    old = pq.read_table(path).to_pylist() if keep else []
    every = {row["test"]: row for row in cast(list[Row], old)} | rows
    try:
        pq.write_table(pa.Table.from_pylist([every[n] for n in sorted(every)], schema=TESTS), temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
