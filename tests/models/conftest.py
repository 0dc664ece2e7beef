"""A real transformer, tiny and with random weights: a sampler need not know what its model knows."""

from importlib.util import find_spec
from typing import Any

import pytest


@pytest.fixture(scope="session")
def tiny_model() -> Any:
    if find_spec("torch") is None or find_spec("transformers") is None:
        pytest.skip('needs torch and transformers: pip install "subterfuge[local]"')
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = LlamaConfig(
        vocab_size=97,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.3,  # wide enough that the next token is neither certain nor uniform
    )
    return LlamaForCausalLM(config).eval()
