"""The history of a ledger: a sequence of records that lies in the file, and is the one that was checked."""

from pathlib import Path

import pytest

from subterfuge.releases import chain
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.records import Genesis, Outcome


def outcome(cell: int, reason: str = "") -> Outcome:
    return Outcome(run="r", test=0, cell=cell, status="unscored" if reason else "scored", reason=reason)


def small(folder: Path, cells: int = 3) -> Path:
    with Ledger.open(folder, create=True) as ledger:
        ledger.append_many([outcome(i) for i in range(cells)])
    return folder / "ledger.jsonl"


def test_a_change_after_opening_is_seen_when_records_are_read_again(tmp_path: Path) -> None:
    path = small(tmp_path)
    records, _ = read(tmp_path)
    text = path.read_bytes()
    with path.open("r+b") as file:
        file.write(text.replace(b'"cell":2', b'"cell":5'))
    assert records[2].n == 3
    with pytest.raises(ReleaseError, match=r"line 4 is another"):
        list(records)


def test_a_line_that_another_took_the_place_of_is_seen(tmp_path: Path) -> None:
    """The other one is a record too, and its own hash is right: it is not what was checked."""
    path = small(tmp_path)
    records, _ = read(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    other, _ = chain.seal(4, records[2].hash, records[3].time, "outcome", chain.write_body(outcome(7)))
    assert len(other) == len(lines[3])
    with path.open("r+b") as file:
        file.write(b"".join([*lines[:3], other]))
    assert chain.check(path) == []
    with pytest.raises(ReleaseError, match="line 4 is another"):
        records[3]


def test_a_reader_beside_a_writer_sees_a_whole_chain(tmp_path: Path) -> None:
    seen = 0
    with Ledger.open(tmp_path, create=True) as ledger:
        for i in range(20):
            ledger.append(outcome(i))
            records, head = read(tmp_path)
            assert head == ledger.head and len(records) == i + 2 > seen
            seen = len(records)


def test_a_sequence_of_records_is_a_sequence(tmp_path: Path) -> None:
    small(tmp_path, 9)
    records, _ = read(tmp_path)
    whole = list(records)
    assert [records[i] for i in range(-10, 10)] == whole + whole
    assert records[2:7:2] == whole[2:7:2] and list(reversed(records)) == whole[::-1]
    for index in (10, -11):
        with pytest.raises(IndexError):
            records[index]
    assert isinstance(records[0].body, Genesis)


def test_the_chunks_of_a_long_ledger_join(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, create=True) as ledger:
        ledger.append_many(
            [outcome(i, "x" * (1 << 20 if i % 500 == 7 else 10 + i % 700)) for i in range(4000)]
        )
    assert [r.body.cell for r in read(tmp_path)[0] if isinstance(r.body, Outcome)] == list(range(4000))
