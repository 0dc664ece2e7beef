import asyncio
import math
import random
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.torch

LETTERS = [40, 41, 42, 43]


def prompts(n: int, seed: int = 0, shared: int = 0, longest: int = 60) -> list[list[int]]:
    rng = random.Random(seed)
    start = [rng.randrange(97) for _ in range(shared)]
    return [start + [rng.randrange(97) for _ in range(rng.randint(1, longest))] for _ in range(n)]


def sampler(model: Any, **args: Any) -> Any:
    from subterfuge.models.sampler import Sampler

    return Sampler(model, **args)


def expected(model: Any, ids: list[int]) -> list[float]:
    """Log-probabilities of the letters by the model's own forward pass, one prompt alone."""
    import torch

    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0, -1]
    return torch.log_softmax(logits[LETTERS], -1).tolist()


def told(drawn: Any) -> list[float]:
    by_token = dict(drawn.logprobs[0])
    return [by_token[letter] for letter in LETTERS]


async def choose(s: Any, asked: list[list[int]], **args: Any) -> list[Any]:
    return await asyncio.gather(*[s.choose(ids, LETTERS, **args) for ids in asked])


async def test_a_batch_gives_each_prompt_the_probabilities_it_has_alone(tiny_model: Any):
    asked = prompts(40)
    for ids, drawn in zip(asked, await choose(sampler(tiny_model), asked), strict=True):
        assert told(drawn) == pytest.approx(expected(tiny_model, ids), abs=1e-4)


async def test_a_known_beginning_changes_no_probability(tiny_model: Any):
    s = sampler(tiny_model)
    first = prompts(6, shared=30)
    await choose(s, first)
    # Second steps of the same conversations, a stranger, the same prompts again, and a mere beginning of one.
    later = [*[[*ids, 7, 8, 9, i] for i, ids in enumerate(first)], *prompts(2, seed=5), *first, first[0][:20]]
    drawn = await choose(s, later)
    for ids, one in zip(later, drawn, strict=True):
        assert told(one) == pytest.approx(expected(tiny_model, ids), abs=1e-4)
    assert [one.reused for one in drawn[:6]] == [len(ids) for ids in first], "all of the first step is known"
    assert [one.reused for one in drawn[8:]] == [*[len(ids) - 1 for ids in first], 19], (
        "one token has to be run"
    )


async def test_a_beginning_that_a_burst_shares_is_computed_once(tiny_model: Any):
    s = sampler(tiny_model, batch_size=4)
    asked = prompts(20, shared=50, longest=5)
    await choose(s, asked)
    assert s.tokens_run <= 50 + 20 * 6, "one runs the 50 tokens that all share, the others their own"


async def test_many_draws_of_one_prompt_compute_it_once(tiny_model: Any):
    s, ids = sampler(tiny_model), prompts(1, seed=8, shared=60)[0]
    await choose(s, [ids] * 30)
    assert s.tokens_run == len(ids) + 29


async def test_the_store_of_known_prompts_stays_within_its_bytes(tiny_model: Any):
    s = sampler(tiny_model, cache_bytes=200_000)
    await choose(s, prompts(60))
    assert 0 < s._rows._bytes <= 200_000
    assert s._rows._bytes == sum(row.nbytes for _, row in s._rows._rows.values())


# In batches of three, texts are parked and go on beside others, more than once.
@pytest.mark.parametrize("size", [3, 32])
async def test_greedy_text_in_a_batch_is_the_text_of_transformers_alone(tiny_model: Any, size: int):
    import torch

    asked = prompts(9, seed=2, shared=10)
    s = sampler(tiny_model, batch_size=size)
    args: dict[str, Any] = {"stop_ids": [], "temperature": 0.0}
    await s.choose(asked[0], LETTERS)  # so that one beginning is known
    drawn = await asyncio.gather(
        *[s.generate(ids, max_tokens=4 + 9 * i, **args) for i, ids in enumerate(asked)]
    )
    for i, (ids, one) in enumerate(zip(asked, drawn, strict=True)):
        prompt = torch.tensor([ids])
        alone = tiny_model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=4 + 9 * i,
            do_sample=False,
            eos_token_id=None,
        )
        assert one.tokens == alone[0, len(ids) :].tolist()
        assert not one.finished


async def test_text_ends_before_a_stop_token_and_after_a_stop_condition(tiny_model: Any):
    s, ids = sampler(tiny_model), prompts(1, seed=3)[0]
    args: dict[str, Any] = {"max_tokens": 12, "temperature": 0.0}
    full = (await s.generate(ids, stop_ids=[], **args)).tokens
    k = next(i for i in range(1, 12) if full[i] not in full[:i])
    by_token = await s.generate(ids, stop_ids=[full[k]], **args)
    assert (by_token.tokens, by_token.finished) == (full[:k], True)
    by_condition = await s.generate(ids, stop_ids=[], ended=lambda tokens: tokens[-1] == full[k], **args)
    assert (by_condition.tokens, by_condition.finished) == (full[: k + 1], True)


async def test_alternatives_are_the_most_probable_tokens(tiny_model: Any):
    import torch

    ids = prompts(1, seed=4)[0]
    drawn = await sampler(tiny_model).generate(ids, max_tokens=1, stop_ids=[], temperature=0.0, top=5)
    best = torch.log_softmax(tiny_model(torch.tensor([ids])).logits[0, -1], -1).topk(5)
    assert [token for token, _ in drawn.logprobs[0]] == best.indices.tolist()
    assert [logprob for _, logprob in drawn.logprobs[0]] == pytest.approx(best.values.tolist(), abs=1e-4)


async def test_a_cold_draw_takes_the_most_probable_letter(tiny_model: Any):
    asked = prompts(20, seed=6)
    for ids, drawn in zip(asked, await choose(sampler(tiny_model), asked, temperature=0.0), strict=True):
        logprobs = expected(tiny_model, ids)
        assert drawn.tokens == [LETTERS[logprobs.index(max(logprobs))]]


async def test_draws_follow_the_probabilities(tiny_model: Any):
    ids = prompts(1, seed=8)[0]
    drawn = await choose(sampler(tiny_model), [ids] * 2000, seed=1)
    counts = Counter(one.tokens[0] for one in drawn)
    for letter, logprob in zip(LETTERS, expected(tiny_model, ids), strict=True):
        p = math.exp(logprob)
        assert abs(counts[letter] / 2000 - p) <= 5 * math.sqrt(p * (1 - p) / 2000) + 1e-6
    assert set(counts) <= set(LETTERS)


async def test_a_small_nucleus_leaves_only_the_most_probable_token(tiny_model: Any):
    s, ids = sampler(tiny_model), prompts(1, seed=9)[0]
    greedy = await s.generate(ids, max_tokens=6, stop_ids=[], temperature=0.0)
    nucleus = await s.generate(ids, max_tokens=6, stop_ids=[], temperature=1.0, top_p=1e-9)
    assert nucleus.tokens == greedy.tokens


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(12)), size=st.sampled_from([1, 3, 32]))
def test_what_is_drawn_does_not_depend_on_order_or_batch(tiny_model: Any, order: list[int], size: int):
    asked = prompts(12, seed=11, shared=8)

    async def draw(order: list[int], size: int) -> dict[int, list[int]]:
        s = sampler(tiny_model, batch_size=size)
        drawn = await choose(s, [asked[i] for i in order], seed=3)
        free = [s.generate(asked[i], max_tokens=5, stop_ids=[], seed=3) for i in order]
        texts = await asyncio.gather(*free)
        return {i: a.tokens + b.tokens for i, a, b in zip(order, drawn, texts, strict=True)}

    assert asyncio.run(draw(order, size)) == asyncio.run(draw(list(range(12)), 32))


async def test_a_seed_repeats_all_draws_of_a_prompt_and_no_seed_repeats_none(tiny_model: Any):
    ids = prompts(1, seed=12)[0]

    async def draws(seed: int | None) -> list[int]:
        return [one.tokens[0] for one in await choose(sampler(tiny_model), [ids] * 40, seed=seed)]

    assert await draws(1) == await draws(1)
    assert await draws(1) != await draws(2)
    assert await draws(None) != await draws(None)
    assert len(set(await draws(1))) > 1, "the same prompt asked again is another draw"


async def test_the_event_loop_runs_on_while_the_model_computes(tiny_model: Any):
    s = sampler(tiny_model)
    worst, running = 0.0, True

    async def watch() -> None:
        nonlocal worst
        while running:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            worst = max(worst, time.monotonic() - before)

    watcher = asyncio.create_task(watch())
    began = time.monotonic()
    texts = [s.generate(ids, max_tokens=150, stop_ids=[], seed=1) for ids in prompts(24, seed=13)]
    await asyncio.gather(*texts)
    took = time.monotonic() - began
    running = False
    await watcher
    assert worst < max(0.25, took / 3), f"stalled {worst:.2f} s of {took:.2f} s"


async def test_a_cancelled_request_harms_no_other(tiny_model: Any):
    s = sampler(tiny_model)
    tasks = [asyncio.create_task(s.choose(ids, LETTERS)) for ids in prompts(10, seed=14)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in done[::2])
    assert all(one.tokens[0] in LETTERS for one in done[1::2])


def test_a_closed_loop_leaves_the_sampler_usable(tiny_model: Any):
    s = sampler(tiny_model)

    async def leave() -> None:
        left = asyncio.ensure_future(s.generate(prompts(1)[0], max_tokens=60, stop_ids=[]))
        await asyncio.sleep(0.02)
        assert not left.done()

    asyncio.run(leave())
    drawn = asyncio.run(choose(s, prompts(3)))
    assert len(drawn) == 3


async def test_a_request_that_fails_raises_to_whoever_asked_and_to_nobody_else(tiny_model: Any):
    s = sampler(tiny_model)
    with pytest.raises(IndexError):
        await s.choose([5, 100_000], LETTERS)
    assert (await s.choose([5, 6], LETTERS)).tokens[0] in LETTERS
