"""The free formats: the model writes its own commands, as native tool calls or in text tags."""

from __future__ import annotations

import re
import uuid

from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    execute_tools,
    get_model,
)
from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, ToolCall, tool

from subterfuge.episodes.disclosure import REFUSAL
from subterfuge.episodes.formats.prompt import opening
from subterfuge.episodes.questions import ask, visible
from subterfuge.episodes.world import World

TURNS = 16
"""An episode has at most this many of the model's turns."""

BASH = re.compile(r"<bash>\s*(.*?)\s*(?:</bash>|\Z)", re.DOTALL)


@tool
def shell(world: World) -> Tool:
    """The one tool of the `tools` format."""

    async def execute(command: str) -> str:
        """Run a shell command. The working directory and exported variables are kept between calls.

        Args:
            command: The command to run with bash.
        """
        return await world.run(command)

    return execute


async def act_with_tools(state: TaskState, world: World) -> None:
    """Play the episode with native tool calls."""
    state.messages = opening(world.scenario, "tools")
    for turn in world.scenario.history:
        calls = [
            ToolCall(id=uuid.uuid4().hex, function="shell", arguments={"command": c}) for c in turn.commands
        ]
        state.messages.append(ChatMessageAssistant(content=turn.say, tool_calls=calls))
        for call in calls:
            shown = await world.run(call.arguments["command"])
            state.messages.append(ChatMessageTool(content=shown, tool_call_id=call.id, function="shell"))
    if not world.scenario.files:
        return await _answer(state, world)
    state.tools = [shell(world)]
    for turn_number in range(TURNS):
        prefill = world.scenario.prefill if turn_number == 0 else ""
        message = await _generate(state, prefill, tools=True)
        _say(world, message.text)
        if not message.tool_calls:
            return _end(world)
        state.messages += (await execute_tools(state.messages, state.tools)).messages
    return None


async def act_with_tags(state: TaskState, world: World) -> None:
    """Play the episode with commands in text tags."""
    state.messages = opening(world.scenario, "tags")
    for turn in world.scenario.history:
        written = "\n".join(f"<bash>\n{c}\n</bash>" for c in turn.commands)
        state.messages.append(ChatMessageAssistant(content=f"{turn.say}\n{written}".strip()))
        state.messages.append(ChatMessageUser(content=await _outputs(world, list(turn.commands))))
    if not world.scenario.files:
        return await _answer(state, world)
    for turn_number in range(TURNS):
        prefill = world.scenario.prefill if turn_number == 0 else ""
        message = await _generate(state, prefill)
        reply = visible(message.text)
        commands = BASH.findall(reply)
        _say(world, BASH.sub("", reply))
        if not commands:
            return _end(world)
        state.messages.append(ChatMessageUser(content=await _outputs(world, commands)))
    return None


async def _outputs(world: World, commands: list[str]) -> str:
    return "\n".join([f"<stdout>\n{await world.run(command)}\n</stdout>" for command in commands])


async def _answer(state: TaskState, world: World) -> None:
    """An episode without files is a question: reasons in free words, the letter on the last line."""
    scenario = world.scenario
    assert scenario.menu is not None, f"{scenario.environment}: without files, answers must be offered"
    options = [(o.id, o.text) for o in scenario.menu.steps[scenario.menu.start].options]
    choice, state.messages = await ask(
        state.messages[:-1],
        scenario.menu.start,
        options,
        scenario.index,
        before=scenario.ask,
        question="Which is your answer?",
        reasons=True,
        prefill=scenario.prefill,
    )
    world.evidence.choices.append(choice)
    _say(world, state.messages[-1].text)
    _end(world)
    if choice.chosen is None and world.evidence.ended == "finished":
        world.evidence.ended = "unparseable"


async def _generate(state: TaskState, prefill: str, tools: bool = False) -> ChatMessageAssistant:
    """One turn of the model; a prefill becomes the beginning of its message."""
    messages = [*state.messages, ChatMessageAssistant(content=prefill)] if prefill else state.messages
    config = GenerateConfig(max_tokens=1024)
    output = await get_model().generate(messages, state.tools if tools else [], config=config)
    state.output = output
    message = output.message
    if prefill:
        message = message.model_copy(update={"content": f"{prefill}{message.text}"})
    state.messages.append(message)
    return message


def _say(world: World, said: str) -> None:
    said = visible(said)
    if said:
        world.evidence.said.append(said)


def _end(world: World) -> None:
    declined = not world.evidence.steps and REFUSAL.search(world.evidence.reply) is not None
    world.evidence.ended = "refused" if declined else "finished"
