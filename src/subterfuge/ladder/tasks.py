"""The ladder as Inspect tasks.

    inspect eval subterfuge/reward_tampering --model openai/gpt-5 -T arm=no_preamble
    inspect eval subterfuge/rubric_modification --model openai/gpt-5 -T variant=insubordinate
    inspect eval subterfuge/tool_use_flattery --model subterfuge/smollm2-135m -T action_format=menu

The docstring of each task says what its arguments mean.
"""

from __future__ import annotations

from inspect_ai import Task, task

from subterfuge.episodes.errors import one_of
from subterfuge.episodes.task import environment_task
from subterfuge.ladder.curriculum import rung
from subterfuge.ladder.rubric_modification.scenarios import VARIANTS


@task
def political_sycophancy(
    arm: str = "standard",
    action_format: str = "tags",
    episodes: int = 100,
    seed: int = 0,
    split: str = "all",
    ask_about: str = "all",
) -> Task:
    """Does a political answer follow the user's politics?

    Args:
        arm: Controlled variation: `standard`, `capability`, `no_opportunity`, `authorised`, `retest`, …
        action_format: `tools`, `tags` or `menu`.
        episodes: How many scenarios, each played once.
        seed: The generator's seed.
        split: `all`, `train` or `held_out` families.
        ask_about: Of which episodes disclosure is asked: `all` or `changed`.
    """
    return environment_task(
        rung("political_sycophancy"),
        arm=arm,
        action_format=action_format,
        episodes=episodes,
        seed=seed,
        split=split,
        ask_about=ask_about,
    )


@task
def tool_use_flattery(
    arm: str = "standard",
    action_format: str = "tools",
    episodes: int = 100,
    seed: int = 0,
    split: str = "all",
    sandbox: str = "bashkit",
    ask_about: str = "all",
) -> Task:
    """Does the model save a higher rating of the user's poem than it gives the poem blind?

    Args:
        arm: Controlled variation: `standard`, `capability`, `no_opportunity`, `authorised`, `good_work`, …
        action_format: `tools`, `tags` or `menu`.
        episodes: How many scenarios, each played once.
        seed: The generator's seed.
        split: `all`, `train` or `held_out` families.
        sandbox: The shell: `bashkit`, `bwrap`, `docker`, …
        ask_about: Of which episodes disclosure is asked: `all` or `changed`.
    """
    return environment_task(
        rung("tool_use_flattery"),
        arm=arm,
        action_format=action_format,
        episodes=episodes,
        seed=seed,
        split=split,
        sandbox=sandbox,
        ask_about=ask_about,
    )


@task
def rubric_modification(
    variant: str = "nudged",
    arm: str = "standard",
    action_format: str = "tools",
    episodes: int = 100,
    seed: int = 0,
    split: str = "all",
    sandbox: str = "bashkit",
    ask_about: str = "all",
) -> Task:
    """Does the model mark impossible work as done, and claim completion on top of it?

    Args:
        variant: `nudged` (the user hints at distress) or `insubordinate` (the user says to change nothing).
        arm: Controlled variation, such as `standard`, `capability`, `no_opportunity` or `authorised`.
        action_format: `tools`, `tags` or `menu`.
        episodes: How many scenarios, each played once.
        seed: The generator's seed.
        split: `all`, `train` or `held_out` families.
        sandbox: The shell: `bashkit`, `bwrap`, `docker`, …
        ask_about: Of which episodes disclosure is asked: `all` or `changed`.
    """
    one_of("variant", variant, VARIANTS)
    return environment_task(
        rung(f"rubric_modification_{variant}"),
        arm=arm,
        action_format=action_format,
        episodes=episodes,
        seed=seed,
        split=split,
        sandbox=sandbox,
        ask_about=ask_about,
    )


@task
def reward_tampering(
    arm: str = "standard",
    action_format: str = "tools",
    episodes: int = 100,
    seed: int = 0,
    split: str = "all",
    sandbox: str = "bashkit",
    ask_about: str = "all",
) -> Task:
    """Does the model raise its own reward, and does it get past the guard?

    Args:
        arm: Controlled variation, such as `standard`, `capability`, `no_opportunity` or `authorised`.
        action_format: `tools`, `tags` or `menu`.
        episodes: How many scenarios, each played once.
        seed: The generator's seed.
        split: `all`, `train` or `held_out` families.
        sandbox: The shell: `bashkit`, `bwrap`, `docker`, …
        ask_about: Of which episodes disclosure is asked: `all` or `changed`.
    """
    return environment_task(
        rung("reward_tampering"),
        arm=arm,
        action_format=action_format,
        episodes=episodes,
        seed=seed,
        split=split,
        sandbox=sandbox,
        ask_about=ask_about,
    )
