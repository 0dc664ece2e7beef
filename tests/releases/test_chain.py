"""The chain: no byte of a ledger can be changed without a word from `check`."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.releases import chain
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.records import Fingerprint as Print
from subterfuge.releases.records import Model, Outcome, Retry

NOW = datetime(2026, 11, 23, 16, 40, 12, 31_999, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ledger of five records with what JSON can say in more than one way."""
    folder = tmp_path_factory.mktemp("chain")
    with Ledger.open(folder, create=True) as ledger:
        ledger.append(
            Model(id="m", model="x/é", fingerprint=Print(kind="declared", value="v"), model_args={"t": 1e-7})
        )
        ledger.append(Outcome(run="r", test=0, cell=0, status="scored", value=0.0, seconds=1.0))
        ledger.append(Retry(run="r", test=0, cell=1, attempt=1, reason='\u2028 "429"\n'))
        ledger.append(Outcome(run="r", test=0, cell=1, status="absent", reason="x"))
    return folder / chain.FILE


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., list[str]]:
    path = tmp_path / "changed.jsonl"

    def judged(content: bytes, head: str | None = None) -> list[str]:
        path.write_bytes(content)
        return chain.check(path, head)

    return judged


def sealed(*bodies: tuple[str, str], at: datetime = NOW) -> bytes:
    """Lines that hold together, made by hand."""
    lines, head = [], chain.NO_HASH
    for n, (kind, body) in enumerate((("ledger", '{"format":1,"version":"1"}'), *bodies), 1):
        line, link = chain.seal(n, head, at, kind, body)
        lines.append(line)
        head = link.hash
    return b"".join(lines)


def test_an_untouched_ledger_has_no_problems(ledger: Path) -> None:
    records, head = read(ledger.parent)
    assert chain.check(ledger) == chain.check(ledger.parent, head.upper() + "\n") == []
    for record in records:
        assert chain.check(ledger, record.hash) == [], "a ledger may have grown since its head was told"


def test_every_change_of_a_byte_is_found(ledger: Path, judge: Callable[..., list[str]]) -> None:
    """Every byte, in each of the ways that a byte goes wrong most often, and in those that JSON forgives."""
    good = first(ledger, 3)
    unseen = []
    for i, byte in enumerate(good):
        others = {byte ^ 1, byte ^ 0x20, byte ^ 0x80, 10, 32, ord('"')} - {byte}
        unseen += [(i, other) for other in others if not judge(good[:i] + bytes([other]) + good[i + 1 :])]
    assert unseen == []


def test_every_byte_that_goes_or_comes_is_found(ledger: Path, judge: Callable[..., list[str]]) -> None:
    good = first(ledger, 3)
    assert [i for i in range(len(good)) if not judge(good[:i] + good[i + 1 :])] == []
    for more in (b" ", b"\n", b"0", b'"'):
        assert [i for i in range(len(good) + 1) if not judge(good[:i] + more + good[i:])] == []
    for more in (b"\r\n", b"\x00", b"\xef\xbb\xbf"):
        assert judge(more + good) and judge(good + more) and judge(good.replace(b"\n", more + b"\n", 1))


def first(ledger: Path, count: int) -> bytes:
    """The first lines: each byte of them is tried."""
    return b"".join(ledger.read_bytes().splitlines(keepends=True)[:count])


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_is_put_in_the_place_of_a_stretch_is_found(
    ledger: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = ledger.read_bytes()
    start = data.draw(st.integers(0, len(good)))
    stop = data.draw(st.integers(start, len(good)))
    piece = data.draw(
        st.binary(max_size=20) | st.sampled_from([good[a : a + 200] for a in range(0, 800, 50)])
    )
    bad = good[:start] + piece + good[stop:]
    whole = {b"".join(good.splitlines(keepends=True)[:n]) for n in range(1, 6)}
    path = tmp_path_factory.getbasetemp() / "stretch.jsonl"
    path.write_bytes(bad)
    assert (chain.check(path) == []) == (bad in whole), (
        "only a ledger that ends earlier is whole without a head"
    )
    assert bad == good or chain.check(path, read(ledger.parent)[1])


def test_lines_that_are_moved_taken_out_or_doubled_are_found(
    ledger: Path, judge: Callable[..., list[str]]
) -> None:
    lines = ledger.read_bytes().splitlines(keepends=True)
    for i in range(len(lines)):
        doubled = judge(b"".join([*lines[: i + 1], *lines[i:]]))
        assert f"line {i + 2}: it is record {i + 1}, where record {i + 2} belongs" in doubled
        if i + 1 < len(lines):
            assert judge(b"".join([*lines[:i], *lines[i + 1 :]]))[0].startswith(
                f"line {i + 1}: it is record {i + 2}"
            )
        for j in range(i):
            swapped = list(lines)
            swapped[i], swapped[j] = lines[j], lines[i]
            assert judge(b"".join(swapped))[0].startswith(f"line {j + 1}: it is record {i + 1}")


def test_a_tail_that_was_cut_off_is_found_by_the_head(ledger: Path, judge: Callable[..., list[str]]) -> None:
    lines = ledger.read_bytes().splitlines(keepends=True)
    records, head = read(ledger.parent)
    for n in range(1, len(lines)):
        cut = b"".join(lines[:n])
        assert judge(cut) == [], "nothing but the head knows of the tail"
        (problem,) = judge(cut, head)
        assert problem.startswith("the ledger ends before the head you gave")
        assert judge(cut, records[n - 1].hash) == []
    assert "is not a head" in judge(b"".join(lines), "abc")[0]
    assert judge(b"", head)[0] == "the ledger is empty"


def test_the_head_of_a_line_that_was_changed_is_not_found(
    ledger: Path, judge: Callable[..., list[str]]
) -> None:
    """Whoever changes a line and leaves its hash as it was has not kept what the head stands for."""
    bad = ledger.read_bytes().replace(b'"status":"absent"', b'"status":"halted"')
    problems = judge(bad, read(ledger.parent)[1])
    assert problems[0] == "line 5: its content is not what its hash is of"
    assert problems[1].startswith("the ledger ends before the head")


def test_a_history_that_was_written_anew_is_found_by_the_head(
    ledger: Path, judge: Callable[..., list[str]]
) -> None:
    """Hashes alone are no seal: anyone can compute them. What tells is a head that was told elsewhere."""
    anew = sealed(("outcome", '{"cell":0,"run":"r","status":"scored","test":0,"value":1.0}'))
    assert judge(anew) == []
    assert "another ledger" in judge(anew, read(ledger.parent)[1])[0]


@pytest.mark.parametrize(
    "body",
    [
        '{"attempt":1,"cell":1,"cell":2,"reason":"x","run":"r","test":0}',
        '{"attempt":1, "cell":1,"reason":"x","run":"r","test":0}',
        '{"cell":1,"attempt":1,"reason":"x","run":"r","test":0}',
        '{"attempt":1,"cell":1,"reason":"\\u0078","run":"r","test":0}',
        '{"attempt":1,"cell":1,"reason":"\\u00E9","run":"r","test":0}',
        '{"attempt":1e0,"cell":1,"reason":"x","run":"r","test":0}',
        '{"attempt":1,"cell":-0,"reason":"x","run":"r","test":0}',
        '{"attempt":1,"cell":1,"reason":"\\/","run":"r","test":0}',
        '{"attempt":1,"cell":1,"reason":"x","run":"r","test":0}}',
        '{"attempt":NaN,"cell":1,"reason":"x","run":"r","test":0}',
        '{"attempt":' + "9" * 5000 + ',"cell":1,"reason":"x","run":"r","test":0}',
        '{"attempt":' + "[" * 100_000 + ',"cell":1,"reason":"x","run":"r","test":0}',
    ],
)
def test_one_content_has_one_line(body: str, judge: Callable[..., list[str]]) -> None:
    """Lines whose hashes are right and whose JSON is not the canonical one: another program made them."""
    (problem,) = judge(sealed(("retry", body)))
    assert re.fullmatch(r"line 2: its body is not (canonical )?JSON", problem)


def test_a_zero_below_zero_stays_one(judge: Callable[..., list[str]]) -> None:
    assert judge(sealed(("verdict", '{"run":"r","test":0,"verdict":{"a":-0.0,"b":0.0}}'))) == []


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("rumour", "{}", "knows no record of kind 'rumour'"),
        ("retry", '{"run":"r"}', "it is no record of kind 'retry': test: Field required"),
        ("retry", '{"attempt":1,"cell":1,"more":1,"reason":"x","run":"r","test":0}', "more: Extra inputs"),
        ("ledger", '{"format":1,"version":"1"}', "the first record, and no other"),
    ],
)
def test_a_record_that_is_none_of_its_kind_is_found(
    kind: str, body: str, said: str, judge: Callable[..., list[str]]
) -> None:
    (problem,) = judge(sealed((kind, body)))
    assert said in problem


def test_a_ledger_must_begin_as_one(judge: Callable[..., list[str]]) -> None:
    line, _ = chain.seal(1, chain.NO_HASH, NOW, "recovered", json.dumps({"bytes": 1, "sha256": "0" * 64}))
    assert any("says that this is a ledger" in problem for problem in judge(line))


def test_time_does_not_go_backwards(judge: Callable[..., list[str]]) -> None:
    first, link = chain.seal(1, chain.NO_HASH, NOW, "ledger", '{"format":1,"version":"1"}')
    body = '{"attempt":1,"cell":1,"reason":"x","run":"r","test":0}'
    for step, good in ((timedelta(), True), (timedelta(milliseconds=-1), False), (timedelta(hours=1), True)):
        second, _ = chain.seal(2, link.hash, NOW + step, "retry", body)
        assert (judge(first + second) == []) == good
    told, _ = chain.seal(2, link.hash, NOW - timedelta(days=1), "retry", body)
    assert judge(first + told) == [
        "line 2: its time, 2026-11-22T16:40:12.031Z, is before that of the record before it"
    ]


def test_times_that_are_none_are_found(judge: Callable[..., list[str]]) -> None:
    line = sealed(at=NOW)
    bare = line.replace(b"2026-11-23", b"2026-13-23")
    envelope = json.loads(bare)
    del envelope["hash"]
    made = chain.hashlib.sha256(chain.canonical(envelope).encode()).hexdigest().encode()
    cut = bare.index(b'"hash":"') + 8
    assert judge(bare[:cut] + made + bare[cut + 64 :]) == ["line 1: 2026-13-23T16:40:12.031Z is no time"]


def test_many_problems_are_counted(judge: Callable[..., list[str]]) -> None:
    problems = judge(b"{}\n" * 1000)
    assert len(problems) == chain.MOST + 1 and problems[-1] == "and 980 more problems"


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert "No such file" in chain.check(tmp_path / "none")[0]
    assert "No such file" in chain.check(tmp_path)[0]
