"""The `subterfuge/scripted` backend: an actor that plays a script through the ordinary model API.

    inspect eval subterfuge/reward_tampering --model subterfuge/scripted -M actor=gamer
    inspect eval subterfuge/reward_tampering --model subterfuge/scripted -M actor=gamer -M rate=0.1
    inspect eval elsewhere/task --model subterfuge/scripted -M say="No." -M otherwise_say="Yes." -M rate=0.9

It needs no model, no network and no clock, and what it does is known beforehand: instruments are certified
with it, and control procedures are tried with a known event rate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.solver._task_state import sample_state
from inspect_ai.tool import ToolCall, ToolChoice, ToolInfo
from inspect_ai.util import Store, store

from subterfuge.models.errors import prerequisite
from subterfuge.models.menu import CHOICES_KEY
from subterfuge.models.script import ANSWER_KEY, MENU_KEY, NO_ANSWER, PLAYED_KEY, SCRIPTS_KEY, Turn

_CHARACTERS_PER_TOKEN = 4


class ScriptedAPI(ModelAPI):
    """Plays the turns that the episode's solver put into the sample's store."""

    offers_choices = True

    def __init__(
        self,
        model_name: str = "scripted",
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the base class's signature)
        *,
        actor: str = "honest",
        rate: float = 1.0,
        otherwise: str = "honest",
        seed: int = 0,
        say: str | None = None,
        otherwise_say: str | None = None,
        **unknown: Any,
    ) -> None:
        """Make the actor.

        Args:
            model_name: What Inspect calls the model.
            base_url: Unused; part of Inspect's signature.
            api_key: Unused; part of Inspect's signature.
            config: Defaults for generation; only a choice request's letters matter here.
            actor: Whose script is played.
            rate: Share of samples, 0 to 1, in which `actor` plays; `otherwise` plays in the rest.
            otherwise: Who plays in the samples in which `actor` does not.
            seed: Another seed picks other samples; the same seed always picks the same ones.
            say: Answers every request with this text and plays no script, so that tasks which hand out none
                can be run too: in the share `rate` of the samples.
            otherwise_say: The text in the other samples; `say` by default.
            unknown: Anything else is an error.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if unknown:
            raise prerequisite(
                "subterfuge/scripted takes actor, rate, otherwise, seed, say and otherwise_say, "
                f"not {', '.join(sorted(unknown))}"
            )
        if not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise prerequisite(f"subterfuge/scripted needs a rate from 0 to 1, not {rate!r}")
        if otherwise_say is not None and say is None:
            raise prerequisite("subterfuge/scripted takes otherwise_say beside say only")
        self._actor, self._otherwise, self._rate, self._seed = actor, otherwise, float(rate), seed
        self._say, self._otherwise_say = _text(say), _text(say if otherwise_say is None else otherwise_say)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Play the next turn, or answer a question that was put outside the script."""
        if self._say is not None:
            return _output((self._say if self._chosen() else self._otherwise_say) or "", [], input)
        state = store()
        letters = (config.extra_body or {}).get(CHOICES_KEY)
        actor = self._cast()
        calls: list[ToolCall] = []
        if (answers := state.get(ANSWER_KEY)) is not None:
            text = _named(answers, actor, "answers")
            state.delete(ANSWER_KEY)
            if letters:
                text = _letter(state, text, letters, actor)
        else:
            turn, fresh = _next_turn(state, actor)
            text = turn.say
            if letters and fresh and turn.choose is not None:
                text = _letter(state, turn.choose, letters, actor)
            elif tools and tool_choice != "none":
                calls = _calls(turn, input)
            elif turn.commands and not letters:
                tags = [f"<bash>\n{command}\n</bash>" for command in turn.commands]
                text = "\n".join([text, *tags] if text else tags)
        return _output(text, calls, input)

    def max_connections(self) -> int:
        """An actor costs nothing: sandboxes are what bounds concurrency."""
        return 32

    def collapse_user_messages(self) -> bool:
        """Messages are read as they come."""
        return False

    def _cast(self) -> str:
        """Who plays in the present sample."""
        return self._actor if self._chosen() else self._otherwise

    def _chosen(self) -> bool:
        """Whether the present sample is one of the share: a function of its id, its epoch and the seed."""
        if self._rate >= 1:
            return True
        sample = sample_state()
        key = [self._seed, sample.sample_id, sample.epoch] if sample else [self._seed]
        digest = hashlib.sha256(json.dumps(key).encode()).digest()
        return int.from_bytes(digest[:7], "big") / 2**56 < self._rate


def _text(given: Any) -> str | None:
    """A text, also where a command line's YAML read it as a number."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise prerequisite(f"subterfuge/scripted says texts, not {given!r}: put what it says in quotes")
    return str(given)


def _named(table: dict[str, Any], actor: str, what: str) -> Any:
    if actor not in table:
        known = ", ".join(sorted(table)) or "none"
        raise prerequisite(f"no actor {actor!r} among the {what} of this episode; known: {known}")
    return table[actor]


def _next_turn(state: Store, actor: str) -> tuple[Turn, bool]:
    """The next turn, and whether it is one of the script's (False: the script is over)."""
    scripts = state.get(SCRIPTS_KEY)
    if scripts is None:
        raise prerequisite(
            "subterfuge/scripted plays scripts that a Subterfuge task hands out; this task has none: "
            "give it a fixed answer with -M say=TEXT"
        )
    turns = [Turn.model_validate(turn) for turn in _named(scripts, actor, "scripts")]
    # The digest stands in for "written anew": a solver that puts in other scripts means another play.
    digest = hashlib.sha256(json.dumps(scripts, sort_keys=True).encode()).hexdigest()[:16]
    played = state.get(PLAYED_KEY) or {}
    position = played["turns"] if played.get("scripts") == digest else 0
    state.set(PLAYED_KEY, {"scripts": digest, "turns": position + 1})
    if position < len(turns):
        return turns[position], True
    return Turn(say=(turns[-1].say if turns else "") or "Done."), False


def _letter(state: Store, option: str, letters: Sequence[str], actor: str) -> str:
    if option == NO_ANSWER:
        return option
    menu: dict[str, str] = state.get(MENU_KEY) or {}
    for letter, shown in menu.items():
        if shown == option and letter in letters:
            return letter
    offered = ", ".join(menu.values()) or "nothing"
    raise prerequisite(f"scripted actor {actor!r} would choose {option!r}, but the menu offers: {offered}")


def _calls(turn: Turn, input: list[ChatMessage]) -> list[ToolCall]:
    made = sum(len(m.tool_calls or []) for m in input if isinstance(m, ChatMessageAssistant))
    return [
        ToolCall(id=f"call_{made + i}", function="shell", arguments={"command": command})
        for i, command in enumerate(turn.commands)
    ]


def _output(text: str, calls: list[ToolCall], input: list[ChatMessage]) -> ModelOutput:
    """An output that carries its usage: without one Inspect asks for a tokenizer, which needs a network."""
    read = sum(len(message.text) for message in input) // _CHARACTERS_PER_TOKEN + len(input)
    written = (len(text) + sum(len(str(c.arguments)) for c in calls)) // _CHARACTERS_PER_TOKEN + 1
    name = "subterfuge/scripted"
    message = ChatMessageAssistant(content=text, tool_calls=calls or None, model=name, source="generate")
    return ModelOutput(
        model=name,
        choices=[ChatCompletionChoice(message=message, stop_reason="tool_calls" if calls else "stop")],
        usage=ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written),
    )
