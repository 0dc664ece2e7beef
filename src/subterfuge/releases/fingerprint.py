"""What tells one model from another of the same name, as far as it can be known without asking it anything.

Weights on this machine are known by their bytes, scripted actors by their arguments, models behind an API by
what the provider calls them. A provider may change what it serves under the same name: `provider_facts` reads
which models its replies named, and `facts_difference` says in a line what changed.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inspect_ai.log import EvalLog
from inspect_ai.model import Model

from subterfuge.releases import records
from subterfuge.releases.chain import canonical
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.records import Fingerprint

WEIGHTS = frozenset({".safetensors", ".bin", ".gguf", ".pt", ".pth"})
"""Endings of files that hold weights."""

BESIDE = frozenset({".json", ".jinja", ".model", ".txt"})
"""Endings of files beside them that decide what the model says: configuration, tokenizer, chat template."""

TRAINING = re.compile(r"(optimizer|scheduler|scaler|rng_state|trainer_state|training_args|global_step)")
"""Files of a checkpoint that only its training reads."""

LOCAL = frozenset(
    {"hf", "vllm", "vllm-completions", "sglang", "nnterp", "transformer_lens", "llama-cpp-python"}
)
"""Inspect's providers for which a model's name may be a folder."""

SCRIPTED = "subterfuge/scripted"
"""The model whose every word is known beforehand."""

SECRET = re.compile(
    r"(^|[_-])(api_?key|key|secret|token|password|passwd|credentials?|auth|authorization|cookie)$|^aws_",
    re.IGNORECASE,
)
"""Names of arguments that no ledger should hold."""


def public(model_args: Mapping[str, Any]) -> dict[str, Any]:
    """A model's arguments without keys, tokens and passwords, and without what JSON can't hold."""
    kept = {}
    for name, value in model_args.items():
        if SECRET.search(str(name)):
            continue
        inner = public(value) if isinstance(value, Mapping) else value
        try:
            canonical(inner)
        except (TypeError, ValueError, RecursionError):
            continue
        kept[str(name)] = inner
    return kept


def fingerprint(model: Model, model_args: Mapping[str, Any], declared: str | None = None) -> Fingerprint:
    """What tells this model from another of its name. Asks no provider; may read gigabytes of weights.

    In this order: what the model's own class says (`fingerprint`, an attribute or a method);
    a scripted actor's arguments; the bytes of weights in the files that its name or its arguments name; what
    is known of the provider, and what the user declares.

    Args:
        model: the Inspect model.
        model_args: the arguments that it was made with.
        declared: what the user knows of it, such as a snapshot's date.

    Raises:
        ReleaseError: weights can't be read, or the model's class says nothing in its `fingerprint`.
    """
    if (own := getattr(model.api, "fingerprint", None)) is not None:
        value = own() if callable(own) else own
        if not isinstance(value, str) or not value.strip():
            raise ReleaseError(f"The class of {model} has a `fingerprint` that is no text: {value!r:.60}.")
        return Fingerprint(kind="weights", value=value)
    if str(model) == SCRIPTED:
        return Fingerprint(kind="scripted", value=canonical(_arguments(model, model_args)))
    if found := _local(model, model_args):
        return Fingerprint(kind="weights", value=_digest(found, model.name))
    given = " ".join((declared or "").split())
    ours = type(model.api).__module__.startswith("inspect_ai.")
    if given and not ours and not model.api.base_url:
        return Fingerprint(kind="declared", value=f"{model}; declared: {given}")
    facts = [str(model)]
    if host := _host(model.api.base_url):
        facts.append(f"host: {host}")
    facts += [f"{name}: {model_args[name]}" for name in ("revision", "service") if model_args.get(name)]
    facts += [f"declared: {given}"] if given else []
    return Fingerprint(kind="provider", value="; ".join(facts))


def difference(before: Fingerprint, now: Fingerprint) -> str | None:
    """What is different, in a line; None where nothing is."""
    if before == now:
        return None
    if before.kind != now.kind:
        return f"it was known by its {_NAMES[before.kind]}, and now by its {_NAMES[now.kind]}"
    return f"its {_NAMES[now.kind]} were {_short(before.value)} and are {_short(now.value)}"


def same_or_error(registered: records.Model, found: Fingerprint) -> None:
    """See that a model is the one that was registered under its id.

    Raises:
        ReleaseError: it is another one.
    """
    if (changed := difference(registered.fingerprint, found)) is not None:
        raise ReleaseError(
            f"{registered.id} is not the model that was registered under this id: {changed}. Register it "
            "under an id of its own."
        )


def provider_facts(log: EvalLog) -> set[str]:
    """The models that the provider's replies named, by the output of each sample of a log with samples."""
    names = {sample.output.model for sample in log.samples or []}
    for sample in log.samples or []:
        names |= {fallback.fallback_model for fallback in sample.model_fallbacks or []}
    return names - {""}


def facts_difference(before: Iterable[str], now: Iterable[str]) -> str | None:
    """How the models named in replies changed, in a line; None where they did not, or one side is unknown."""
    old, new = set(before), set(now)
    if not old or not new or old == new:
        return None
    return f"the provider named {_list(old)} in its replies before, and names {_list(new)} now"


_NAMES = {
    "weights": "weights",
    "provider": "provider's facts",
    "declared": "declared facts",
    "scripted": "arguments",
}


def _arguments(model: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that are not the class's own defaults: an option that comes later changes no fingerprint."""
    own = inspect.signature(type(model.api).__init__).parameters
    return {
        name: float(value) if _is_number(value) else value
        for name, value in given.items()
        if name not in own or own[name].default != value
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _local(model: Model, model_args: Mapping[str, Any]) -> dict[str, list[Path]]:
    """The files on this machine that the model is made of, by the argument that names them."""
    named = {name: value for name, value in model_args.items() if isinstance(value, str | Path)}
    if str(model).split("/")[0] in LOCAL or model.name.startswith(("/", "./", "../", "~")):
        # An adapter is named behind a colon: "vllm/base:adapter".
        named |= {f"model.{i}": part for i, part in enumerate(model.name.split(":"))}
    found = {}
    for name, value in named.items():
        try:
            path = Path(value).expanduser()
            if path.is_dir():
                files = sorted(p for p in path.iterdir() if p.is_file() and not TRAINING.match(p.name))
                if any(p.suffix in WEIGHTS for p in files):
                    found[name] = [p for p in files if p.suffix in WEIGHTS | BESIDE]
            elif path.suffix in WEIGHTS and path.is_file():
                found[name] = [path]
        except (OSError, RuntimeError, ValueError):  # such as a text that is far too long for a path
            continue
    return found


def _digest(found: dict[str, list[Path]], model: str) -> str:
    """SHA-256 of a list of names and SHA-256s: where the files lie does not count."""
    whole = hashlib.sha256()
    if not found.keys() & {"model_path", "model.0"}:
        whole.update(canonical(["name", model]).encode() + b"\n")  # an adapter on a base known by name alone
    for name, files in sorted(found.items()):
        for path in files:
            try:
                with path.open("rb") as file:
                    one = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise ReleaseError(
                    f"The weights in {path} can't be read: {error.strerror or error}."
                ) from error
            # A file alone is named by whoever saved it; in a folder names say what each is for.
            whole.update(
                canonical([name, path.name if len(files) > 1 else path.suffix, one]).encode() + b"\n"
            )
    return whole.hexdigest()


def _host(url: str | None) -> str:
    """The host and port of an address; not its path and never what may be a password in it."""
    try:
        parts = urlsplit(url or "")
        return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return ""


def _short(value: str) -> str:
    return f"{value[:12]}…" if re.fullmatch(r"[0-9a-f]{40,}", value) else repr(value)


def _list(names: set[str]) -> str:
    return " and ".join(sorted(names))
