"""A LoRA adapter in peft's format: checked against its lineage, and merged into the weights when loaded.

W + (alpha / r) · B·A, computed in 32 bits and rounded once: adapted weights cost nothing at sampling time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from subterfuge.models.errors import prerequisite
from subterfuge.models.weights import digest

WARMUP = Path(__file__).parent / "warmup" / "adapter"
"""The adapter that binds letters to options; `lineage.json` beside it says how it was made."""


def lineage(folder: Path) -> dict[str, Any]:
    """What `lineage.json` says of the adapter, having checked that the file is the one it speaks of.

    Raises:
        PrerequisiteError: the adapter is missing, or is not the one that the lineage describes.
    """
    try:
        told: dict[str, Any] = json.loads((folder / "lineage.json").read_text(encoding="utf-8"))
        found = digest(folder / "adapter_model.safetensors")
    except (OSError, ValueError) as error:
        raise prerequisite(
            f"The adapter in {folder} can't be read ({error}). Reinstall subterfuge."
        ) from error
    if found != told["sha256"]:
        raise prerequisite(
            f"The adapter in {folder} is not the one that its lineage.json describes. Reinstall subterfuge."
        )
    return told


def merge(model: Any, folder: Path) -> None:
    """Merge the adapter into the weights of a transformers model, in place."""
    import torch  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415

    lineage(folder)
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    scale = config["lora_alpha"] / config["r"]
    tensors = load_file(folder / "adapter_model.safetensors")
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name, down in tensors.items():
            if not name.endswith("lora_A.weight"):
                continue
            up = tensors[name.replace("lora_A", "lora_B")]
            weight = weights[name.removeprefix("base_model.model.").replace("lora_A.weight", "weight")]
            weight.copy_((weight.float() + scale * up.float() @ down.float()).to(weight.dtype))
