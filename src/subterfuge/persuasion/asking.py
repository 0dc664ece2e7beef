"""Asking a model that may think first: again with more room, if thinking took all that it was given."""

from __future__ import annotations

from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput

THINKING = 8192
"""Tokens on top for a model that thinks: its provider counts them as part of the answer."""


async def ask(model: Model, conversation: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
    """A model's answer; asked twice if the first one ended for want of room before it began.

    Without the second question a model that thinks would look like one that has nothing to say.

    Args:
        model: whom to ask.
        conversation: what it is asked.
        config: with `max_tokens`: room for the answer itself.
    """
    output = await model.generate(conversation, config=config)
    if output.stop_reason == "max_tokens" and not output.completion.strip():
        room = (config.max_tokens or 0) + THINKING
        output = await model.generate(conversation, config=config.merge(GenerateConfig(max_tokens=room)))
    return output
