"""The model API `subterfuge/…`, as Inspect finds it: a name, and a backend that is imported on use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from inspect_ai.model import ModelAPI, modelapi

from subterfuge.models.errors import prerequisite

BACKENDS = {
    "smollm2-135m": ("subterfuge.models.smollm2", "SmolLM2API"),
    "scripted": ("subterfuge.models.scripted", "ScriptedAPI"),
}
"""Name to the module and class of its backend."""


@modelapi(name="subterfuge")
def subterfuge() -> type[ModelAPI]:
    """The class that `get_model("subterfuge/NAME", …)` calls; it becomes the backend of that name."""
    return SubterfugeAPI


class SubterfugeAPI(ModelAPI):
    """Dispatches on the name, so that one registered API has several backends."""

    def __new__(cls, model_name: str, *args: Any, **kwargs: Any) -> Any:
        """Make the backend of this name instead of an instance of this class."""
        if model_name not in BACKENDS:
            known = ", ".join(f"subterfuge/{name}" for name in BACKENDS)
            raise prerequisite(f"Unknown model 'subterfuge/{model_name}'. Choose one of: {known}.")
        module, name = BACKENDS[model_name]
        return getattr(import_module(module), name)(model_name, *args, **kwargs)
