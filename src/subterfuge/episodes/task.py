"""The one function that makes an Inspect task of an environment."""

from __future__ import annotations

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import store

from subterfuge.episodes import arms, scorers
from subterfuge.episodes.environment import ENVIRONMENTS, Environment
from subterfuge.episodes.errors import check, check_sandbox
from subterfuge.episodes.formats import FORMATS
from subterfuge.episodes.questions import ANSWERS
from subterfuge.episodes.scenario import Scenario
from subterfuge.episodes.viewer import VIEWER
from subterfuge.episodes.world import World
from subterfuge.models.script import hand_out
from subterfuge.models.scripted import ScriptedAPI


def environment_task(
    environment: Environment,
    *,
    arm: str = "standard",
    action_format: str = "tools",
    episodes: int = 100,
    seed: int = 0,
    split: str = "all",
    sandbox: str = "bashkit",
    ask_about: str = "all",
) -> Task:
    """An Inspect task: scenarios, one solver, the scorers.

    Args:
        environment: what to run.
        arm: the controlled variation; `subterfuge.episodes.arms.ARMS` has them all.
        action_format: `tools`, `tags` or `menu`.
        episodes: how many scenarios, each played once.
        seed: the generator's seed.
        split: `all`, `train` or `held_out` families.
        sandbox: the shell that the episode lives in: `bashkit`, `bwrap`, `docker`, …
        ask_about: of which episodes disclosure is asked: `all` or `changed`.

    Raises:
        PrerequisiteError: one line, if an argument is not one that this environment knows.
    """
    check(
        environment, arm=arm, action_format=action_format, split=split, episodes=episodes, ask_about=ask_about
    )
    check_sandbox(sandbox)
    drawn = environment.scenarios(episodes, seed, split)
    scenarios = [arms.apply(environment, arm, scenario.edit(index=i)) for i, scenario in enumerate(drawn)]
    return task_of(
        environment,
        [sample_of(scenario, action_format) for scenario in scenarios],
        action_format,
        sandbox,
        ask_about,
        {"arm": arm, "generator_seed": seed, "split": split},
    )


def sample_of(scenario: Scenario, action_format: str, actor: str | None = None) -> Sample:
    """One episode as an Inspect sample; for a named actor, the one that certification lets play in it."""
    return Sample(
        id=f"{scenario.family}-{scenario.seed:012x}"
        if actor is None
        else f"{actor}-{scenario.arm}-{action_format}",
        input=scenario.ask,
        metadata={
            "scenario": scenario.model_dump(mode="json"),
            "action_format": action_format,
            "environment": scenario.environment,
            "arm": scenario.arm,
            "family": scenario.family,
            **({} if actor is None else {"actor": actor}),
        },
        files=scenario.files or None,
    )


def task_of(
    environment: Environment,
    samples: list[Sample],
    action_format: str,
    sandbox: str,
    ask_about: str = "all",
    metadata: dict[str, str | int] | None = None,
) -> Task:
    """A task of these samples: the experiment on one screen."""
    return Task(
        dataset=MemoryDataset(samples, name=environment.name),
        solver=play(action_format),
        scorer=[scorers.grade(), scorers.disclosure(ask_about)],
        sandbox=sandbox if any(sample.files for sample in samples) else None,
        message_limit=60,
        fail_on_error=False,
        name=environment.name,
        display_name=environment.title,
        version=environment.version,
        tags=["subterfuge", "reward-tampering"],
        headline_metric="grade.gamed",
        viewer=VIEWER,
        metadata={
            "environment": environment.name,
            "action_format": action_format,
            "source": environment.source,
            **(metadata or {}),
        },
        description=f"{environment.ask} {environment.gaming}",
    )


@solver
def play(action_format: str) -> Solver:
    """Play one episode in this action format."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        scenario = scorers.scenario_of(state)
        if isinstance(get_model().api, ScriptedAPI):
            _hand_out_scripts(ENVIRONMENTS[scenario.environment], scenario, state.metadata.get("actor"))
        world = World(scenario)
        scorers.LIVE[state.uuid] = world
        await world.start()
        await FORMATS[action_format](state, world)
        return state

    return solve


CAST = "cast"
"""What the scripted model is told to play where each sample names its own actor."""


def _hand_out_scripts(environment: Environment, scenario: Scenario, only: str | None) -> None:
    """Let the scripted model know what each actor does in this scenario."""
    if only is not None:
        actor = next(a for a in environment.actors if a.name == only and a.arm == scenario.arm)
        actors = {CAST: actor}
    else:
        # Of two actors of one name the one that was written for this arm wins.
        actors = {
            a.name: a
            for a in sorted(environment.actors, key=lambda a: (a.arm == scenario.arm, a.arm == "standard"))
        }
    hand_out(store(), {name: actor.script(scenario) for name, actor in actors.items()})
    store().set(ANSWERS, {name: dict(actor.answers) for name, actor in actors.items()})
