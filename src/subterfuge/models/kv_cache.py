"""Keys and values of prompts seen before, so that what two prompts share is computed once.

A later step of an episode begins with all of the earlier ones, and episodes of one rung begin alike. For each
new prompt the stored row with the longest common beginning is taken. Rows are dropped, oldest use first, when
they hold more than `limit` bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.cache_utils import DynamicCache, DynamicLayer

Ids = NDArray[np.int64]


def shared(a: Ids, b: Ids) -> int:
    """How many first tokens are the same."""
    n = min(len(a), len(b))
    same = a[:n] == b[:n]
    return n if same.all() else int(same.argmin())


class Rows:
    """The store of rows: token ids to a tensor (layers × 2, heads, tokens, width)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._rows: OrderedDict[bytes, tuple[Ids, torch.Tensor]] = OrderedDict()
        self._bytes = 0

    def longest(self, ids: Ids) -> tuple[int, torch.Tensor | None]:
        """How many first tokens of `ids` are known (never all: one has to be run), and their row."""
        best, best_key = 0, b""
        for key, (known, _) in self._rows.items():
            length = min(shared(known, ids), len(ids) - 1)
            if length > best:
                best, best_key = length, key
        if not best:
            return 0, None
        self._rows.move_to_end(best_key)
        return best, self._rows[best_key][1]

    def add(self, ids: Ids, row: torch.Tensor) -> None:
        """Store the row of these ids."""
        key = ids.tobytes()
        if key in self._rows:
            return
        self._rows[key] = (ids, row)
        self._bytes += row.nbytes
        while self._bytes > self.limit and len(self._rows) > 1:
            _, (_, dropped) = self._rows.popitem(last=False)
            self._bytes -= dropped.nbytes


class Roomy(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, in buffers with room to spare.

    A step of decoding then writes one token, where joining tensors would copy all that came before.
    """

    SPARE = 64
    """Tokens of room beyond what is there."""

    key_room: torch.Tensor
    value_room: torch.Tensor

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add tokens; what is there now, as views of the buffers."""
        old = self.get_seq_length()
        new = old + key_states.shape[-2]
        if old == 0 or new > self.key_room.shape[-2]:
            self.make_room(key_states, new)
        self.key_room[..., old:new, :] = key_states
        self.value_room[..., old:new, :] = value_states
        self.keys, self.values = self.key_room[..., :new, :], self.value_room[..., :new, :]
        return self.keys, self.values

    def make_room(self, like: torch.Tensor, tokens: int) -> None:
        """Take buffers for so many tokens, with what was there.

        Args:
            like: keys (rows, heads, any, width), for the shape.
            tokens: how many there will be.
        """
        known = self.get_seq_length()
        shape = (*like.shape[:2], tokens + self.SPARE, like.shape[3])
        # Zeros, not whatever was in memory: what is hidden by the mask is multiplied all the same.
        key_room, value_room = (
            torch.zeros(shape, dtype=like.dtype, device=like.device) for _ in ("keys", "values")
        )
        if known:
            key_room[..., :known, :], value_room[..., :known, :] = self.keys, self.values
        self.key_room, self.value_room = key_room, value_room
        self.dtype, self.device, self.is_initialized = like.dtype, like.device, True

    def show(self, tokens: int) -> None:
        """Let so many tokens of the buffers be there."""
        self.keys, self.values = self.key_room[..., :tokens, :], self.value_room[..., :tokens, :]


def gather(rows: list[tuple[int, torch.Tensor | None]], layers: int) -> tuple[DynamicCache, int]:
    """One cache for a batch: every row's known beginning, aligned at its end.

    Args:
        rows: (length, row) of each prompt; a length of 0 has no row.
        layers: how many the model has.

    Returns:
        The cache and its length in tokens, padding included.
    """
    cache, width = DynamicCache(), max(length for length, _ in rows)
    cache.layer_class_to_replicate = None
    cache.layers = [Roomy() for _ in range(layers)]
    some = next((row for _, row in rows if row is not None), None)
    if some is None:
        return cache, 0
    for n, layer in enumerate(cache.layers):
        layer.make_room(some[2 * n].expand(len(rows), -1, -1, -1), width)
        for i, (length, row) in enumerate(rows):
            if row is not None:
                layer.key_room[i, :, width - length : width] = row[2 * n, :, :length]
                layer.value_room[i, :, width - length : width] = row[2 * n + 1, :, :length]
        layer.show(width)
    return cache, width


def take(cache: DynamicCache, i: int, start: int, stop: int) -> torch.Tensor:
    """The i-th prompt's row out of a batch's cache: its tokens from `start` to `stop`."""
    return torch.stack(
        [part[i, :, start:stop] for layer in cache.layers for part in (layer.keys, layer.values)]
    ).clone()
