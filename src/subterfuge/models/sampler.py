"""The one batched sampler: many conversations at once, without stalling the event loop.

Requests arrive from concurrent samples; one worker thread collects what arrives within a short window,
sorts it by how much of it is new, and runs it in batches. A choice request is one forward pass over the new
tokens and a product with the letters' few rows of the vocabulary. A text is written together with others;
when a quarter of a batch has ended, the rest are parked and go on together with those that came meanwhile.
Random numbers are keyed by (seed, prompt, how often it was drawn), so that a result does not depend on what
else was in the batch, up to rounding.

Prefill on a CPU gains nothing from batching (about 1,200 tokens a second on two cores either way); not
computing what is known does: see `kv_cache` and `benchmarks/sampler.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from subterfuge.models.kv_cache import Ids, Rows, gather, shared, take

WINDOW_S = 0.01
"""How long the worker waits for company once a request is there."""

TOKENS_AT_ONCE = 1024
"""New tokens, padding included, of one batch."""

WORTH_WAITING = 32
"""Shared tokens, not known yet, that are worth another batch."""

CACHE_BYTES = 320 * 2**20


@dataclass(frozen=True)
class Drawn:
    """What was sampled for one request."""

    tokens: list[int]
    """The sampled token ids; for a choice, the one."""

    logprobs: list[list[tuple[int, float]]]
    """For each sampled token, (token id, log-probability) of it and of what else was asked for."""

    finished: bool
    """It ended by itself, not by the limit."""

    reused: int
    """How many tokens of the prompt were known before."""


@dataclass(eq=False)
class _Request:
    prompt: Ids
    choices: list[int]
    max_tokens: int
    stop_ids: frozenset[int]
    temperature: float
    top_p: float
    rng: np.random.Generator
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Drawn]
    ended: Callable[[list[int]], bool] | None = None
    top: int = 0
    known: int = 0
    row: torch.Tensor | None = field(default=None, repr=False)
    ids: Ids = field(init=False, repr=False)
    parked: bool = False
    """Its text has begun: `ids` goes up to the last token drawn, and `row` to the one before."""
    tokens: list[int] = field(default_factory=list)
    told: list[list[tuple[int, float]]] = field(default_factory=list)
    finished: bool = False
    reused: int = 0

    def __post_init__(self) -> None:
        self.ids = self.prompt

    @property
    def new(self) -> int:
        return len(self.ids) - self.known

    @property
    def over(self) -> bool:
        return self.finished or len(self.tokens) >= self.max_tokens

    def draw(self, logprobs: Any) -> None:
        """Draw the next token, if there is one to come."""
        if self.over:
            return
        token = _pick(logprobs, self.temperature, self.top_p, self.rng)
        if token in self.stop_ids:
            self.finished = True
        else:
            self.tokens.append(token)
            self.told.append(_tell(logprobs, token, self.top))
            self.finished = self.ended is not None and self.ended(self.tokens)

    def park(self, row: torch.Tensor) -> None:
        """Leave the batch: the row holds all tokens but the last one drawn."""
        self.known, self.row, self.parked = row.shape[2], row, True


class Sampler:
    """Samples from one transformers causal language model."""

    def __init__(self, model: Any, batch_size: int = 32, cache_bytes: int = CACHE_BYTES) -> None:
        self.model = model.eval()
        self.batch_size = batch_size
        self._rows = Rows(cache_bytes)
        self._queue: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()
        self._drawn: Counter[bytes] = Counter()
        self._entropy = os.urandom(8)
        self.tokens_run = 0
        """New tokens that went through the model; known ones do not count."""

    async def choose(
        self, ids: Sequence[int], choices: Sequence[int], *, temperature: float = 1.0, seed: int | None = None
    ) -> Drawn:
        """Draw one token among a few.

        Args:
            ids: the prompt.
            choices: the token ids to draw among.
            temperature: 0 takes the most probable.
            seed: None draws differently each time.
        """
        return await self._submit(ids, list(choices), 1, frozenset(), temperature, 1.0, seed)

    async def generate(
        self,
        ids: Sequence[int],
        *,
        max_tokens: int,
        stop_ids: Sequence[int],
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int | None = None,
        ended: Callable[[list[int]], bool] | None = None,
        top: int = 0,
    ) -> Drawn:
        """Draw tokens until one of `stop_ids`, which is left out, or the limit.

        Args:
            ids: the prompt.
            max_tokens: the limit.
            stop_ids: token ids that end the text.
            temperature: 0 takes the most probable.
            top_p: draw among the most probable tokens that hold this much probability together.
            seed: None draws differently each time.
            ended: says of the tokens so far whether they are the end; the last one is kept.
            top: how many alternatives to give log-probabilities of, at each token.
        """
        return await self._submit(
            ids, [], max_tokens, frozenset(stop_ids), temperature, top_p, seed, ended=ended, top=top
        )

    async def _submit(
        self,
        ids: Sequence[int],
        choices: list[int],
        max_tokens: int,
        stop_ids: frozenset[int],
        temperature: float,
        top_p: float,
        seed: int | None,
        *,
        ended: Callable[[list[int]], bool] | None = None,
        top: int = 0,
    ) -> Drawn:
        loop = asyncio.get_running_loop()
        prompt = np.asarray(ids, dtype=np.int64)
        future: asyncio.Future[Drawn] = loop.create_future()
        rng = self._rng(prompt, seed)
        self._start()
        self._queue.put(
            _Request(prompt, choices, max_tokens, stop_ids, temperature, top_p, rng, loop, future, ended, top)
        )
        return await future

    def _rng(self, ids: Ids, seed: int | None) -> np.random.Generator:
        # The same prompt asked twice is two draws: the count tells them apart, whoever asks first.
        key = hashlib.blake2b(ids.tobytes() + str(seed).encode(), digest_size=16).digest()
        with self._lock:
            count = self._drawn[key]
            self._drawn[key] += 1
        salt = self._entropy if seed is None else b""
        entropy = hashlib.blake2b(key + str(count).encode() + salt, digest_size=16).digest()
        return np.random.default_rng(int.from_bytes(entropy, "big"))

    def _start(self) -> None:
        with self._lock:
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="sampler", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            waiting = [self._queue.get()]
            until = time.monotonic() + WINDOW_S
            while (left := until - time.monotonic()) > 0:
                try:
                    waiting.append(self._queue.get(timeout=left))
                except queue.Empty:
                    break
            while waiting := [r for r in waiting if not r.future.cancelled()]:
                with contextlib.suppress(queue.Empty):
                    while True:
                        waiting.append(self._queue.get_nowait())
                batch = self._batch(waiting)
                try:
                    results: list[Drawn | Exception | None] = list(self._run(batch))
                except Exception as error:  # it belongs to whoever asked
                    results = [error] * len(batch)
                for request, result in zip(batch, results, strict=True):
                    if result is None:
                        continue
                    # A loop that is closed has nobody left who waits; the others' results still count.
                    with contextlib.suppress(RuntimeError):
                        request.loop.call_soon_threadsafe(_settle, request.future, result)
                over = {id(r) for r, result in zip(batch, results, strict=True) if result is not None}
                waiting = [r for r in waiting if id(r) not in over]

    def _batch(self, waiting: list[_Request]) -> list[_Request]:
        """The next batch: requests of one kind, of similar numbers of new tokens; or texts that have begun.

        What is known is looked up anew for every batch: the one before may have computed a shared beginning.
        """
        begun = [r for r in waiting if r.parked]
        waiting = [r for r in waiting if not r.parked]
        if len(begun) >= self.batch_size or not waiting:
            return begun[: self.batch_size]
        for request in waiting:
            request.known, request.row = self._rows.longest(request.ids)
        batch: list[_Request] = []
        for request in sorted(waiting, key=lambda r: (not r.choices, r.new)):
            room = self.batch_size - (0 if request.choices else len(begun))
            full = len(batch) >= room or (len(batch) + 1) * request.new > TOKENS_AT_ONCE
            if batch and (full or bool(batch[0].choices) != bool(request.choices)):
                break
            # What two share beyond what is known, the first computes; the second waits for the next batch.
            if all(shared(request.ids, r.ids) < request.known + WORTH_WAITING for r in batch):
                batch.append(request)
        for request in waiting:
            if request not in batch:
                request.row = None  # it may be dropped from the store meanwhile; nobody else should hold it
        return batch

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def _run(self, batch: list[_Request]) -> list[Drawn | None]:
        """What was drawn for each, or None for a text that goes on."""
        weight = self.model.get_output_embeddings().weight
        cache, width = gather([(r.known, r.row) for r in batch], self.model.config.num_hidden_layers)
        longest = max(r.new for r in batch)
        ids_B_T = torch.zeros((len(batch), longest), dtype=torch.long)
        mask_B_T = torch.zeros((len(batch), width + longest), dtype=torch.long)
        places_B_T = torch.zeros_like(ids_B_T)
        for i, r in enumerate(batch):
            ids_B_T[i, : r.new] = torch.from_numpy(r.ids[r.known :])
            mask_B_T[i, width - r.known : width + r.new] = 1
            places_B_T[i] = torch.arange(r.known, r.known + longest)
        device = weight.device
        ids_B_T, mask_B_T, places_B_T = ids_B_T.to(device), mask_B_T.to(device), places_B_T.to(device)
        last_B_D = self._forward(ids_B_T, mask_B_T, places_B_T, cache, [r.new - 1 for r in batch])
        self.tokens_run += sum(r.new for r in batch)
        if batch[0].parked:
            return self._continue(batch, last_B_D, mask_B_T, cache, width)
        rows = [take(cache, i, width - r.known, width + r.new) for i, r in enumerate(batch)]
        for r, row in zip(batch, rows, strict=True):
            self._rows.add(r.ids, row)
        if batch[0].choices:
            return [self._choice(r, last_B_D[i] @ weight[r.choices].T) for i, r in enumerate(batch)]
        for r, row, logprobs in zip(batch, rows, self._logprobs(last_B_D), strict=True):
            r.reused = r.known
            r.draw(logprobs)
            r.park(row)
        return [_text(r) for r in batch]

    def _forward(
        self,
        ids_B_T: torch.Tensor,
        mask_B_T: torch.Tensor,
        places_B_T: torch.Tensor,
        cache: Any,
        last: list[int],
    ) -> torch.Tensor:
        """The last hidden state of each row; the vocabulary's matrix is left to who needs it."""
        out = self.model.model(
            input_ids=ids_B_T,
            attention_mask=mask_B_T,
            position_ids=places_B_T,
            past_key_values=cache,
            use_cache=True,
        )
        states_B_T_D: torch.Tensor = out.last_hidden_state
        return states_B_T_D[torch.arange(len(last)), torch.tensor(last, device=ids_B_T.device)]

    def _choice(self, r: _Request, logits: torch.Tensor) -> Drawn:
        logprobs = torch.log_softmax(logits.float(), dim=-1).cpu().numpy()
        i = _pick(logprobs, r.temperature, 1.0, r.rng)
        order = [i, *(j for j in range(len(r.choices)) if j != i)]
        return Drawn([r.choices[i]], [[(r.choices[j], float(logprobs[j])) for j in order]], True, r.known)

    def _logprobs(self, last_B_D: torch.Tensor) -> Any:
        """Log-probabilities of the whole vocabulary after each row."""
        return torch.log_softmax(self.model.get_output_embeddings()(last_B_D).float(), dim=-1).cpu().numpy()

    def _continue(
        self, batch: list[_Request], last_B_D: torch.Tensor, mask_B_T: torch.Tensor, cache: Any, width: int
    ) -> list[Drawn | None]:
        """Decode token by token, all rows together, until a quarter has ended; park the rest."""
        starts = [width - r.known for r in batch]
        places = torch.tensor([len(r.ids) for r in batch], device=mask_B_T.device)
        while True:
            for r, logprobs in zip(batch, self._logprobs(last_B_D), strict=True):
                r.draw(logprobs)
            if 4 * sum(not r.over for r in batch) <= 3 * len(batch):
                break
            step = torch.tensor([[r.tokens[-1]] for r in batch], device=mask_B_T.device)
            mask_B_T = torch.cat([mask_B_T, torch.ones_like(mask_B_T[:, :1])], dim=1)
            last_B_D = self._forward(step, mask_B_T, places[:, None], cache, [0] * len(batch))
            places = places + 1
            self.tokens_run += len(batch)
        for i, r in enumerate(batch):
            if not r.over:
                r.park(take(cache, i, starts[i], mask_B_T.shape[1]))
        return [_text(r) for r in batch]


def _text(r: _Request) -> Drawn | None:
    """What was drawn, if that is all."""
    if r.over:
        return Drawn(r.tokens, r.told, r.finished, r.reused)
    r.ids = np.append(r.prompt, r.tokens)
    return None


def _pick(logprobs: Any, temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """Draw an index by inverting the distribution, so that one random number makes one draw."""
    if temperature <= 0:
        return int(logprobs.argmax())
    scaled = logprobs.astype(np.float64) / temperature
    p = np.exp(scaled - scaled.max())
    p /= p.sum()
    if top_p < 1:
        order = np.argsort(-p)
        keep = order[: int(np.searchsorted(np.cumsum(p[order]), top_p)) + 1]
        cut = np.zeros_like(p)
        cut[keep] = p[keep]
        p = cut / cut.sum()
    drawn = int(np.searchsorted(np.cumsum(p), rng.random(), side="right"))
    return min(drawn, int(np.flatnonzero(p)[-1]))


def _tell(logprobs: Any, token: int, top: int) -> list[tuple[int, float]]:
    """The token drawn and the `top` most probable ones, with their log-probabilities."""
    best = [int(i) for i in np.argsort(-logprobs)[:top]] if top else []
    return [(i, float(logprobs[i])) for i in [token, *(i for i in best if i != token)]]


def _settle(future: asyncio.Future[Drawn], result: Drawn | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
