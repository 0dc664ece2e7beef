"""Attention of one new token on a CPU, as two matrix products.

PyTorch's fused kernel is made for many new tokens: for one token a row the plain products are faster (see
`benchmarks/decoding.py`). Everything else is left to it.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface

NAME = "subterfuge_decode"


def attend(
    module: Any,
    query_B_Hq_Q_D: torch.Tensor,
    key_B_H_T_D: torch.Tensor,
    value_B_H_T_D: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention in the form that transformers calls; query heads in groups share a key head."""
    rows, heads, new, width = query_B_Hq_Q_D.shape
    if new > 1 or dropout or query_B_Hq_Q_D.device.type != "cpu":
        return sdpa_attention_forward(  # type: ignore[no-any-return]
            module,
            query_B_Hq_Q_D,
            key_B_H_T_D,
            value_B_H_T_D,
            attention_mask,
            scaling=scaling,
            dropout=dropout,
            **kwargs,
        )
    query_B_H_G_D = query_B_Hq_Q_D.reshape(rows, key_B_H_T_D.shape[1], -1, width)
    scores_B_H_G_T = (query_B_H_G_D @ key_B_H_T_D.transpose(2, 3)).float() * (scaling or width**-0.5)
    if attention_mask is not None:
        seen_B_1_1_T = attention_mask[..., : key_B_H_T_D.shape[2]]
        if seen_B_1_1_T.dtype == torch.bool:
            scores_B_H_G_T = scores_B_H_G_T.masked_fill(~seen_B_1_1_T, float("-inf"))
        else:
            scores_B_H_G_T = scores_B_H_G_T + seen_B_1_1_T
    weights_B_H_G_T = torch.softmax(scores_B_H_G_T, dim=-1).to(value_B_H_T_D.dtype)
    out_B_Hq_1_D = (weights_B_H_G_T @ value_B_H_T_D).reshape(rows, heads, 1, width)
    return out_B_Hq_1_D.transpose(1, 2), None


def use(model: Any) -> None:
    """Let a model attend this way."""
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])
    model.set_attn_implementation(NAME)
