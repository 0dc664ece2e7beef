"""What Inspect asks of a sandbox, on each of our providers."""

import asyncio
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inspect_ai.util import OutputLimitExceededError, SandboxUserUnsupportedError

from subterfuge import jail
from subterfuge.sandboxes.provider import Provider

names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..") and "/" not in name and len(name.encode()) < 200
)


async def shell(sandbox: Provider, command: str, timeout: int = 20) -> str:  # noqa: ASYNC109
    return (await sandbox.exec(["bash", "-c", command], timeout=timeout)).stdout


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, data=st.binary(max_size=2000))
async def test_what_is_written_is_read(sandbox: Provider, name: str, data: bytes) -> None:
    await sandbox.write_file(f"deep/er/{name}", data)
    assert await sandbox.read_file(f"/home/user/deep/er/{name}", text=False) == data
    files = await sandbox.snapshot()
    assert files is not None
    assert files[f"/home/user/deep/er/{name}"] == jail.File(data=data)


async def test_text_keeps_its_newlines(sandbox: Provider) -> None:
    await sandbox.write_file("a", "é\r\nb\n")
    assert await sandbox.read_file("a") == "é\r\nb\n"
    assert await sandbox.read_file("a", text=False) == "é\r\nb\n".encode()


async def test_errors_of_reading(sandbox: Provider) -> None:
    await shell(sandbox, "mkdir d; printf '\\377' > raw; ln -s nowhere dangling; ln -s raw l")
    with pytest.raises(FileNotFoundError):
        await sandbox.read_file("none")
    with pytest.raises(FileNotFoundError):
        await sandbox.read_file("dangling")
    with pytest.raises(IsADirectoryError):
        await sandbox.read_file("d")
    with pytest.raises(UnicodeDecodeError):
        await sandbox.read_file("raw")
    assert await sandbox.read_file("l", text=False) == b"\xff"


async def test_errors_of_writing(sandbox: Provider) -> None:
    await shell(sandbox, "mkdir d; echo 1 > f")
    with pytest.raises(IsADirectoryError):
        await sandbox.write_file("d", "x")
    with pytest.raises(PermissionError):
        await sandbox.write_file("f/below", "x")


async def test_writing_through_a_link(sandbox: Provider) -> None:
    await shell(sandbox, "echo 1 > f; ln -s f l")
    await sandbox.write_file("l", "2")
    assert await sandbox.read_file("f") == "2"


async def test_input_folder_and_variables_are_for_one_call(sandbox: Provider) -> None:
    await shell(sandbox, "export A=kept; mkdir sub; cd sub")
    got = await sandbox.exec(
        ["bash", "-c", "cat; pwd; echo $A $B; cd /; export A=lost"],
        input="in\n",
        cwd="/tmp",
        env={"B": "b 'c'"},
    )
    assert got.stdout == "in\n/tmp\nkept b 'c'\n"
    assert await shell(sandbox, "pwd; echo $A$B") == "/home/user/sub\nkept\n"
    assert (await sandbox.exec(["pwd"], cwd="sub")).stdout == "/home/user/sub\n"
    assert (await sandbox.exec(["cat"], input=b"bytes")).stdout == "bytes"


async def test_words_are_not_read_by_a_shell(sandbox: Provider) -> None:
    assert (await sandbox.exec(["echo", "a  b", "$HOME", "*"])).stdout == "a  b $HOME *\n"


@pytest.mark.parametrize(
    "endless", ["sleep 60", "python3 -c 'while True: pass'", "python3 -c 'input()' < <(sleep 60)"]
)
async def test_time_out_keeps_files_and_shell(sandbox: Provider, endless: str) -> None:
    await shell(sandbox, "export A=1; echo before > f")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await shell(sandbox, endless, timeout=1)
    assert time.monotonic() - began < 4
    assert await shell(sandbox, "cat f; echo $A") == "before\n1\n"


async def test_too_much_output(sandbox: Provider) -> None:
    with pytest.raises(OutputLimitExceededError) as error:
        await shell(sandbox, "python3 -c 'print(\"x\" * 3_000_000)'")
    assert "xxx" in (error.value.truncated_output or "")
    assert await shell(sandbox, "echo on") == "on\n"


async def test_one_user(sandbox: Provider) -> None:
    with pytest.raises(SandboxUserUnsupportedError, match="root"):
        await sandbox.exec(["id"], user="root")
    assert (await sandbox.exec(["whoami"], user="user")).stdout == "user\n"


@pytest.mark.parametrize(
    "end", ["exit 3", "kill -9 $$", "set -e; false; true", "exec true", "trap - EXIT; exit"]
)
async def test_no_end_of_a_shell_loses_files(sandbox: Provider, end: str) -> None:
    await shell(sandbox, "export A=1; mkdir d; cd d")
    await shell(sandbox, f"echo kept > f; {end}")
    assert await shell(sandbox, "pwd; cat f; echo $A") == "/home/user/d\nkept\n1\n"


async def test_a_removed_folder_is_survived(sandbox: Provider) -> None:
    await shell(sandbox, "mkdir d; cd d; rm -r ../d")
    assert (await sandbox.exec(["bash", "-c", "cd; pwd"])).stdout == "/home/user\n"
    await shell(sandbox, "rm -rf /home/user /home/user/.[a-z]*")
    assert (await sandbox.exec(["bash", "-c", "cd /tmp; echo 1 > f; cat f"])).stdout == "1\n"


async def test_cancelled_in_the_middle(sandbox: Provider) -> None:
    await shell(sandbox, "echo 1 > f")
    task = asyncio.create_task(shell(sandbox, "python3 -c 'import time; time.sleep(60)'"))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_python_brings_home_all_that_it_changed(sandbox: Provider) -> None:
    await shell(sandbox, "mkdir d; echo 1 > d/a; echo 2 > b; echo 3 > c; ln -s b l; mkdir -p /tmp/t")
    code = (
        "import os, shutil; shutil.rmtree('d'); open('d', 'w').write('file now'); os.remove('b'); "
        "os.mkdir('b'); os.mkfifo('p'); "
        "os.remove('l'); os.symlink('c', 'l'); os.makedirs('e/f'); open('/tmp/t/x', 'wb').write(b'\\xff')"
    )
    await shell(sandbox, f'python3 -c "{code}"')
    assert await sandbox.snapshot() in [
        jail.tree(
            {
                "/home/user/b": jail.Directory(),
                "/home/user/c": "3\n",
                "/home/user/d": "file now",
                "/home/user/e/f": jail.Directory(),
                "/home/user/l": jail.Link(target="c"),
                "/tmp/t/x": b"\xff",
                **fifo,
            }
        )
        for fifo in ({}, {"/home/user/p": jail.Unreadable(reason="not a regular file")})
    ]


async def test_python_is_cpython_in_a_jail(sandbox: Provider) -> None:
    assert await shell(sandbox, "python3 -c 'import sys; print(sys.implementation.name)'") == "cpython\n"
    got = await sandbox.exec(["bash", "-c", "python3 -c 'import subterfuge'"])
    assert "No module named 'subterfuge'" in got.stderr


async def test_hostile_shells_spoil_nothing(sandbox: Provider) -> None:
    for line in (
        "export PATH=/nonesuch; export LD_PRELOAD=/x",
        "printf 'PATH=evil\\0LD_AUDIT=x\\0/etc\\n' >&9 2>/dev/null",
        "trap 'exit 9' EXIT; printf() { :; }; pwd() { echo /; }",
        "export BASH_ENV=/tmp/evil; echo 'echo owned' > /tmp/evil",
    ):
        await sandbox.exec(["bash", "-c", line], timeout=10)
    assert await sandbox.snapshot() == jail.tree({"/tmp/evil": "echo owned\n"})
    assert "on\n" in await shell(sandbox, "echo on")
