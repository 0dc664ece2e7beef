"""The ledger: what is written stays, what is half-written goes and is told, and one process writes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.releases import chain
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.protocol import Hypothesis, Protocol
from subterfuge.releases.records import (
    Decision,
    Fingerprint,
    Lock,
    Model,
    Outcome,
    Recovered,
    Retry,
)

DIGEST = "ab" * 32
PROTOCOL = Protocol(
    name="tampering",
    hypotheses=(
        Hypothesis(id="t", task="a/b", event=Event(scorer="grade", key="gamed"), threshold=0.1, cap=500),
    ),
)


def outcome(cell: int, reason: str = "") -> Outcome:
    return Outcome(run="r", test=0, cell=cell, status="unscored" if reason else "scored", reason=reason)


def small(folder: Path, cells: int = 3) -> Path:
    """A ledger with a genesis and some outcomes; gives the file."""
    with Ledger.open(folder, create=True) as ledger:
        ledger.append_many([outcome(i) for i in range(cells)])
    return folder / "ledger.jsonl"


def cells(folder: Path) -> list[int]:
    return [r.body.cell for r in read(folder)[0] if isinstance(r.body, Outcome)]


def test_a_line_is_canonical_json_and_holds_on_to_the_one_before(tmp_path: Path) -> None:
    lines = small(tmp_path).read_bytes().split(b"\n")
    assert lines.pop() == b""
    prev = "0" * 64
    for number, line in enumerate(lines, 1):
        envelope = json.loads(line)
        assert list(envelope) == ["body", "hash", "kind", "n", "prev", "time"]
        assert json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() == line
        told = envelope.pop("hash")
        bare = json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()
        assert hashlib.sha256(bare).hexdigest() == told
        assert (envelope["n"], envelope["prev"]) == (number, prev)
        prev = told
    assert read(tmp_path)[1] == prev


def test_what_is_appended_is_read_as_it_was(tmp_path: Path) -> None:
    bodies = [
        Lock(digest=PROTOCOL.digest(), protocol=PROTOCOL),
        Model(
            id="m",
            model="x/y",
            model_args={"z": [1, {"ü": "“\u2028\x00\n"}], "hash": '","hash":"'},
            fingerprint=Fingerprint(kind="declared", value="…"),
        ),
        outcome(0),
        outcome(1, 'a "quoted" \\ reason,"hash":"x'),
        Decision(run="r", test=0, verdict={"rate": 0.1, "low": -0.0, "big": 1e300, "hash": {"hash": DIGEST}}),
    ]
    with Ledger.open(tmp_path, create=True) as ledger:
        written = [ledger.append(body) for body in bodies]
        assert [r.body for r in ledger.records][1:] == bodies == [r.body for r in written]
        assert ledger.head == written[-1].hash
    records, head = read(tmp_path)
    assert [r.body for r in records][1:] == bodies
    assert list(records)[1:] == written == records[1:]
    assert (head, records[-1].n, len(records)) == (written[-1].hash, 6, 6)
    assert [r.body for r in records.of("lock")] == bodies[:1]
    assert chain.check(tmp_path, head) == []


def test_a_locked_protocol_is_written_whole(tmp_path: Path) -> None:
    """A later version may have other defaults; what was locked must not move with them."""
    with Ledger.open(tmp_path, create=True) as ledger:
        record = ledger.append(Lock(digest=PROTOCOL.digest(), protocol=PROTOCOL))
    assert json.loads(record.raw)["protocol"] == PROTOCOL.model_dump(mode="json")
    assert json.loads(read(tmp_path)[0][0].raw)["format"] == 1


def test_a_ledger_goes_on_where_it_was_left(tmp_path: Path) -> None:
    for i in range(4):
        with Ledger.open(tmp_path, create=True) as ledger:
            ledger.append(outcome(i))
    assert cells(tmp_path) == [0, 1, 2, 3]
    assert [r.kind for r in read(tmp_path)[0]] == ["ledger", *["outcome"] * 4]


def test_there_must_be_a_ledger_unless_one_is_started(tmp_path: Path) -> None:
    for attempt in (Ledger.open, read):
        with pytest.raises(ReleaseError, match="There is no ledger in"):
            attempt(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "ledger.jsonl").write_bytes(b"")
    for attempt in (Ledger.open, read):
        with pytest.raises(ReleaseError, match="was never begun"):
            attempt(tmp_path)
    (tmp_path / "ledger.jsonl").write_bytes(b"my shopping list")
    with pytest.raises(ReleaseError, match="is not a ledger"):
        Ledger.open(tmp_path, create=True)
    assert (tmp_path / "ledger.jsonl").read_bytes() == b"my shopping list"


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    program = (
        "import sys; from subterfuge.releases.ledger import Ledger\n"
        "with Ledger.open(sys.argv[1]):\n    print('open', flush=True); sys.stdin.read()"
    )
    path = small(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline() == b"open\n"
    with pytest.raises(ReleaseError, match=f"Another process is writing to {path}"):
        Ledger.open(tmp_path)
    assert len(read(tmp_path)[0]) == 4, "reading needs no lock"
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    with Ledger.open(tmp_path) as first, pytest.raises(ReleaseError, match="Another process is writing"):
        first.append(outcome(3))
        Ledger.open(tmp_path)
    with Ledger.open(tmp_path) as again:
        assert len(again.records) == 5


def test_a_write_that_is_torn_at_any_byte_is_cut_off_and_told(tmp_path: Path) -> None:
    path = small(tmp_path, 2)
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for stop in range(start + 1, len(whole)):
        path.write_bytes(whole[:stop])
        torn = whole[start:stop]
        history, head = read(tmp_path)
        assert (len(history), history.torn) == (2, torn)
        assert path.read_bytes() == whole[:stop], "reading repairs nothing"
        assert any("half-written" in problem for problem in chain.check(path, head))
        with Ledger.open(tmp_path) as ledger:
            assert [r.kind for r in ledger.records] == ["ledger", "outcome", "recovered"]
            assert ledger.records[-1].body == Recovered(
                bytes=len(torn), sha256=hashlib.sha256(torn).hexdigest()
            )
            assert ledger.append(outcome(1)).n == 4
        assert chain.check(path, head) == []


def test_a_ledger_that_was_torn_at_its_first_line_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Ledger.open(tmp_path, create=True):
        pass
    whole = path.read_bytes()
    for stop in range(1, len(whole)):
        path.write_bytes(whole[:stop])
        with pytest.raises(ReleaseError, match="never begun"):
            Ledger.open(tmp_path)
        with Ledger.open(tmp_path, create=True) as ledger:
            assert [r.kind for r in ledger.records] == ["ledger", "recovered"]
        assert chain.check(path) == []


def test_a_repair_that_is_killed_is_repaired_and_still_told(tmp_path: Path) -> None:
    """The repair writes over the torn tail and then cuts: each state in between must be a torn tail again."""
    path = small(tmp_path)
    base = path.read_bytes()
    torn = chain.seal(5, read(tmp_path)[1], datetime.now(UTC), "retry", '{"reason":"' + "x" * 900 + '"}')[0][
        :-7
    ]
    path.write_bytes(base + torn)
    with Ledger.open(tmp_path):
        pass
    repair = path.read_bytes()[len(base) :]
    for done in range(0, len(repair) + 1, 3):
        path.write_bytes(base + repair[:done] + torn[done:])
        with Ledger.open(tmp_path) as ledger:
            told = [r.body.bytes for r in ledger.records if isinstance(r.body, Recovered)]
        assert chain.check(path) == []
        assert told in ([len(torn)], [len(torn), len(torn) - len(repair)]), done


def test_a_damaged_ledger_is_not_written_to(tmp_path: Path) -> None:
    path = small(tmp_path)
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"cell":1', b'"cell":7'))
    bad = path.read_bytes()
    for attempt in (Ledger.open, read):
        with pytest.raises(ReleaseError, match=r"line 3: its content is not .*edited or damaged") as caught:
            attempt(tmp_path)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == bad


def test_a_ledger_of_another_format_is_left_alone(tmp_path: Path) -> None:
    line, _ = chain.seal(1, chain.NO_HASH, datetime.now(UTC), "ledger", '{"format":2,"version":"9"}')
    (tmp_path / "ledger.jsonl").write_bytes(line)
    with pytest.raises(ReleaseError, match="has format 2"):
        Ledger.open(tmp_path)
    assert "has format 2" in chain.check(tmp_path)[0]


@pytest.mark.parametrize(("ahead", "opens"), [(1.5, True), (3600, False)])
def test_a_clock_that_is_behind_is_told(tmp_path: Path, ahead: float, opens: bool) -> None:
    last = datetime.now(UTC) + timedelta(seconds=ahead)
    line, link = chain.seal(1, chain.NO_HASH, last, "ledger", '{"format":1,"version":"9"}')
    (tmp_path / "ledger.jsonl").write_bytes(line)
    if opens:
        with Ledger.open(tmp_path) as ledger:
            assert ledger.append(outcome(0)).time == link.time, "a step back within a run is told as none"
        assert chain.check(tmp_path) == []
    else:
        with pytest.raises(ReleaseError, match="set the clock") as caught:
            Ledger.open(tmp_path)
        assert chain.stamp(last) in str(caught.value) and "The clock says 20" in str(caught.value)


FULL = """
import resource, signal, sys
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.records import Retry
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
endless = resource.RLIM_INFINITY
with Ledger.open(sys.argv[1]) as ledger:
    for room in (0, 1, 700):
        before = ledger.path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (before + room, endless))
        try:
            ledger.append_many([Retry(run="r", test=0, cell=i, attempt=1, reason="x" * 300) for i in (0, 1)])
        except ReleaseError as error:
            print(error, ledger.path.stat().st_size - before, sep="; ")
        resource.setrlimit(resource.RLIMIT_FSIZE, (endless, endless))
        ledger.append(Retry(run="r", test=0, cell=9, attempt=1, reason=f"not the {room}"))
"""


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    """The limit on a file's size cuts a write in two, as a full disk does."""
    path = small(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    said = "File too large. The record was not kept; what was written before it is whole.; 0"
    assert done.stdout.splitlines() == [f"{path} can't be written: {said}"] * 3
    assert chain.check(path) == []
    reasons = [r.body.reason for r in read(tmp_path)[0] if isinstance(r.body, Retry)]
    assert reasons == ["not the 0", "not the 1", "not the 700"]


def test_an_interrupt_leaves_a_whole_ledger(tmp_path: Path) -> None:
    """Ctrl-C wherever it comes in `append`: a record is in the ledger and in its memory, or in neither."""
    seconds, kept, stopped = 0.00005, 0, 0
    former = signal.getsignal(signal.SIGALRM)

    def ring(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, ring)
    try:
        with Ledger.open(tmp_path, create=True) as ledger:
            for attempt in range(150):
                before = len(ledger.records)
                try:
                    signal.setitimer(signal.ITIMER_REAL, seconds * (1 + attempt % 40))
                    ledger.append_many([outcome(0), outcome(1)])
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    stopped += 1
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                assert len(ledger.records) - before in (0, 2)
                kept += len(ledger.records) - before
                assert ledger.path.stat().st_size == ledger.records.size
    finally:
        signal.signal(signal.SIGALRM, former)
    assert len(cells(tmp_path)) == kept and stopped > 5
    assert chain.check(tmp_path) == []


def test_a_file_that_others_touch_is_not_written_to(tmp_path: Path) -> None:
    path = small(tmp_path)
    copy = path.read_bytes()
    with Ledger.open(tmp_path) as ledger:
        with path.open("ab") as file:
            file.write(b"{}\n")
        with pytest.raises(ReleaseError, match="not as this process left it"):
            ledger.append(outcome(3))
        os.truncate(path, len(copy))
        ledger.append(outcome(3))
        path.with_name("other").write_bytes(copy)
        path.with_name("other").replace(path)
        with pytest.raises(ReleaseError, match="replaced by another file"):
            ledger.append(outcome(4))
        path.unlink()
        with pytest.raises(ReleaseError, match="is gone"):
            ledger.append(outcome(4))
    with pytest.raises(ReleaseError, match="is closed"):
        ledger.append(outcome(4))


def test_what_cannot_be_read_again_is_not_written(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, create=True) as ledger:
        for value in (float("nan"), [{"y": float("-inf")}], object(), {1, object()}):
            with pytest.raises(ReleaseError, match="'verdict' can't be written"):
                ledger.append(Decision(run="r", test=0, verdict={"x": value}))
        head = ledger.head
        ledger.append(Decision(run="r", test=0, verdict={"x": "lone \ud800"}))
        assert ledger.append_many([]) == []
    records, _ = read(tmp_path)
    assert records[0].hash == head and records[1].body == Decision(
        run="r", test=0, verdict={"x": "lone \ud800"}
    )


def test_threads_take_turns(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, create=True) as ledger:

        def write(first: int) -> None:
            for i in range(10):
                ledger.append(outcome(first + i))

        threads = [threading.Thread(target=write, args=(10 * t,)) for t in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(cells(tmp_path)) == list(range(40))
    assert chain.check(tmp_path) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=4))
@settings(max_examples=40, deadline=None)
def test_whatever_a_verdict_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    bodies = [Decision(run="r", test=0, verdict=verdict) for verdict in verdicts]
    with Ledger.open(folder, create=True) as ledger:
        ledger.append_many(bodies)
    records, head = read(folder)
    assert [r.body for r in records][1:] == bodies
    assert chain.check(folder, head) == []
