"""Attention of one new token on a CPU: ours beside PyTorch's fused kernel, and a whole step of writing.

    python benchmarks/decoding.py

Shapes are those of the embedded model: 9 query heads in groups of 3, width 64, bfloat16.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ.setdefault(
    "OMP_WAIT_POLICY", "PASSIVE"
)  # as the model sets it; it counts before torch is imported

import torch
from transformers.cache_utils import DynamicCache
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from subterfuge.models import attention
from subterfuge.models.kv_cache import gather
from subterfuge.models.smollm2 import _load

ROWS, TOKENS, HEADS, GROUPS, WIDTH = 32, 350, 3, 3, 64
REPEATS = 10


class Module:
    """What attention asks of its layer."""

    num_key_value_groups = GROUPS
    is_causal = True


def milliseconds(run: Callable[[], object]) -> float:
    """The least time of some repetitions, after one to warm up."""
    run()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def kernels() -> None:
    """One layer's attention."""
    query = torch.randn(ROWS, HEADS * GROUPS, 1, WIDTH, dtype=torch.bfloat16)
    key, value = torch.randn(2, ROWS, HEADS, TOKENS, WIDTH, dtype=torch.bfloat16).unbind()
    mask = torch.ones(ROWS, 1, 1, TOKENS, dtype=torch.bool)
    fused = milliseconds(lambda: sdpa_attention_forward(Module(), query, key, value, mask))
    plain = milliseconds(lambda: attention.attend(Module(), query, key, value, mask))
    print(f"one layer, {ROWS} rows x {TOKENS} tokens: fused {fused:.2f} ms, ours {plain:.2f} ms", end="")
    print(f" ({fused / plain:.1f} times)")


def step() -> None:
    """A step of the whole model, with PyTorch's kernel and joined tensors, and with ours."""
    model = _load("none", "auto", ROWS)[0].model
    row = torch.randn(2 * model.config.num_hidden_layers, HEADS, TOKENS, WIDTH).to(model.dtype)
    ids = torch.ones(ROWS, 1, dtype=torch.long)
    found = {}
    for name in ("sdpa", attention.NAME):
        model.set_attn_implementation(name)
        cache, _ = gather([(TOKENS, row)] * ROWS, model.config.num_hidden_layers)
        if name == "sdpa":
            joined = DynamicCache()
            for n, layer in enumerate(cache.layers):
                joined.update(layer.keys.contiguous(), layer.values.contiguous(), n)
            cache = joined

        def run(cache: DynamicCache = cache) -> None:
            width = cache.get_seq_length()
            model.model(
                input_ids=ids,
                attention_mask=torch.ones(ROWS, width + 1, dtype=torch.long),
                position_ids=torch.full((ROWS, 1), width),
                past_key_values=cache,
            )

        found[name] = milliseconds(run)
    fused, ours = found.values()
    print(f"a step of {ROWS} texts at {TOKENS} tokens: before {fused:.0f} ms, now {ours:.0f} ms", end="")
    print(f" ({fused / ours:.1f} times)")


if __name__ == "__main__":
    with torch.inference_mode():
        kernels()
        step()
