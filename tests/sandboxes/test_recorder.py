"""The recorder says what each command changed, on our providers and on Inspect's own."""

import pytest
from inspect_ai.util import SandboxEnvironment
from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

from subterfuge import jail
from subterfuge.sandboxes import Recorder
from subterfuge.sandboxes.provider import Provider


async def record(sandbox: SandboxEnvironment, home: str) -> None:
    await sandbox.write_file("a", "1")
    await sandbox.write_file("b", "2")
    recorder = Recorder(sandbox)
    assert await recorder.start() == jail.tree({f"{home}/a": "1", f"{home}/b": "2"})
    step = await recorder.run("echo 2 > a; ln -s a l; mkdir e; rm b; echo said; echo warned >&2; exit 4")
    assert (step.stdout, step.stderr, step.exit_code, step.timed_out) == ("said\n", "warned\n", 4, False)
    assert step.changes == {
        f"{home}/a": jail.File(data=b"2\n"),
        f"{home}/b": None,
        f"{home}/e": jail.Directory(),
        f"{home}/l": jail.Link(target="a"),
    }
    step = await recorder.run("echo 3 > c; sleep 30", timeout_s=1)
    assert (step.exit_code, step.timed_out, step.changes) == (
        124,
        True,
        {f"{home}/c": jail.File(data=b"3\n")},
    )
    step = await recorder.run("true")
    assert step.changes == {}
    assert len(recorder.steps) == 3
    final = await recorder.snapshot()
    assert final == jail.tree(
        {
            f"{home}/a": "2\n",
            f"{home}/c": "3\n",
            f"{home}/e": jail.Directory(),
            f"{home}/l": jail.Link(target="a"),
        }
    )


async def test_records_ours(sandbox: Provider) -> None:
    await record(sandbox, jail.HOME)


async def test_records_any_other() -> None:
    local = LocalSandboxEnvironment()
    await record(local, local.directory.name)
    local.directory.cleanup()


async def test_watched_folders_can_be_named(sandbox: Provider) -> None:
    recorder = Recorder(sandbox, roots=["/home/user/in"])
    await recorder.start()
    step = await recorder.run("mkdir in inside; echo 1 > in/x; echo 2 > inside/x; echo 3 > /tmp/x")
    assert step.changes == {"/home/user/in/x": jail.File(data=b"1\n")}


@pytest.mark.parametrize(
    "command", ["yes", "kill -9 $$", "exec sleep 60", "((", "cat /dev/urandom", "rm -rf ~ /tmp/*"]
)
async def test_nothing_a_model_does_raises(sandbox: Provider, command: str) -> None:
    recorder = Recorder(sandbox)
    await recorder.start()
    await recorder.run(command, timeout_s=2)
    step = await recorder.run("cd /tmp; echo 1 > after")
    assert step.changes == {"/tmp/after": jail.File(data=b"1\n")}


async def test_a_lost_sandbox_is_missing_evidence(sandbox: Provider) -> None:
    recorder = Recorder(sandbox)
    await recorder.start()
    await sandbox.close()
    step = await recorder.run("echo 1")
    assert (step.exit_code, step.changes) == (137, {})
    assert await recorder.snapshot() is None
    with pytest.raises(RuntimeError, match="cannot be read"):
        await Recorder(sandbox).start()
