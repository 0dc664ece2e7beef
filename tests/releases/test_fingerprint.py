"""Fingerprints: what tells one model from another, what must not, and what a ledger never holds."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, ModelAPI, ModelOutput, get_model
from inspect_ai.model._model_output import ModelFallback
from inspect_ai.model._registry import modelapi

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.fingerprint import (
    difference,
    facts_difference,
    fingerprint,
    provider_facts,
    public,
    same_or_error,
)
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.records import Fingerprint
from subterfuge.releases.records import Model as Registered
from subterfuge.releases.registry import describe, register


class PlainAPI(ModelAPI):
    """A user's own API, in this process."""

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:
        return ModelOutput.from_content(self.model_name, "yes")


class KnownAPI(PlainAPI):
    """One that knows its weights."""

    value: Any = "c0ffee"

    def fingerprint(self) -> Any:
        return self.value


def model_of(api: type[ModelAPI], kind: str, name: str = "m", **given: Any) -> Model:
    """A model of this API under a provider's name, without a provider's package."""
    made = modelapi(name=kind)(api)
    return Model(made(name, **given), GenerateConfig())


def weights(folder: Path, value: float = 1.0, **more: str) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "model.safetensors").write_bytes(np.full(1000, value, dtype=np.float32).tobytes())
    for name, text in {"config.json": "{}", **more}.items():
        (folder / name).write_text(text)
    return folder


def test_a_class_that_knows_its_weights_is_asked() -> None:
    own = model_of(KnownAPI, "own")
    assert fingerprint(own, {}, "declared") == Fingerprint(kind="weights", value="c0ffee")
    own.api.fingerprint = "an attribute will do"  # type: ignore[attr-defined]
    assert fingerprint(own, {}).value == "an attribute will do"
    for silence in (lambda: "", lambda: None, 7, " "):
        own.api.fingerprint = silence  # type: ignore[attr-defined]
        with pytest.raises(ReleaseError, match="no text"):
            fingerprint(own, {})
    assert not hasattr(ModelAPI, "fingerprint"), (
        "Inspect has a fingerprint of its own now: read what it means"
    )


def test_a_scripted_actor_is_known_by_its_arguments() -> None:
    def of(**args: Any) -> Fingerprint:
        return fingerprint(get_model("subterfuge/scripted", memoize=False, **args), args)

    plain = of(actor="gamer", rate=0.5)
    assert plain.kind == "scripted"
    assert plain.value == '{"actor":"gamer","rate":0.5}'
    assert plain == of(rate=0.5, actor="gamer", seed=0, otherwise="honest")
    assert of(actor="gamer", rate=1) == of(actor="gamer", rate=1.0) == of(actor="gamer")
    others = [of(actor="sloppy", rate=0.5), of(actor="gamer", rate=0.25), of(actor="gamer", rate=0.5, seed=1)]
    assert len({plain.value, *(other.value for other in others)}) == 4


def test_weights_are_known_by_their_bytes_wherever_they_lie(tmp_path: Path) -> None:
    first = weights(tmp_path / "a")
    model = model_of(PlainAPI, "hf", "local")
    found = fingerprint(model, {"model_path": str(first)})
    assert found.kind == "weights" and len(found.value) == 64
    moved = first.rename(tmp_path / "b")
    (moved / "README.md").write_text("about it")
    (moved / "optimizer.pt").write_bytes(b"left from training")
    assert fingerprint(model, {"model_path": moved}) == found
    for name, change in {
        "model.safetensors": b"other",
        "config.json": b'{"a":1}',
        "tokenizer.json": b"{}",
    }.items():
        folder = weights(tmp_path / f"changed {name}")
        (folder / name).write_bytes(change)
        assert fingerprint(model, {"model_path": str(folder)}).value != found.value


def test_a_name_that_is_a_folder_is_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = weights(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    by_path = fingerprint(model_of(PlainAPI, "hf", str(folder)), {})
    assert by_path.kind == "weights"
    assert fingerprint(model_of(PlainAPI, "vllm", "mine"), {}) == by_path
    assert fingerprint(model_of(PlainAPI, "openai", "mine"), {}).kind == "provider", (
        "an API's name is no folder"
    )
    assert fingerprint(model_of(PlainAPI, "hf", "theirs"), {}).kind == "provider"
    adapted = weights(tmp_path / "adapter", 2.0)
    pair = fingerprint(model_of(PlainAPI, "vllm", f"{folder}:{adapted}"), {})
    assert pair.kind == "weights" and pair != by_path
    bases = [fingerprint(model_of(PlainAPI, "vllm", f"org/{n}:{adapted}"), {}).value for n in "ab"]
    assert bases[0] != bases[1], "an adapter alone is not the model: its base counts"


def test_a_single_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.gguf", tmp_path / "two.gguf"
    one.write_bytes(b"GGUF")
    two.write_bytes(b"GGUF")
    model = model_of(PlainAPI, "llama-cpp-python", "x")
    assert fingerprint(model, {"model_path": str(one)}) == fingerprint(model, {"model_path": str(two)})
    two.write_bytes(b"GGUX")
    assert fingerprint(model, {"model_path": str(one)}) != fingerprint(model, {"model_path": str(two)})


def test_a_provider_is_known_by_name_host_and_what_is_declared() -> None:
    url = "https://user:hunter2@eu.api.example:8443/v1/keys?key=hunter2"
    model = model_of(PlainAPI, "openai", "gpt-5", base_url=url, api_key="hunter2")
    found = fingerprint(model, {"revision": "r7", "api_key": "hunter2"}, "snapshot\n 2026-11")
    assert found == Fingerprint(
        kind="provider",
        value="openai/gpt-5; host: eu.api.example:8443; revision: r7; declared: snapshot 2026-11",
    )
    assert fingerprint(model_of(PlainAPI, "openai", "gpt-5"), {}).value == "openai/gpt-5"
    assert (
        fingerprint(model_of(PlainAPI, "openai", "gpt-5", base_url="http://[x"), {}).value == "openai/gpt-5"
    )
    assert fingerprint(get_model("mockllm/model"), {}) == Fingerprint(kind="provider", value="mockllm/model")
    own = fingerprint(model_of(PlainAPI, "own"), {}, "weights of Tuesday")
    assert own == Fingerprint(kind="declared", value="own/m; declared: weights of Tuesday")


def test_no_key_or_password_is_taken_over() -> None:
    args = {
        "api_key": "k",
        "hf_token": "k",
        "aws_region": "k",
        "client_secret": "k",
        "default_headers": {"Authorization": "k", "x-api-key": "k", "trace": "kept"},
        "tokenizer": "kept",
        "max_tokens": 5,
        "outputs": iter([]),
        "temperature": float("nan"),
    }
    assert public(args) == {"default_headers": {"trace": "kept"}, "tokenizer": "kept", "max_tokens": 5}


def test_a_difference_is_told_in_a_line() -> None:
    one = Fingerprint(kind="weights", value="a" * 64)
    two = Fingerprint(kind="weights", value="b" * 64)
    text = Fingerprint(kind="provider", value="openai/gpt-5")
    assert difference(one, one) is None
    assert difference(one, two) == "its weights were aaaaaaaaaaaa… and are bbbbbbbbbbbb…"
    assert difference(one, text) == "it was known by its weights, and now by its provider's facts"
    known = Registered(id="m", model="x/y", fingerprint=one)
    same_or_error(known, one)
    with pytest.raises(
        ReleaseError, match="m is not the model that was registered under this id: its weights"
    ):
        same_or_error(known, two)


def log_of(*samples: dict[str, Any]) -> EvalLog:
    return EvalLog.model_validate(
        {
            "eval": {
                "created": "2026-11-23T00:00:00+00:00",
                "task": "t",
                "dataset": {},
                "model": "openai/gpt-5",
                "config": {},
            },
            "samples": [
                {"id": i, "epoch": 1, "input": "q", "target": "t", **sample}
                for i, sample in enumerate(samples)
            ],
        }
    )


def test_the_models_that_replies_name_are_read_from_a_log() -> None:
    old, new = ({"output": ModelOutput.from_content(f"gpt-5-2026-0{i}", "x")} for i in (1, 2))
    fallen = {**old, "model_fallbacks": [ModelFallback(model="gpt-5", fallback_model="gpt-5-mini")]}
    assert provider_facts(log_of(old, old)) == {"gpt-5-2026-01"}
    assert provider_facts(log_of(old, new, {})) == {"gpt-5-2026-01", "gpt-5-2026-02"}
    assert provider_facts(log_of(fallen)) == {"gpt-5-2026-01", "gpt-5-mini"}
    assert provider_facts(log_of({})) == set()


def test_a_silent_change_of_what_is_served_is_told_in_a_line() -> None:
    assert facts_difference({"a"}, {"a"}) is None
    assert facts_difference(set(), {"a"}) is None, "nothing is known of before"
    said = "the provider named a in its replies before, and names a and b now"
    assert facts_difference({"a"}, {"b", "a"}) == said


def scripted(id: str, **args: Any) -> Registered:
    return describe(id, get_model("subterfuge/scripted", memoize=False, **args), args)


def test_an_id_stands_for_one_model_for_ever(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, create=True) as ledger:
        base = register(ledger, scripted("base", actor="honest"))
        assert register(ledger, scripted("base", actor="honest")) == base
        assert len(ledger.records) == 2, "what is registered already is not registered again"
        with pytest.raises(
            ReleaseError, match=r"base is not the model that was registered .* its arguments were"
        ):
            register(ledger, scripted("base", actor="gamer"))
        with pytest.raises(ReleaseError, match=r"base is registered with another date \(None\)"):
            register(ledger, base.model_copy(update={"date": "2026-11-23"}))
    with Ledger.open(tmp_path) as ledger, pytest.raises(ReleaseError, match="is not the model"):
        register(ledger, scripted("base", actor="gamer"))
    assert [r.body for r in read(tmp_path)[0].of("model")] == [base]


def test_parents_anchors_ids_and_dates_are_looked_at(tmp_path: Path) -> None:
    model = scripted("base", actor="honest")
    with Ledger.open(tmp_path, create=True) as ledger:
        with pytest.raises(
            ReleaseError, match=r"The parent 'old' of base is not registered \(registered: none\)"
        ):
            register(ledger, model.model_copy(update={"parent": "old"}))
        with pytest.raises(ReleaseError, match="The parent 'base' of base is not registered"):
            register(ledger, model.model_copy(update={"parent": "base"}))
        for date in ("yesterday", "2026-02-30", "20260101", "2026-W01-1", "2026-01-01T25:00", ""):
            with pytest.raises(ReleaseError, match="is no date"):
                register(ledger, model.model_copy(update={"date": date}))
        for id in ("", "a b", "../a", "a@b", "a/b", ".a", "a\n", "x" * 81):
            with pytest.raises(ReleaseError, match="is no id"):
                register(ledger, model.model_copy(update={"id": id}))
        register(ledger, model.model_copy(update={"anchor": True, "date": "2026-11-23"}))
        child = {"id": "gpt-5.1", "parent": "base", "date": "2026-11-23T16:40:12Z"}
        register(ledger, model.model_copy(update=child))
        with pytest.raises(ReleaseError, match="The anchor of this ledger is base"):
            register(ledger, model.model_copy(update={"id": "other", "anchor": True}))
        assert [r.body.id for r in ledger.records.of("model")] == ["base", "gpt-5.1"]


def test_a_fingerprint_needs_no_torch() -> None:
    program = (
        "import sys, subterfuge.releases.registry\n"
        "assert not {'torch', 'transformers', 'openai'} & set(sys.modules), 'heavy imports'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
