"""Train the warm-up adapter: LoRA, weights in 32 bits under bf16 autocast, loss on the letters alone.

Weights held in pure bf16 lose small steps to rounding, which is why the adapter is trained in 32 bits and
rounded once, when it is saved.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from subterfuge.models.menu import LETTERS, render_menu
from subterfuge.models.warmup.data import Example, example

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Recipe:
    """What determines the adapter, beside base and data."""

    easy_steps: int = 130
    """First steps, on short examples of the plainest kind: binding is learnt there; each costs a third."""

    steps: int = 210
    batch: int = 8
    rank: int = 8
    alpha: int = 16
    learning_rate: float = 8e-4
    warmup_steps: int = 10
    seed: int = 7


def encode(tokenizer: Any, e: Example) -> tuple[list[int], list[int]]:
    """The conversation as ids, and the places whose next token is a letter."""
    ids: list[int] = []
    places: list[int] = []
    messages = [{"role": "system", "content": e.system}] if e.system else []
    for ask, letter in zip(e.asks, e.letters, strict=True):
        messages.append({"role": "user", "content": ask})
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        ids = tokenizer.encode(text, add_special_tokens=False)
        places.append(len(ids) - 1)
        messages.append({"role": "assistant", "content": letter})
    return ids, places


def letter_ids(tokenizer: Any) -> list[int]:
    """The token of each letter."""
    return [tokenizer.encode(letter, add_special_tokens=False)[0] for letter in LETTERS]


def letter_logits(
    model: Any, tokenizer: Any, examples: Sequence[Example]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits over the whole vocabulary at each place that asks for a letter, and the right token ids."""
    encoded = [encode(tokenizer, e) for e in examples]
    longest = max(len(ids) for ids, _ in encoded)
    ids_B_T = torch.full((len(encoded), longest), tokenizer.eos_token_id)
    mask_B_T = torch.zeros_like(ids_B_T)
    for i, (ids, _) in enumerate(encoded):
        ids_B_T[i, : len(ids)] = torch.tensor(ids)
        mask_B_T[i, : len(ids)] = 1
    states_B_T_D = model.model(input_ids=ids_B_T, attention_mask=mask_B_T, use_cache=False).last_hidden_state
    picked = torch.stack([states_B_T_D[i, p] for i, (_, places) in enumerate(encoded) for p in places])
    tokens = dict(zip(LETTERS, letter_ids(tokenizer), strict=True))
    return model.lm_head(picked), torch.tensor([tokens[letter] for e in examples for letter in e.letters])


def batches(tokenizer: Any, recipe: Recipe, pool: int = 8) -> Iterator[list[Example]]:
    """As many batches as there are steps: easy ones first, then all kinds.

    Examples of like length stand together, since padding is half the cost else.
    """
    rng = random.Random(recipe.seed)
    for _ in range(recipe.easy_steps):
        yield [example(rng, easy=True) for _ in range(recipe.batch)]
    for start in range(recipe.easy_steps, recipe.steps, pool):
        drawn = [example(rng) for _ in range(pool * recipe.batch)]
        drawn.sort(key=lambda e: len(encode(tokenizer, e)[0]))
        ready = [drawn[i : i + recipe.batch] for i in range(0, len(drawn), recipe.batch)]
        rng.shuffle(ready)
        yield from ready[: recipe.steps - start]


def train(model: Any, tokenizer: Any, recipe: Recipe, start: Path | None = None) -> tuple[Any, float]:
    """Train an adapter on a causal language model in 32 bits, from nothing or on from the adapter in `start`.

    Returns:
        The peft model, and how many seconds it took.
    """
    from peft import LoraConfig, PeftModel, get_peft_model  # noqa: PLC0415

    torch.manual_seed(recipe.seed)
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=LINEAR, task_type="CAUSAL_LM")
    adapted = (
        PeftModel.from_pretrained(model, start, is_trainable=True) if start else get_peft_model(model, config)
    )
    weights = [p for p in adapted.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=0.0)

    def rate(step: int) -> float:
        return min((step + 1) / recipe.warmup_steps, 1.0, 2 * (1 - step / recipe.steps))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    began = time.monotonic()
    for step, batch in enumerate(batches(tokenizer, recipe)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, right = letter_logits(adapted.base_model.model, tokenizer, batch)
        loss = functional.cross_entropy(logits.float(), right)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 10 == 0:
            seconds = time.monotonic() - began
            print(f"step {step}: loss {loss.item():.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)
    return adapted, time.monotonic() - began


@torch.inference_mode()  # type: ignore[untyped-decorator]
def accuracy(model: Any, tokenizer: Any, n: int, seed: int) -> dict[str, list[int]]:
    """On held-out nouns and templates: [right, asked] by template and number of options, of all tokens."""
    rng = random.Random(seed)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    examples = [example(rng, held_out=True) for _ in range(n)]
    for start in range(0, n, 16):
        batch = examples[start : start + 16]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, right = letter_logits(model, tokenizer, batch)
        hits = (logits.argmax(-1) == right).tolist()
        keys = [(e.kind, f"{e.options} options") for e in batch for _ in e.letters]
        for hit, (kind, options) in zip(hits, keys, strict=True):
            for key in ("all", kind, options):
                counts[key][0] += int(hit)
                counts[key][1] += 1
    return dict(counts)


@torch.inference_mode()  # type: ignore[untyped-decorator]
def position_bias(model: Any, tokenizer: Any, options: int = 4) -> list[float]:
    """The probability of each letter where all options are the same words: even, if there is no bias."""
    same = Example("bias", "", (render_menu(["Go on"] * options),), ("A",), options)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, _ = letter_logits(model, tokenizer, [same])
    chosen = torch.softmax(logits[0, letter_ids(tokenizer)[:options]].float(), -1)
    return [round(p, 3) for p in chosen.tolist()]


def told(recipe: Recipe) -> dict[str, Any]:
    """The recipe, for the lineage."""
    return asdict(recipe)
