"""The model API `subterfuge/…`, as Inspect finds it: a name, and a backend that is imported on use."""

from __future__ import annotations

import importlib
from typing import Any, cast

from inspect_ai.model import GenerateConfig, ModelAPI, modelapi

from subterfuge.models.errors import prerequisite

BACKENDS = {
    "smollm2-135m": "subterfuge.models.smollm2:SmolLM2API",
    "scripted": "subterfuge.models.scripted:ScriptedAPI",
}
"""Name after the slash -> where its class is; a backend is one line here and one file."""


@modelapi(name="subterfuge")
def subterfuge() -> type[ModelAPI]:
    """What makes a `subterfuge/NAME` model: a function in the place of Inspect's class, as it dispatches."""
    return cast(type[ModelAPI], _make)


def _make(
    model_name: str,
    base_url: str | None = None,
    api_key: str | None = None,
    config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the base class's signature)
    **model_args: Any,
) -> ModelAPI:
    """The backend of this name, with its arguments."""
    if model_name not in BACKENDS:
        known = ", ".join(f"subterfuge/{name}" for name in BACKENDS)
        raise prerequisite(f"there is no model subterfuge/{model_name}; known: {known}")
    module, name = BACKENDS[model_name].split(":")
    backend = cast(type[ModelAPI], getattr(importlib.import_module(module), name))
    return backend(model_name=model_name, base_url=base_url, api_key=api_key, config=config, **model_args)
