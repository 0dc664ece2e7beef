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
from transformers.cache_utils import DynamicCache

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


def gather(rows: list[tuple[int, torch.Tensor | None]], like: Any) -> tuple[DynamicCache, int]:
    """One cache for a batch: every row's known beginning, aligned at its end.

    Args:
        rows: (length, row) of each prompt; a length of 0 has no row.
        like: the model's config and dtype, through its first parameter.

    Returns:
        The cache and its length in tokens, padding included.
    """
    cache, width = DynamicCache(), max(length for length, _ in rows)
    if width == 0:
        return cache, 0
    some = next(row for _, row in rows if row is not None)
    past_X_B_H_T_D = torch.zeros(  # X: keys and values of each layer
        (some.shape[0], len(rows), some.shape[1], width, some.shape[3]), dtype=some.dtype, device=like.device
    )
    for i, (length, row) in enumerate(rows):
        if row is not None:
            past_X_B_H_T_D[:, i, :, width - length :] = row[:, :, :length]
    for layer in range(some.shape[0] // 2):
        cache.update(past_X_B_H_T_D[2 * layer], past_X_B_H_T_D[2 * layer + 1], layer)
    return cache, width


def take(cache: DynamicCache, i: int, start: int, stop: int) -> torch.Tensor:
    """The i-th prompt's row out of a batch's cache: its tokens from `start` to `stop`."""
    return torch.stack(
        [part[i, :, start:stop] for layer in cache.layers for part in (layer.keys, layer.values)]
    ).clone()
