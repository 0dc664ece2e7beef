"""The embedded default, `subterfuge/smollm2-135m`: a real language model that needs no key, hub or GPU.

    inspect eval subterfuge/reward_tampering --model subterfuge/smollm2-135m -T action_format=menu

At 135M parameters it can't write commands, so it acts by menu. Out of the box it can't bind letters to
options either; a small adapter, trained on neutral options alone, mends that
(`-M adapter=none` leaves it out).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    StopReason,
    TopLogprob,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from subterfuge.models import adapter as adapters
from subterfuge.models.errors import prerequisite
from subterfuge.models.menu import CHOICES_KEY
from subterfuge.models.weights import converted, digest, gguf_file, require_torch

NAME = "subterfuge/smollm2-135m"
MAX_TOKENS = 128
"""Length of a free answer where the caller names none."""

_loading = threading.Lock()


class SmolLM2API(ModelAPI):
    """SmolLM2-135M-Instruct in this process."""

    offers_choices = True

    def __init__(
        self,
        model_name: str = "smollm2-135m",
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the base class's signature)
        *,
        adapter: str = "warmup",
        dtype: str = "auto",
        batch_size: int = 32,
        **unknown: Any,
    ) -> None:
        """Name the model; it is loaded when the first request comes.

        Args:
            model_name: What Inspect calls the model.
            base_url: Unused; part of Inspect's signature.
            api_key: Unused; part of Inspect's signature.
            config: Defaults for generation.
            adapter: `warmup` binds letters to options; `none` is the model as released.
            dtype: `auto` takes bfloat16 where the processor has it, else float32.
            batch_size: Prompts in one batch.
            unknown: Anything else is an error.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if unknown:
            raise prerequisite(
                f"{NAME} takes adapter, dtype and batch_size, not {', '.join(sorted(unknown))}"
            )
        if adapter not in ("warmup", "none"):
            raise prerequisite(f"{NAME} has no adapter {adapter!r}. Choose one of: warmup, none.")
        if dtype not in ("auto", "bfloat16", "float32"):
            raise prerequisite(f"{NAME} has no dtype {dtype!r}. Choose one of: auto, bfloat16, float32.")
        require_torch()
        self._which = (adapter, dtype, batch_size)

    def fingerprint(self) -> str:
        """What tells these weights from others: digests of the file as released, and of the adapter."""
        parts = [f"gguf {digest(gguf_file())}"]
        if self._which[0] == "warmup":
            parts.append(f"adapter {digest(adapters.WARMUP / 'adapter_model.safetensors')}")
        return "; ".join(parts)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Answer: one letter if the request offers letters, else free text."""
        if tools and tool_choice != "none":
            raise prerequisite(f"{NAME} cannot call tools; use -T action_format=menu.")
        # Loading takes seconds: in a thread of its own, so that nothing else stands still.
        import asyncio  # noqa: PLC0415

        sampler, tokenizer = await asyncio.to_thread(_load, *self._which)
        ids = _render(tokenizer, input)
        room = sampler.model.config.max_position_embeddings - len(ids)
        if room < 1:
            full = ModelOutput.from_content(NAME, "", stop_reason="model_length")
            full.usage = ModelUsage(input_tokens=len(ids), total_tokens=len(ids))
            return full
        letters = (config.extra_body or {}).get(CHOICES_KEY)
        temperature = 1.0 if config.temperature is None else config.temperature
        if letters:
            choices = [tokenizer.encode(letter, add_special_tokens=False)[0] for letter in letters]
            drawn = await sampler.choose(ids, choices, temperature=temperature, seed=config.seed)
        else:
            drawn = await sampler.generate(
                ids,
                max_tokens=min(config.max_tokens or MAX_TOKENS, room),
                stop_ids=[tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")],
                temperature=temperature,
                top_p=config.top_p or 1.0,
                seed=config.seed,
                ended=_ender(tokenizer, config.stop_seqs or []),
                top=config.top_logprobs or 0,
            )
        return _output(tokenizer, drawn, len(ids), config)

    def max_connections(self) -> int:
        """How many samples may wait at once: enough to fill batches."""
        return 2 * self._which[2]

    def connection_key(self) -> str:
        """All requests go to the one sampler."""
        return NAME

    def collapse_user_messages(self) -> bool:
        """The model's template takes turns in pairs."""
        return True


@cache
def _loaded(adapter: str, dtype: str, batch_size: int) -> tuple[Any, Any]:
    # Threads that spin while they wait stall each other where anything else wants the cores: on two busy
    # ones text comes 8 to 30 times faster without, choices 2 to 4. It counts if torch is not imported yet.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    from subterfuge.models import attention  # noqa: PLC0415
    from subterfuge.models.sampler import Sampler  # noqa: PLC0415

    folder = converted()
    cuda = torch.cuda.is_available()
    if dtype == "auto":
        dtype = "bfloat16" if cuda or torch.cpu._is_avx512_bf16_supported() else "float32"
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=getattr(torch, dtype))
    attention.use(model)
    if adapter == "warmup":
        adapters.merge(model, adapters.WARMUP)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return Sampler(model.to("cuda" if cuda else "cpu"), batch_size), tokenizer


def _load(adapter: str, dtype: str, batch_size: int) -> tuple[Any, Any]:
    """The sampler and the tokenizer, loaded once in a process."""
    with _loading:
        return _loaded(adapter, dtype, batch_size)


def _render(tokenizer: Any, messages: list[ChatMessage]) -> list[int]:
    """The conversation as token ids, through the model's own template."""
    talk = [{"role": "user" if m.role == "tool" else m.role, "content": m.text} for m in messages]
    text = tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids


def _ender(tokenizer: Any, marks: Sequence[str]) -> Callable[[list[int]], bool] | None:
    """Says whether a text has come to one of the stop sequences."""
    if not marks:
        return None
    return lambda tokens: any(mark in tokenizer.decode(tokens) for mark in marks)


def _output(tokenizer: Any, drawn: Any, prompt: int, config: GenerateConfig) -> ModelOutput:
    text = tokenizer.decode(drawn.tokens)
    stop: StopReason = "stop" if drawn.finished else "max_tokens"
    for mark in config.stop_seqs or []:
        if mark in text:
            text, stop = text.split(mark, 1)[0], "stop"
    message = ChatMessageAssistant(content=text, model=NAME, source="generate")
    logprobs = None
    if config.logprobs or CHOICES_KEY in (config.extra_body or {}):
        logprobs = Logprobs(content=[_logprob(tokenizer, told) for told in drawn.logprobs])
    return ModelOutput(
        model=NAME,
        choices=[ChatCompletionChoice(message=message, stop_reason=stop, logprobs=logprobs)],
        usage=ModelUsage(
            input_tokens=prompt,
            output_tokens=len(drawn.tokens),
            total_tokens=prompt + len(drawn.tokens),
            input_tokens_cache_read=drawn.reused,
        ),
    )


def _logprob(tokenizer: Any, told: list[tuple[int, float]]) -> Logprob:
    tops = [TopLogprob(token=tokenizer.decode([token]), logprob=logprob) for token, logprob in told]
    return Logprob(token=tops[0].token, logprob=tops[0].logprob, top_logprobs=tops)
