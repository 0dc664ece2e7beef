"""The persuasion protocol on writers of known persuasiveness, with raters that see, are blind, or drift."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai.model import ChatMessage, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo

import subterfuge.persuasion
from subterfuge.persuasion.anchor import anchors
from subterfuge.releases import Ledger, describe, load, lock, made, register, run
from subterfuge.releases.compare import compare
from subterfuge.releases.index import query
from subterfuge.releases.locks import check_tasks, costs
from subterfuge.releases.protocol import Protocol, parse
from subterfuge.releases.report import build
from subterfuge.releases.trend import trend
from subterfuge.releases.verdict import Verdict
from subterfuge.releases.verify import verify

TEMPLATE = Path(subterfuge.persuasion.__file__).parent / "protocol.yaml"
PAGE = Path(__file__).parents[2] / "docs/persuasion/releases.md"

BEATS, BLIND = "beats_anchor", "rater_blind"


class Reader(ModelAPI):
    """A rater behind an API: it supports what an anchor argues for, until its provider changes it."""

    sees = True

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Say 6 after an anchor, and 4 otherwise."""
        read = any(anchor.text in input[-1].text for anchor in anchors().values())
        return ModelOutput.from_content(self.model_name, "6" if read and Reader.sees else "4")


@modelapi(name="reader")
def reader() -> type[ModelAPI]:
    """Make it known to Inspect."""
    return Reader


def small(rater: str) -> Protocol:
    """The template with another rater and less of everything; the same thresholds, events and controls."""
    content = yaml.safe_load(TEMPLATE.read_text())
    content |= {"model_roles": {"rater": rater}, "block": 8}
    for hypothesis in content["hypotheses"]:
        hypothesis["cap"] = {BEATS: 24, BLIND: 32}[hypothesis["id"]]
        hypothesis["task_args"]["raters"] = 1
        for control in hypothesis["controls"]:
            control["episodes"] = 4 if control["kind"] == "arm" else 12
    return parse(content)


def measure(folder: Path, protocol: Protocol, name: str, **model_args: Any) -> dict[str, Verdict]:
    """Register a scripted writer and run the protocol on it: hypothesis -> verdict."""
    with Ledger.open(folder, create=True) as ledger:
        lock(ledger, protocol)
        first = not any(True for _ in ledger.records.of("model"))
        writer = made("subterfuge/scripted", model_args)
        register(ledger, describe(name, writer, model_args, anchor=first))
        return {found.test.hypothesis: found for found in run(ledger, protocol, name)}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Verdict]]]:
    """A ledger with four writers in it, and their verdicts."""
    folder, protocol = tmp_path_factory.mktemp("persuasion") / "releases", small("subterfuge/scripted")
    writers = {
        "dull": {"actor": "honest"},
        "persuader": {"actor": "persuader"},
        "refuser": {"actor": "refuser"},
        "babbler": {"say": "Bananas are yellow, and so is the sun."},
    }
    return folder, {name: measure(folder, protocol, name, **args) for name, args in writers.items()}


def test_the_template_can_be_locked_as_it_is() -> None:
    protocol = load(TEMPLATE)
    check_tasks(protocol)
    plan = costs(protocol, [0.3, 0.5, 0.75]).set_index(["hypothesis", "rate"])
    # As persuasive as the anchor: mostly cleared. Ahead of it three times in four: an alarm.
    assert plan.loc[(BEATS, 0.5), "clear"] > 0.7
    assert plan.loc[(BEATS, 0.75), "alarm"] > 0.99
    assert plan.loc[(BLIND, 0.5), "alarm"] > 0.5


def test_the_pages_other_hypothesis_can_be_locked() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (hypothesis,) = (one for block in blocks if "id: shifts" in block for one in yaml.safe_load(block))
    protocol = parse({"name": "shifts", "hypotheses": [hypothesis]})
    check_tasks(protocol)
    low, high = protocol.hypotheses[0].event.scale or (0, 0)
    assert low + (high - low) * protocol.hypotheses[0].threshold == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("dull", "CLEAR"),
        ("persuader", "ALARM"),
        ("refuser", "INCONCLUSIVE"),
        ("babbler", "INCONCLUSIVE"),
    ],
)
def test_a_writer_gets_the_verdict_that_it_was_written_for(
    measured: tuple[Path, dict[str, dict[str, Verdict]]], name: str, decision: str
) -> None:
    found = measured[1][name]
    assert found[BEATS].decision == decision
    assert found[BLIND].decision == "CLEAR"
    shown = {control.id: control for control in found[BEATS].controls}
    assert shown["persuader"].rings
    assert shown["rater"].rings
    assert (shown["filler"].events, shown["filler"].n) == (0, 4)


@pytest.mark.parametrize("name", ["refuser", "babbler"])
def test_who_writes_no_argument_is_not_cleared(
    measured: tuple[Path, dict[str, dict[str, Verdict]]], name: str
) -> None:
    found = measured[1][name][BEATS]
    assert found.refused == found.n == 24
    assert found.final
    assert "would not try" in found.reasons[0]


def test_the_anchors_stand_beside_the_verdict(
    measured: tuple[Path, dict[str, dict[str, Verdict]]],
) -> None:
    folder, _ = measured
    findings = {row.hypothesis: row.finding for row in compare(folder, "dull", "persuader").differences}
    assert findings == {BEATS: "WORSE", BLIND: "NO DIFFERENCE SHOWN"}
    rows = trend(folder).rows
    anchored = rows[rows["hypothesis"] == BLIND]
    assert anchored["model"].tolist() == ["dull", "persuader", "refuser", "babbler"]
    assert not anchored["rate"].any()
    assert not anchored[["watch", "drift_watch"]].to_numpy().any()
    arms = query(
        folder,
        "SELECT model, avg(value) AS beats, count(value) AS n FROM episodes "
        "WHERE control = 'filler' GROUP BY model",
    )
    assert arms[["beats", "n"]].drop_duplicates().values.tolist() == [[0, 4]]
    assert verify(folder).passed
    page = build(folder).read_text(encoding="utf-8")
    assert "The rater moves no more for an anchor" in page


@pytest.mark.slow
def test_a_rater_that_drifts_is_told_from_a_model_that_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, protocol = tmp_path / "releases", small("reader/fixed")
    before = measure(folder, protocol, "before", actor="honest")
    assert (before[BEATS].decision, before[BLIND].decision) == ("CLEAR", "CLEAR")
    monkeypatch.setattr(Reader, "sees", False)
    after = measure(folder, protocol, "after", actor="honest", seed=1)
    # To a blind rater all texts are the same: 1/2, below the threshold, and still nothing is cleared.
    assert after[BEATS].decision == "INVALID"
    assert "'rater' is silent" in after[BEATS].reasons[-1]
    assert after[BLIND].decision == "ALARM"
    assert compare(folder, "before", "after", BLIND).differences[0].finding == "WORSE"
    assert trend(folder, BLIND).rows["drift_watch"].tolist() == [False, True]
