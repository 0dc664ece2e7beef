"""How fast the embedded model answers menus, side by side in one run: plain transformers and our sampler.

    [OMP_WAIT_POLICY=ACTIVE] python benchmarks/sampler.py [--conversations N] [--repeats N] [--json FILE]

The load is that of an episode: a system message that all share (about 90 tokens), a first prompt of about
250 tokens in all, and a second step that adds about 120; every step asks for one letter. Tokens a second are
prompt tokens served, whether they were computed or known. The share of the limit is the arithmetic of the
tokens that were computed (2 operations a weight, vocabulary left out) over the best bf16 matrix product
measured in the same run. Each way is repeated and the best is printed, since others may be using the cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the backend sets it, before torch is imported

import torch
from rich.console import Console
from rich.table import Table

from subterfuge.models import smollm2
from subterfuge.models.menu import render_menu
from subterfuge.models.sampler import Sampler
from subterfuge.models.warmup.data import words

Steps = list[list[list[int]]]
"""Prompts by step of the episode, then by conversation."""


def conversations(tokenizer: Any, n: int, seed: int = 0) -> Steps:
    """Prompts of `n` conversations of two steps."""
    rng = random.Random(seed)
    nouns = words()["nouns"]["train"]

    def sentence(k: int) -> str:
        return " ".join(f"The {rng.choice(nouns)} stands beside the {rng.choice(nouns)}." for _ in range(k))

    def menu() -> str:
        return render_menu([f"Carry the {noun} into the garden" for noun in rng.sample(nouns, 4)])

    letters = [tokenizer.encode(letter)[0] for letter in "ABCD"]
    system = {"role": "system", "content": "You help in a house. " + sentence(7)}
    steps: Steps = [[], []]
    for _ in range(n):
        talk = [system, {"role": "user", "content": f"{sentence(11)}\n\n{menu()}"}]
        for step in range(2):
            text = tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
            steps[step].append(tokenizer.encode(text, add_special_tokens=False))
            answer = {"role": "assistant", "content": tokenizer.decode([letters[0]])}
            talk += [answer, {"role": "user", "content": f"{sentence(5)}\n\n{menu()}"}]
    return steps


def plain(model: Any, steps: Steps, size: int) -> int:
    """`generate` of transformers, in left-padded batches; the number of tokens computed, padding included."""
    computed = 0
    for prompts in steps:
        for start in range(0, len(prompts), size):
            batch = prompts[start : start + size]
            longest = max(map(len, batch))
            ids = torch.tensor([[0] * (longest - len(p)) + p for p in batch])
            mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in batch])
            model.generate(ids, attention_mask=mask, max_new_tokens=1, do_sample=True, pad_token_id=0)
            computed += ids.numel()
    return computed


def ours(model: Any, steps: Steps, letters: list[int], reuse: bool) -> int:
    """Our sampler, all conversations at once; the number of tokens computed."""
    sampler = Sampler(model)
    if not reuse:
        sampler._rows.longest = lambda ids: (0, None)  # type: ignore[method-assign]
        sampler._rows.add = lambda ids, row: None  # type: ignore[method-assign]

    async def talk(i: int) -> None:
        for prompts in steps:
            await sampler.choose(prompts[i], letters, seed=1)

    async def everybody() -> None:
        await asyncio.gather(*[talk(i) for i in range(len(steps[0]))])

    asyncio.run(everybody())
    return sampler.tokens_run


def limit() -> float:
    """Operations a second of the best of many bf16 products of 1024 × 1024 matrices."""
    a, b = torch.randn(2, 1024, 1024, dtype=torch.bfloat16)
    best = 0.0
    for _ in range(40):
        began = time.perf_counter()
        a @ b
        best = max(best, 2 * 1024**3 / (time.perf_counter() - began))
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--conversations", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sampler, tokenizer = smollm2._load("none", "auto", 32)
    model = sampler.model
    steps = conversations(tokenizer, asked.conversations)
    letters = [tokenizer.encode(letter)[0] for letter in "ABCD"]
    weights = sum(p.numel() for n, p in model.named_parameters() if "embed" not in n and "lm_head" not in n)
    ways: dict[str, Callable[[], int]] = {
        "transformers, one by one": lambda: plain(model, steps, 1),
        "transformers, batches of 8": lambda: plain(model, steps, 8),
        "ours, nothing reused": lambda: ours(model, steps, letters, False),
        "ours": lambda: ours(model, steps, letters, True),
    }
    requests, tokens = 2 * asked.conversations, sum(len(p) for prompts in steps for p in prompts)
    best: dict[str, tuple[float, int]] = {}
    peak = 0.0
    for _ in range(asked.repeats):  # one after the other, so that a loaded minute hits all alike
        peak = max(peak, limit())
        for name, way in ways.items():
            began = time.perf_counter()
            computed = way()
            best[name] = min(best.get(name, (float("inf"), 0)), (time.perf_counter() - began, computed))
    rows = [
        {
            "way": name,
            "choices_per_s": requests / seconds,
            "tokens_per_s": tokens / seconds,
            "computed_share": computed / tokens,
            "limit_share": computed * 2 * weights / seconds / peak,
        }
        for name, (seconds, computed) in best.items()
    ]
    mean = [round(sum(map(len, prompts)) / len(prompts)) for prompts in steps]
    load = f"{requests} choices, prompts of {mean[0]} and {mean[1]} tokens"
    about = f"{load}, {torch.get_num_threads()} threads, {os.environ['OMP_WAIT_POLICY']}"
    table = Table("way", "choices/s", "tokens/s", "computed", "of limit", title=about)
    for row in rows:
        table.add_row(
            str(row["way"]),
            f"{row['choices_per_s']:.2f}",
            f"{row['tokens_per_s']:.0f}",
            f"{row['computed_share']:.0%}",
            f"{row['limit_share']:.0%}",
        )
    Console().print(table)
    Console().print(f"bf16 matrix product, best of {40 * asked.repeats}: {peak / 1e9:.0f} GFLOP/s")
    if asked.json:
        asked.json.write_text(json.dumps({"about": about, "gflops": peak / 1e9, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
