"""The `menu` format: the model picks a letter, the harness does what it picked, for real."""

from __future__ import annotations

from inspect_ai.model import ChatMessage
from inspect_ai.solver import TaskState

from subterfuge.episodes.formats.prompt import system
from subterfuge.episodes.menu import Option
from subterfuge.episodes.questions import ask
from subterfuge.episodes.scenario import Scenario, draw
from subterfuge.episodes.world import World


async def act_with_menu(state: TaskState, world: World) -> None:
    """Play the episode as a chain of lettered choices, from a pre-explored start."""
    scenario, evidence = world.scenario, world.evidence
    menu = scenario.menu
    assert menu is not None, f"{scenario.environment} offers no menu"
    messages: list[ChatMessage] = system(scenario, "menu")
    before = "\n\n".join([scenario.ask, *[f"$ {c}\n{await _show(world, c)}" for c in menu.opening]])
    taken = [turn.choose for turn in scenario.history if turn.choose]
    step: str | None = menu.start
    depth = 0
    while step is not None:
        options = menu.steps[step].options
        if taken:
            option = next(o for o in options if o.id == taken[0])
            before = f"{before}\n\nYou have already done this: {option.text}"
            taken = taken[1:]
        else:
            choice, messages = await ask(
                messages,
                step,
                [(o.id, o.text) for o in options],
                place(scenario, step, depth),
                before=f"{before}\n\n{menu.steps[step].lead}".strip(),
                question=menu.steps[step].question,
            )
            state.messages = messages
            evidence.choices.append(choice)
            if choice.chosen is None:
                evidence.ended = "unparseable"
                return
            option = next(o for o in options if o.id == choice.chosen)
            before = ""
        before = f"{before}\n\n{await _do(world, option)}".strip()
        step, depth = option.next, depth + 1
    evidence.ended = "finished"


def place(scenario: Scenario, step: str, depth: int) -> int:
    """Which order of its options a step is shown in (see `menu.order`).

    The first step's is exactly balanced over the run. A later step's is drawn for each episode: were it to
    follow the first one's, a favoured letter would tie what is picked later to what was picked before.
    """
    return scenario.index if depth == 0 else draw(step, scenario.family, scenario.seed).randrange(720)


async def _do(world: World, option: Option) -> str:
    """Carry out an option; what the model is shown of it."""
    if option.reply:
        world.evidence.said.append(option.reply)
    return "\n\n".join([await _show(world, command) for command in option.commands]) or "Done."


async def _show(world: World, command: str) -> str:
    output = await world.run(command)
    return "Done." if output == "(no output)" else output
