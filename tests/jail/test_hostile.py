"""What hostile code does in a jail. It harms nobody, its traces are kept, and the next run works."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

import subterfuge
from subterfuge import jail

TIGHT = jail.Limits(
    wall_s=1.2, cpu_s=2, memory_mb=256, processes=32, file_mb=4, disk_mb=16, output_bytes=10_000
)
MARK = jail.tree({"/home/user/mark": "here"})


@pytest.fixture(autouse=True)
async def the_run_goes_on() -> AsyncIterator[None]:
    yield
    ran = await jail.run(MARK, ["cat", "mark"])
    assert (ran.exit_code, ran.stdout, ran.files) == (0, "here", MARK)


async def attack(*argv: str, limits: jail.Limits = TIGHT) -> jail.Ran:
    """Run it; whatever it does, it ends in time and the files that stood there are seen afterwards."""
    began = time.monotonic()
    ran = await jail.run(MARK, argv, limits=limits)
    assert time.monotonic() - began < limits.wall_s + 5
    assert ran.files is not None
    assert ran.files["/home/user/mark"] == jail.File(data=b"here")
    return ran


async def python(code: str, limits: jail.Limits = TIGHT) -> jail.Ran:
    return await attack("python3", "-c", code, limits=limits)


@pytest.mark.parametrize(
    "bomb", [":(){ :|:& };:", "while :; do bash -c 'sleep 99' & done", "f() { f & f; }; f"]
)
async def test_fork_bomb(bomb: str) -> None:
    run = asyncio.create_task(attack("bash", "-c", bomb))
    most = 0
    while not run.done():
        most = max(most, len(psutil.Process().children(recursive=True)))
        await asyncio.sleep(0.1)
    await run
    assert most <= TIGHT.processes + 2  # the keeper, and what started it
    await asyncio.sleep(0.1)
    assert not [p for p in psutil.process_iter(["cmdline"]) if bomb in (p.info["cmdline"] or [])]


async def test_fork_bomb_in_python_that_ignores_signals() -> None:
    code = "import os, signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True:\n"
    ran = await python(code + "    try: os.fork()\n    except OSError: pass")
    assert ran.timed_out or ran.exit_code in (137, 152)


async def test_infinite_loop_in_sleep() -> None:
    ran = await attack("sleep", "1000")
    assert ran.timed_out
    assert ran.exit_code == 137


async def test_infinite_loop_in_computing() -> None:
    ran = await python("while True: pass", TIGHT.model_copy(update={"cpu_s": 1, "wall_s": 10}))
    assert not ran.timed_out
    assert ran.exit_code in (137, 152)


async def test_files_too_large() -> None:
    ran = await python("f = open('big', 'wb')\nwhile True: f.write(bytes(2**20))")
    assert "File too large" in ran.stderr
    ran = await python("f = open('sparse', 'wb'); f.truncate(10 * 2**30)")
    assert "File too large" in ran.stderr
    assert (await attack("bash", "-c", "head -c 10G /dev/zero > big")).exit_code != 0


async def test_disk_full_of_files() -> None:
    ran = await attack("bash", "-c", "for i in $(seq 20); do head -c 3M /dev/urandom > f$i; done; echo done")
    assert "No space left" in ran.stderr
    assert sum(len(n.data) for n in (ran.files or {}).values() if isinstance(n, jail.File)) <= 16 * 2**20


async def test_many_files() -> None:
    endless = "import os\nfor i in range(10**6): open(f'f{i}', 'w').close()"
    ran = await python(endless, TIGHT.model_copy(update={"wall_s": 4, "cpu_s": 4}))
    assert ran.exit_code == 137 or ran.timed_out
    assert (ran.files or {})["/home/user"] == jail.Unreadable(reason="too many files")


async def test_too_many_files_are_said_to_be_there() -> None:
    code = "import os\nos.mkdir('d')\nfor i in range(30000): open(f'd/f{i}', 'w').close()"
    ran = await python(code, TIGHT.model_copy(update={"wall_s": 10, "cpu_s": 10}))
    assert ran.files is not None
    assert ran.files["/home/user/d"] == jail.Unreadable(reason="too many files")


async def test_deep_folders() -> None:
    ran = await python("import os\nfor i in range(3000): os.mkdir('d'); os.chdir('d')")
    assert ran.exit_code == 0
    assert jail.Unreadable(reason="too deep") in (ran.files or {}).values()


@pytest.mark.parametrize("stream", ["1", "2"])
async def test_endless_output(stream: str) -> None:
    ran = await attack("bash", "-c", f"yes >&{stream}")
    assert ran.truncated
    assert len(ran.stdout) + len(ran.stderr) == TIGHT.output_bytes


async def test_long_output_is_cut_and_its_writer_goes_on() -> None:
    ran = await python("print('x' * 10**6); open('after', 'w')")
    assert (ran.exit_code, ran.truncated, len(ran.stdout)) == (0, True, 10_000)
    assert "/home/user/after" in (ran.files or {})


async def test_memory_of_one_process() -> None:
    assert "MemoryError" in (await python("x = bytearray(2**30)")).stderr


async def test_memory_of_all_processes() -> None:
    code = "import os, time\nfor _ in range(8):\n    if os.fork() == 0: break\n"
    code += "x = b'x' * (200 * 2**20)\ntime.sleep(60)"
    ran = await python(code, TIGHT.model_copy(update={"wall_s": 20}))
    assert ran.exit_code == 137
    assert not ran.timed_out


async def test_memory_files_that_no_limit_counts() -> None:
    ran = await python("import os\ntry: os.memfd_create('x')\nexcept PermissionError: print('refused')")
    assert ran.stdout == "refused\n"


@pytest.mark.parametrize(
    "path", ["/home/user/../../etc/x", "/etc/passwd", "/home/../x", "relative", "/usr/x", "/home"]
)
async def test_paths_that_lead_out(path: str) -> None:
    async with jail.Jail() as live:
        for follow in (False, True):
            with pytest.raises(OSError, match=r"Permission denied|Is a directory|Read-only"):
                await live.write({path: jail.File(data=b"x")}, follow=follow)


@pytest.mark.parametrize(
    "target", ["/proc/1/fd/1", "/proc/self/fd/0", "/etc/passwd", "/dev/stdin", "/run/init.pyc"]
)
async def test_links_to_the_keeper_are_not_followed(target: str) -> None:
    async with jail.Jail() as live:
        await live.write(
            jail.tree({"/home/user/l": jail.Link(target=target), "/home/user/d": jail.Link(target="/")})
        )
        for path in ("/home/user/l", "/home/user/d" + target):
            with pytest.raises(OSError, match="Permission denied"):
                await live.write({path: jail.File(data=b"x")}, follow=True)
        with pytest.raises(OSError, match=r"stands in the way|Read-only|Permission denied"):
            await live.write({"/home/user/d" + target: jail.File(data=b"x")})
        read = await live.read("/home/user/d/proc/1/environ", follow=True)
        assert read == jail.Unreadable(reason="Permission denied")


async def test_link_to_a_host_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    link = jail.Link(target=str(secret))
    ran = await jail.run(
        {**MARK, "/home/user/l": link}, ["bash", "-c", f"cat l; cat {secret}; ls {tmp_path}"]
    )
    assert "top secret" not in ran.stdout
    assert ran.stderr.count("No such file") == 3
    assert (ran.files or {})["/home/user/l"] == link


async def test_no_network() -> None:
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hidden = socket.socket(socket.AF_UNIX)
    hidden.bind(f"\0subterfuge-{os.getpid()}")
    hidden.listen()
    code = f"""
import socket
for family, address in (
    (socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_INET, ("1.1.1.1", 53)),
    (socket.AF_UNIX, "\\0subterfuge-{os.getpid()}"),
):
    s = socket.socket(family); s.settimeout(1)
    try: s.connect(address); print("connected", address)
    except OSError as error: print("refused")
try: socket.getaddrinfo("example.com", 80); print("resolved")
except OSError: print("refused")
"""
    ran = await python(code, TIGHT.model_copy(update={"wall_s": 15}))
    server.close()
    hidden.close()
    assert ran.stdout.split() == ["refused"] * 4, ran


async def test_the_grader_is_not_there() -> None:
    package = Path(subterfuge.__file__).parent
    ran = await attack(
        "bash", "-c", f"python3 -c 'import subterfuge'; ls {package} {package.parents[1]}; env"
    )
    assert "No module named 'subterfuge'" in ran.stderr
    assert ran.stderr.count("No such file") == 2
    ran = await attack(
        "bash", "-c", "find / -xdev -name '*subterfuge*' 2>/dev/null; grep -rl subterfuge /etc /opt /run"
    )
    assert ran.stdout == ""


async def test_nothing_else_can_be_written() -> None:
    places = "/ /usr /usr/local /etc /opt /opt/bin /run /dev /dev/shm /proc /proc/sys/kernel /bin"
    ran = await attack(
        "bash", "-c", f"for p in {places}; do touch $p/x && echo wrote $p; done; echo x > /opt/bin/pytest"
    )
    assert ran.stdout == ""
    ran = await attack(
        "bash", "-c", "find / -writable ! -type l -not -path '/proc/*' -not -path '/dev/*' 2>/dev/null"
    )
    assert {line for line in ran.stdout.split() if not line.startswith(("/home", "/tmp"))} == set()


KILLERS = [
    "kill -9 1; kill -INT 1; kill -TERM 1; kill -STOP 1",
    "kill -9 $PPID",
    "kill -9 -1",
    "prlimit --pid 1 --cpu=1:1 || python3 -c 'import resource as r; r.prlimit(1, r.RLIMIT_CPU, (1, 1))'",
    "renice 19 -p 1; chrt -i -p 0 1; taskset -p 1 1",
    "for f in /proc/1/fd/*; do echo junk > $f; done; echo junk > /proc/1/fd/1; echo junk > /proc/1/mem",
    "gdb -p 1 < /dev/null; strace -p 1; cat /proc/1/environ /proc/1/maps",
    'exec 9>&-; for i in $(seq 0 20); do eval "exec $i>&-"; done',
    "while kill -CHLD 1; do :; done & sleep 1",
]


@pytest.mark.parametrize("killer", KILLERS)
async def test_the_keeper_lives(killer: str) -> None:
    async with jail.Jail(TIGHT) as live:
        await live.write(MARK)
        await live.run(["bash", "-c", killer])
        again = await live.run(["bash", "-c", "cat mark; ps -eo pid= | wc -l"])
        assert again.stdout.startswith("here")
        assert await live.snapshot() == MARK
        read = await live.run(["python3", "-c", "open('/proc/1/mem', 'rb')"])
        assert "PermissionError" in read.stderr


async def test_the_keepers_descriptors_are_not_inherited() -> None:
    ran = await python("import os; print(*sorted(int(n) for n in os.listdir('/proc/self/fd')))")
    assert ran.stdout.split() == ["0", "1", "2", "3", "9"]  # 3 lists them, 9 is for the state of a shell


async def test_no_rights_and_no_new_namespaces() -> None:
    ran = await attack(
        "bash", "-c", "cat /proc/self/status; unshare -Ur id; unshare -n id; mount -t tmpfs x /tmp"
    )
    status = dict(line.split(":\t") for line in ran.stdout.splitlines() if ":\t" in line)
    for name in ("CapPrm", "CapEff", "CapAmb"):
        assert int(status[name], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert "uid=" not in ran.stdout
    assert ran.stderr.count("not permitted") + ran.stderr.count("permission denied") >= 2


async def test_daemons_end_with_the_run() -> None:
    number = str(10**6 + os.getpid())
    code = "import os\nif os.fork() == 0:\n    os.setsid()\n"
    code += f"    if os.fork() == 0: os.execvp('sleep', ['sleep', '{number}'])"
    ran = await attack(
        "bash", "-c", f'python3 -c "{code}"; nohup setsid sleep {number} >/dev/null 2>&1 & echo left'
    )
    assert ran.stdout == "left\n"
    await asyncio.sleep(0.1)
    assert not [p for p in psutil.process_iter(["cmdline"]) if number in (p.info["cmdline"] or [])]


async def test_no_file_hides_behind_its_mode_or_kind() -> None:
    script = (
        "mkdir -p d/e; echo a > d/e/f; echo b > g; chmod 000 d/e/f g; chmod 000 d/e d; mkfifo p; "
        "ln -s /dev/zero z; ln g h; touch $'new\\nline' $'\\xff'; "
        "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('s')\""
    )
    ran = await attack("bash", "-c", script)
    assert ran.files == jail.tree(
        {
            **MARK,
            "/home/user/d/e/f": "a\n",
            "/home/user/g": "b\n",
            "/home/user/h": "b\n",
            "/home/user/p": jail.Unreadable(reason="not a regular file"),
            "/home/user/s": jail.Unreadable(reason="not a regular file"),
            "/home/user/z": jail.Link(target="/dev/zero"),
            "/home/user/new\nline": b"",
            "/home/user/\\xff": b"",
        }
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root takes a uid of its own for each jail")
async def test_each_jail_has_a_uid_of_its_own() -> None:
    async with jail.Jail() as one, jail.Jail() as other:
        uids = {(await live.run(["id", "-u"])).stdout for live in (one, other)}
    assert len(uids) == 2
    assert "0\n" not in uids


def test_disk_of_the_host_is_untouched() -> None:
    assert shutil.disk_usage("/").free > 2**30
