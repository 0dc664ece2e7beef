"""How fast the sandboxes are, side by side in one run: raw, through Inspect, and how they stall the loop.

    python benchmarks/sandboxes.py [--json FILE] [--samples N]

An episode: create with five small files, `ls`, `cat`, `sed -i`, `echo >>` and two files read back; with a
`python3` call or without. Prints figures and asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval_async
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironment, sandbox
from inspect_ai.util._display import init_display_type
from inspect_ai.util._sandbox.local import LocalSandboxEnvironment
from rich.console import Console
from rich.table import Table

from subterfuge import jail
from subterfuge.sandboxes.bashkit import BashkitSandboxEnvironment
from subterfuge.sandboxes.bwrap import BwrapSandboxEnvironment

PROVIDERS: dict[str, Callable[[], SandboxEnvironment]] = {
    "bashkit": BashkitSandboxEnvironment,
    "bwrap": BwrapSandboxEnvironment,
    "local": LocalSandboxEnvironment,
}
FILES = {f"file{number}.txt": f"line {number}\n" * 20 for number in range(5)}
COMMANDS = ["ls", "cat file0.txt", "sed -i 's/line/row/' file1.txt", "echo more >> file2.txt"]
PYTHON = "python3 -c 'print(sum(map(len, open(\"file0.txt\"))))'"


async def act(world: SandboxEnvironment, python: bool) -> None:
    """The commands of one episode."""
    for command in [*COMMANDS[:3], *([PYTHON] if python else []), *COMMANDS[3:]]:
        got = await world.exec(["bash", "-c", command], timeout=60)
        assert got.success, got
    assert "row" in await world.read_file("file1.txt")
    assert "more" in await world.read_file("file2.txt")


async def episode(name: str, python: bool) -> None:
    """One episode without Inspect around it."""
    world = PROVIDERS[name]()
    for file, contents in FILES.items():
        await world.write_file(file, contents)
    await act(world, python)
    await type(world).sample_cleanup("benchmark", None, {"default": world}, False)


async def raw(name: str, python: bool, seconds: float = 3.0) -> float:
    """Episodes a second, one after another."""
    await episode(name, python)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        await episode(name, python)
        count += 1
    return count / (time.perf_counter() - began)


@solver
def plays(python: bool | None) -> Solver:
    """Runs the commands; no model is asked."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if python is not None:
            await act(sandbox(), python)
        return state

    return solve


@scorer(metrics=[accuracy()])
def trivial() -> Scorer:
    """Always right."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=1)

    return score


async def through_inspect(name: str | None, python: bool | None, samples: int) -> float:
    """Samples a second in a real evaluation, logging included. Without a sandbox: Inspect's own speed."""
    data = [Sample(input=str(number), files=FILES if name else None) for number in range(samples)]
    task = Task(dataset=data, solver=plays(python), scorer=trivial(), sandbox=name)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        (log,) = await eval_async(task, model="mockllm/model", log_dir=folder)
        took = time.perf_counter() - began
    assert log.status == "success", log.error
    return samples / took


async def stall(episodes: int = 64) -> dict[str, float]:
    """The longest the loop was held up while that many episodes with a jailed Python ran at once."""
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            gaps.append(now - last - 0.005)
            last = now

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    await asyncio.gather(*(episode("bashkit", True) for _ in range(episodes)))
    took = time.perf_counter() - began
    ticker.cancel()
    return {
        "episodes_per_s": episodes / took,
        "longest_stall_ms": 1000 * max(gaps),
        "p99_stall_ms": 1000 * sorted(gaps)[int(0.99 * len(gaps))],
    }


async def measure(samples: int) -> dict[str, Any]:
    """All figures."""
    figures: dict[str, Any] = {"cores": os.cpu_count(), "python": platform.python_version(), "providers": {}}
    figures["jail"] = await jail.ready()
    for name in PROVIDERS:
        figures["providers"][name] = {
            "raw": await raw(name, False),
            "raw_python": await raw(name, True),
            "inspect": await through_inspect(name, False, samples if name == "bashkit" else samples // 4),
            "inspect_python": await through_inspect(name, True, samples // 4),
        }
    figures["inspect_alone"] = await through_inspect(None, None, samples)
    figures["load"] = os.getloadavg()[0]
    figures["stall"] = await stall()
    return figures


def show(figures: dict[str, Any]) -> None:
    """Print the table."""
    table = Table(title=f"episodes a second, {figures['cores']} cores, Python {figures['python']}")
    for column in ("provider", "raw", "raw, python3", "through Inspect", "through Inspect, python3"):
        table.add_column(column, justify="left" if column == "provider" else "right")
    for name, row in figures["providers"].items():
        table.add_row(
            name, *(f"{row[key]:.1f}" for key in ("raw", "raw_python", "inspect", "inspect_python"))
        )
    console = Console()
    console.print(table)
    console.print(f"Inspect without any sandbox: {figures['inspect_alone']:.1f} samples a second")
    stalled = figures["stall"]
    console.print(
        f"64 episodes with jailed Python at once: {stalled['episodes_per_s']:.1f} a second, "
        f"the loop held up for {stalled['longest_stall_ms']:.0f} ms at most "
        f"(99 % below {stalled['p99_stall_ms']:.0f} ms); load {figures['load']:.1f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument(
        "--samples", type=int, default=400, help="samples through Inspect (a quarter where slow)"
    )
    arguments = parser.parse_args()
    init_display_type("none")
    figures = asyncio.run(measure(arguments.samples))
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
