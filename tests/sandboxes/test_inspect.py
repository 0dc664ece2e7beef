"""Real Inspect evaluations in our sandboxes: by plain name, with Inspect's own bash tool and sample files."""

from pathlib import Path

import pytest
from inspect_ai import Task, eval_async
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageAssistant, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import TaskState, generate, use_tools
from inspect_ai.tool import bash
from inspect_ai.util import sandbox

import subterfuge.sandboxes.bashkit
import subterfuge.sandboxes.bwrap  # noqa: F401


@scorer(metrics=[accuracy()])
def wrote() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        try:
            found = await sandbox().read_file("/home/user/out")
        except FileNotFoundError:
            found = ""
        return Score(value=float(found == target.text))

    return score


def outputs() -> list[ModelOutput]:
    usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    script = ["cat notes.txt", "cd /tmp", 'python3 -c \'open("/home/user/out", "w").write("7")\'']
    made = [ModelOutput.for_tool_call("mockllm", "bash", {"command": command}) for command in script]
    made.append(ModelOutput.from_message(ChatMessageAssistant(content="done")))
    return [output.model_copy(update={"usage": usage}) for output in made]


@pytest.mark.parametrize("name", ["bashkit", "bwrap"])
async def test_eval(name: str, tmp_path: Path) -> None:
    sample = Sample(
        input="go", target="7", files={"notes.txt": "hello\n", "/tmp/x": "y"}, setup="echo set > up"
    )
    task = Task(
        dataset=[sample], solver=[use_tools(bash(timeout=20)), generate()], scorer=wrote(), sandbox=name
    )
    model = get_model("mockllm/model", custom_outputs=outputs(), memoize=False)
    (log,) = await eval_async(task, model=model, log_dir=str(tmp_path))
    assert log.status == "success", log.error
    assert log.samples is not None
    assert log.samples[0].scores is not None
    assert log.samples[0].scores["wrote"].value == 1.0
    tool = [message.text for message in log.samples[0].messages if message.role == "tool"]
    assert tool[0].strip() == "hello"
