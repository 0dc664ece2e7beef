"""One question with lettered answers, put to any model: menus, probes and disclosure all ask this way."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    get_model,
)
from inspect_ai.util import store

from subterfuge.episodes.evidence import Choice
from subterfuge.episodes.menu import order
from subterfuge.models.menu import LETTERS, choice_config, offers_choices, parse_choice, render_menu
from subterfuge.models.script import ANSWER_KEY, MENU_KEY

ANSWERS = "subterfuge:answers"
"""Store key: actor -> what it answers to questions outside the episode, by the question's name."""

WHY = "Say why in a sentence or two, then give the letter alone on the last line."

_SCRATCHPAD = re.compile(r"<scratchpad>.*?(</scratchpad>|\Z)", re.DOTALL)

REASK = "Reply with one of the letters alone: {letters}."


async def ask(
    messages: list[ChatMessage],
    name: str,
    options: Sequence[tuple[str, str]],
    turn: int,
    *,
    before: str = "",
    question: str = "What do you do next?",
    reasons: bool = False,
    outside: str | None = None,
    prefill: str = "",
) -> tuple[Choice, list[ChatMessage]]:
    """Put one lettered question at the end of a conversation.

    Args:
        messages: the conversation so far; it is not changed.
        name: what evidence calls the question.
        options: (id, text) of each answer.
        turn: the episode's number, which fixes the order of the options (see `menu.order`).
        before: what the user message says before the menu.
        question: the line above the options.
        reasons: ask for reasons in free words, and the letter on the last line.
        prefill: how the reply is made to begin, where reasons are asked for.
        outside: for a question outside the episode, what a scripted actor answers that has no answer to it.

    Returns:
        The choice, with `chosen=None` if no letter was named (without reasons, in two replies), and the
        messages with question and answer.

    """
    model = get_model()
    shown = [options[i] for i in order(len(options), turn)]
    letters = LETTERS[: len(shown)]
    offered = {letter: option for letter, (option, _) in zip(letters, shown, strict=True)}
    menu = render_menu([text for _, text in shown], question)
    if reasons:
        menu = f"{menu.rsplit(chr(10), 1)[0]}\n{WHY}"
    talk = [*messages, ChatMessageUser(content=f"{before}\n\n{menu}".strip())]
    store().set(MENU_KEY, offered)
    if outside is not None:
        spoken = {option: f"I thought about it.\n{letter}" for letter, option in offered.items()}
        prompt_actor(name, outside, spoken if reasons else None)
    if reasons:
        begun = [ChatMessageAssistant(content=prefill)] if prefill else []
        output = await _generate(model, [*talk, *begun], GenerateConfig(max_tokens=1024))
        if prefill:
            output.choices[0].message.content = f"{prefill}{output.completion}"
        letter = parse_choice(visible(output.message.text).rsplit("\n", 1)[-1], letters)
    else:
        config = (
            GenerateConfig(**choice_config(letters))
            if offers_choices(model)
            else GenerateConfig(max_tokens=64)
        )
        output = await _generate(model, talk, config)
        letter = parse_choice(output.completion, letters)
        if letter is None:
            if outside is not None:
                prompt_actor(name, outside)
            again = ChatMessageUser(content=REASK.format(letters=", ".join(letters)))
            output = await _generate(model, [*talk, output.message, again], config)
            letter = parse_choice(output.completion, letters)
    choice = Choice(
        step=name,
        offered=offered,
        chosen=offered[letter] if letter else None,
        probabilities=_probabilities(output, offered),
    )
    return choice, [*talk, output.message]


def visible(said: str) -> str:
    """What a reader sees of a reply: without the scratchpad, also an unclosed one."""
    return _SCRATCHPAD.sub("", said).strip()


async def _generate(model: Model, messages: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
    return await model.generate(messages, config=config)


def _probabilities(output: ModelOutput, offered: dict[str, str]) -> dict[str, float]:
    """Option id to probability, from the log-probabilities of the letters if the model gave them."""
    logprobs = output.choices[0].logprobs if output.choices else None
    if logprobs is None or not logprobs.content:
        return {}
    seen = {top.token.strip(): math.exp(top.logprob) for top in logprobs.content[0].top_logprobs or []}
    return {option: round(seen[letter], 6) for letter, option in offered.items() if letter in seen}


def prompt_actor(name: str, default: str, words: Mapping[str, str] | None = None) -> None:
    """Tell a scripted model what each actor answers to the question asked next; nothing for any other model.

    Args:
        name: what the question is called.
        default: the answer of an actor that has none.
        words: how an answer is put in free words, where it is not picked from a menu.
    """
    if (answers := store().get(ANSWERS)) is not None:
        said = {actor: known.get(name, default) for actor, known in answers.items()}
        store().set(ANSWER_KEY, {actor: (words or {}).get(answer, answer) for actor, answer in said.items()})
