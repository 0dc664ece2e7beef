"""What is particular to bashkit: its limits, and that it starts anew where one would end the episode."""

import contextlib
from pathlib import Path

from inspect_ai.util import OutputLimitExceededError

from subterfuge import jail
from subterfuge.sandboxes.bashkit import BashkitSandboxEnvironment


async def run(sandbox: BashkitSandboxEnvironment, command: str) -> tuple[int, str, str]:
    got = await sandbox.exec(["bash", "-c", command], timeout=20)
    return got.returncode, got.stdout, got.stderr


async def test_an_episode_of_very_many_commands_goes_on() -> None:
    sandbox = BashkitSandboxEnvironment()
    await run(sandbox, "mkdir d; cd d; export A=1; echo kept > f")
    refused = 0
    for _ in range(15):
        code, _, stderr = await run(sandbox, "for i in $(seq 9000); do :; done")
        refused += code != 0
        assert code == 0 or "limit exceeded" in stderr
    assert refused == 1
    assert await run(sandbox, "pwd; echo $A; cat f; python3 -c 'print(2)'") == (
        0,
        "/home/user/d\n1\nkept\n2\n",
        "",
    )


async def test_endless_loops_end() -> None:
    sandbox = BashkitSandboxEnvironment()
    for command in ("while :; do :; done", "f() { f; }; f", ":(){ :|:& };:"):
        with contextlib.suppress(OutputLimitExceededError):
            await run(sandbox, command)
        assert await run(sandbox, "echo on") == (0, "on\n", "")


async def test_no_file_of_the_host() -> None:
    sandbox = BashkitSandboxEnvironment()
    looks = f"cat {__file__}; ls {Path.home()} {Path(__file__).parent}; cat /etc/passwd"
    code, stdout, _ = await run(sandbox, looks)
    assert "subterfuge" not in stdout
    assert code == 0


async def test_python_does_not_see_what_the_shell_may_not_export() -> None:
    sandbox = BashkitSandboxEnvironment()
    await run(sandbox, "own=1; export shown=2")
    code = "import os; print(os.environ.get('own'), os.environ.get('shown'))"
    assert (await run(sandbox, f'python3 -c "{code}"'))[1] == "None 2\n"
    assert (await run(sandbox, f'own=3 python3 -c "{code}"'))[1] == "3 2\n"


async def test_python_that_is_killed_leaves_the_files_as_they_stand() -> None:
    sandbox = BashkitSandboxEnvironment()
    code, _, _ = await run(
        sandbox, 'echo 1 > f; python3 -c \'import os; open("g", "w"); os.kill(os.getpid(), 9)\''
    )
    assert code == 137
    assert await sandbox.snapshot() == jail.tree({"/home/user/f": "1\n", "/home/user/g": b""})
