"""Attention of one new token by plain products: it has to be that of PyTorch's own kernel."""

import copy
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.torch

ROWS, HEADS, GROUPS, WIDTH, LONG = 3, 2, 3, 8, 11


def tensors(dtype: str, new: int = 1, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """Queries, keys, values, and a mask of rows that are padded on the left: 0, 3 and 7 places."""
    import torch

    rng = torch.Generator().manual_seed(seed)
    kind = getattr(torch, dtype)
    query = torch.randn(ROWS, HEADS * GROUPS, new, WIDTH, generator=rng).to(kind)
    key, value = (torch.randn(ROWS, HEADS, LONG, WIDTH, generator=rng).to(kind) for _ in range(2))
    seen = torch.arange(LONG)[None, :] >= torch.tensor([0, 3, 7])[:, None]
    causal = torch.arange(LONG)[None, :] <= torch.arange(LONG - new, LONG)[:, None]
    return query, key, value, seen[:, None, None, :] & causal[None, None]


def plain(query: Any, key: Any, value: Any, seen: Any, scaling: float | None = None) -> Any:
    """What attention is, in double precision."""
    import torch

    q, k, v = (
        t.double() for t in (query, key.repeat_interleave(GROUPS, 1), value.repeat_interleave(GROUPS, 1))
    )
    scores = q @ k.transpose(2, 3) * (WIDTH**-0.5 if scaling is None else scaling)
    if seen is not None:
        scores = scores.masked_fill(~seen, float("-inf"))
    return (torch.softmax(scores, -1) @ v).transpose(1, 2)


def attend(*args: Any, **kwargs: Any) -> Any:
    from subterfuge.models.attention import attend as ours

    module = SimpleNamespace(num_key_value_groups=GROUPS, is_causal=True, training=False)
    out, weights = ours(module, *args, **kwargs)
    assert weights is None
    return out


@pytest.mark.parametrize(("dtype", "close"), [("float32", 1e-5), ("bfloat16", 3e-2)])
@pytest.mark.parametrize("new", [1, 4], ids=["one token", "several, which are left to PyTorch"])
def test_it_is_attention(dtype: str, close: float, new: int) -> None:
    import torch

    query, key, value, seen = tensors(dtype, new)
    out = attend(query, key, value, seen)
    assert out.shape == (ROWS, new, HEADS * GROUPS, WIDTH)
    assert out.dtype == query.dtype
    assert torch.allclose(out.double(), plain(query, key, value, seen), atol=close)


def test_masks_of_numbers_none_at_all_and_another_scale() -> None:
    import torch

    query, key, value, seen = tensors("float32")
    numbers = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)
    assert torch.allclose(attend(query, key, value, numbers), attend(query, key, value, seen), atol=1e-6)
    assert torch.allclose(attend(query, key, value, None).double(), plain(query, key, value, None), atol=1e-5)
    scaled = attend(query, key, value, seen, scaling=0.5)
    assert torch.allclose(scaled.double(), plain(query, key, value, seen, 0.5), atol=1e-5)


def test_what_is_not_seen_counts_for_nothing() -> None:
    import torch

    query, key, value, seen = tensors("float32")
    first = attend(query, key, value, seen)
    hidden = ~seen[:, 0, 0, :, None].unsqueeze(1)
    again = attend(query, key.masked_fill(hidden, 1e4), value.masked_fill(hidden, 1e4), seen)
    assert torch.equal(first, again)


def both(model: Any, dtype: str) -> tuple[Any, Any]:
    """The model with PyTorch's attention and with ours."""
    import torch

    from subterfuge.models.attention import NAME, use

    theirs, ours = (copy.deepcopy(model).to(getattr(torch, dtype)) for _ in range(2))
    theirs.set_attn_implementation("sdpa")
    use(ours)
    assert (theirs.config._attn_implementation, ours.config._attn_implementation) == ("sdpa", NAME)
    return theirs, ours


@pytest.mark.parametrize(("dtype", "close"), [("float32", 1e-4), ("bfloat16", 0.1)])
def test_a_model_says_the_same_with_it(dtype: str, close: float, tiny_model: Any) -> None:
    import torch

    ids = torch.randint(0, 97, (3, 12), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, :5] = mask[2, :9] = 0
    found = []
    with torch.inference_mode():
        for model in both(tiny_model, dtype):
            first = model(input_ids=ids[:, :-1], attention_mask=mask[:, :-1], use_cache=True)
            step = model(input_ids=ids[:, -1:], attention_mask=mask, past_key_values=first.past_key_values)
            found.append((first.logits.float()[:, -1], step.logits.float()[:, -1]))
    (prefill, decode), (prefill_ours, decode_ours) = found
    assert torch.equal(prefill, prefill_ours), "many new tokens are left to PyTorch"
    assert torch.allclose(decode, decode_ours, atol=close)


async def test_the_sampler_draws_the_same_with_it(tiny_model: Any) -> None:
    import asyncio
    import random

    from subterfuge.models.sampler import Sampler

    rng = random.Random(3)
    asked = [[rng.randrange(97) for _ in range(rng.randint(1, 40))] for _ in range(12)]
    found = []
    for model in both(tiny_model, "float32"):
        sampler = Sampler(model)
        texts = await asyncio.gather(
            *[
                sampler.generate(ids, max_tokens=15, stop_ids=[3], temperature=0, top=3, seed=1)
                for ids in asked
            ]
        )
        # Prompts that are known but for one token: the other place where a single new one is run.
        later = await asyncio.gather(*[sampler.choose([*ids, 5], [40, 41, 42], seed=1) for ids in asked])
        found.append([*texts, *later])
    for one, other in zip(*found, strict=True):
        assert (one.tokens, one.finished) == (other.tokens, other.finished)
        told = [dict(step) for step in one.logprobs], [dict(step) for step in other.logprobs]
        for first, second in zip(*told, strict=True):
            assert first == pytest.approx(second, abs=1e-3)
