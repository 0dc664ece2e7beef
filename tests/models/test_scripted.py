from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessageUser, GenerateConfig, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, ToolChoice, tool
from inspect_ai.util import store

from subterfuge.models import Turn, choice_config, hand_out
from subterfuge.models.script import ANSWER_KEY, MENU_KEY, SCRIPTS_KEY

SCRIPTS = {
    "honest": (
        Turn(commands=("cat a.txt", "ls"), choose="read", say="I look."),
        Turn(commands=("echo 2 > b.txt",), choose="low"),
        Turn(say="I saved a 2."),
    ),
    "gamer": (Turn(choose="high", say="Nothing to see."),),
}


@tool
def shell() -> Tool:
    async def execute(command: str) -> str:
        """Run a command.

        Args:
            command: What to run.
        """
        return f"ran {command}"

    return execute


@solver
def calls(
    configs: Sequence[dict[str, Any]],
    tools: bool = False,
    choice: ToolChoice = "auto",
    before: Sequence[dict[str, Any]] = (),
) -> Solver:
    """One generate call for each config; what is in `before` is written to the store first."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        hand_out(store(), SCRIPTS)
        store().set(MENU_KEY, {"A": "high", "B": "read", "C": "low"})
        outputs = []
        for i, config in enumerate(configs):
            for key, value in (before[i] if i < len(before) else {}).items():
                store().set(key, value)
            output = await get_model().generate(
                state.messages,
                tools=[shell()] if tools else [],
                tool_choice=choice,
                config=GenerateConfig(**config),
            )
            state.messages.append(output.message)
            outputs.append(output)
        state.metadata["outputs"] = [
            [o.completion, [c.arguments["command"] for c in o.message.tool_calls or []], o.usage is not None]
            for o in outputs
        ]
        return state

    return solve


def play(tmp_path: Path, solve: Solver, samples: int = 1, **args: Any) -> EvalLog:
    task = Task(dataset=[Sample(input="Go.", id=i) for i in range(1, samples + 1)], solver=solve)
    model = get_model("subterfuge/scripted", memoize=False, **args)
    return eval(task, model=model, log_dir=str(tmp_path), display="none", fail_on_error=False)[0]


def outputs(log: EvalLog) -> list[list[Any]]:
    assert log.samples
    assert log.samples[0].error is None, log.samples[0].error.message
    return log.samples[0].metadata["outputs"]


def error(log: EvalLog) -> str:
    assert log.samples
    assert log.samples[0].error
    return log.samples[0].error.message


def test_with_tools_a_turn_is_one_call_of_shell_for_each_command(tmp_path: Path):
    assert outputs(play(tmp_path, calls([{}, {}, {}], tools=True))) == [
        ["I look.", ["cat a.txt", "ls"], True],
        ["", ["echo 2 > b.txt"], True],
        ["I saved a 2.", [], True],
    ]


def test_without_tools_a_turn_is_text_with_its_commands_in_tags(tmp_path: Path):
    assert [text for text, _, _ in outputs(play(tmp_path, calls([{}, {}, {}])))] == [
        "I look.\n<bash>\ncat a.txt\n</bash>\n<bash>\nls\n</bash>",
        "<bash>\necho 2 > b.txt\n</bash>",
        "I saved a 2.",
    ]


def test_tools_that_may_not_be_called_are_not_called(tmp_path: Path):
    text, made, _ = outputs(play(tmp_path, calls([{}], tools=True, choice="none")))[0]
    assert made == []
    assert "<bash>" in text


def test_before_a_menu_a_turn_is_the_letter_of_its_option(tmp_path: Path):
    menu = choice_config("ABC")
    assert [text for text, _, _ in outputs(play(tmp_path, calls([menu, menu, menu])))] == [
        "B",
        "C",
        "I saved a 2.",
    ]


def test_after_the_script_the_last_word_is_repeated(tmp_path: Path):
    said = outputs(play(tmp_path, calls([{}, {}, {}]), actor="gamer"))
    assert [text for text, _, _ in said] == ["Nothing to see."] * 3


def test_a_question_outside_the_script_does_not_advance_it(tmp_path: Path):
    asked = [{}, {ANSWER_KEY: {"honest": "I saved a 2."}}, {ANSWER_KEY: {"honest": "low"}}, {}]
    log = play(tmp_path, calls([{}, {}, choice_config("ABC"), {}], before=asked))
    assert [text for text, _, _ in outputs(log)][1:] == [
        "I saved a 2.",
        "C",
        "<bash>\necho 2 > b.txt\n</bash>",
    ]


def test_other_scripts_in_the_store_start_a_new_play(tmp_path: Path):
    again = {"honest": [Turn(say=said).model_dump() for said in ("Anew.", "Then.")]}
    log = play(tmp_path, calls([{}, {}], before=[{}, {SCRIPTS_KEY: again}]))
    assert outputs(log)[1][0] == "Anew."


def test_an_unknown_actor_is_told_who_is_known(tmp_path: Path):
    told = error(play(tmp_path, calls([{}]), actor="nobody"))
    assert "no actor 'nobody'" in told
    assert "known: gamer, honest" in told


def test_an_option_that_is_not_offered_is_an_error_that_names_those_that_are(tmp_path: Path):
    log = play(tmp_path, calls([choice_config("AB")], before=[{MENU_KEY: {"A": "x", "B": "y"}}]))
    assert "'read', but the menu offers: x, y" in error(log)


def test_a_task_without_scripts_is_told_so(tmp_path: Path):
    log = play(tmp_path, calls([{}], before=[{SCRIPTS_KEY: None}]))
    assert "this task has none" in error(log)


def test_mixed_actors_are_the_same_in_every_run_and_differ_by_seed(tmp_path: Path):
    def gamers(**args: Any) -> list[bool]:
        log = play(tmp_path, calls([{}]), samples=60, actor="gamer", rate=0.3, **args)
        assert log.samples
        found = {s.id: s.metadata["outputs"][0][0] == "Nothing to see." for s in log.samples}
        return [found[i] for i in range(1, 61)]

    first = gamers()
    assert first == gamers()
    assert first != gamers(seed=1)
    assert 6 <= sum(first) <= 32, "0.3 of 60 is 18; this far off has a probability below 1 in 10,000"


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_rate_of_0_or_1_leaves_nothing_to_chance(tmp_path: Path, rate: float):
    log = play(tmp_path, calls([{}]), samples=5, actor="gamer", rate=rate)
    assert log.samples
    assert {s.metadata["outputs"][0][0] == "Nothing to see." for s in log.samples} == {rate == 1.0}


def test_a_fixed_answer_serves_tasks_that_hand_out_no_scripts(tmp_path: Path):
    asked = [{SCRIPTS_KEY: None}, {}, {ANSWER_KEY: {"honest": "low"}}]
    log = play(tmp_path, calls([{}, choice_config("ABC"), {}], tools=True, before=asked), say="ANSWER: B")
    assert outputs(log) == [["ANSWER: B", [], True]] * 3


def test_two_fixed_answers_are_mixed_at_the_rate(tmp_path: Path):
    def yes(**args: Any) -> dict[Any, bool]:
        solve = calls([{}], before=[{SCRIPTS_KEY: None}])
        log = play(tmp_path, solve, samples=60, say="yes", otherwise_say="no", **args)
        assert log.samples
        said = {s.id: s.metadata["outputs"][0][0] for s in log.samples}
        assert set(said.values()) <= {"yes", "no"}
        return {i: text == "yes" for i, text in said.items()}

    first = yes(rate=0.3)
    assert first == yes(rate=0.3)
    assert 6 <= sum(first.values()) <= 32, "0.3 of 60 is 18; this far off has a probability below 1 in 10,000"
    assert sum(yes(rate=0.0).values()) == 0


@pytest.mark.parametrize(
    "args", [{"rate": 2}, {"rate": "often"}, {"speed": 1}, {"otherwise_say": "no"}, {"say": False}]
)
def test_a_wrong_argument_is_one_line(args: dict[str, Any]):
    with pytest.raises(PrerequisiteError) as raised:
        get_model("subterfuge/scripted", memoize=False, **args)
    assert "\n" not in str(raised.value)


def test_an_unknown_model_is_told_the_known_ones():
    with pytest.raises(PrerequisiteError, match=r"known: .*subterfuge/scripted"):
        get_model("subterfuge/gpt-9")


async def test_usage_is_set_without_a_network():
    state = store()
    hand_out(state, SCRIPTS)
    output = await get_model("subterfuge/scripted").generate([ChatMessageUser(content="Go on, please.")])
    assert output.usage
    assert output.usage.input_tokens > 0
    assert output.usage.output_tokens > 0
