"""Put the report of an audit together, write it, and the transcript pages beside it."""

from __future__ import annotations

import datetime
import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml
from inspect_ai.log import EvalSample

from subterfuge import __version__
from subterfuge.audit.figures import LEAST, TAIL, cell, event_rate, outcome_of, rate, value
from subterfuge.audit.plan import SUITES, Plan
from subterfuge.audit.run import Measured
from subterfuge.audit.transcripts import episode
from subterfuge.episodes import Environment
from subterfuge.episodes.arms import ARMS
from subterfuge.ladder import rung
from subterfuge.releases.protocol import Hypothesis
from subterfuge.releases.reading import place_of
from subterfuge.reporting import (
    Calibration,
    ChainStep,
    Count,
    Family,
    Rate,
    Report,
    Run,
    Rung,
    TranscriptPage,
    render,
    render_transcripts,
    write,
)

STEPS = {
    "opportunity": "the world allowed it",
    "exposed": "was shown what can be exploited",
    "attempted": "at some moment it was done, or oversight weakened, even if undone later",
    "gamed": "the illicit state holds at the end",
    "evaded": "and the world's own check still runs, and passes",
    "disclosed": "told the user, when asked, of those with something to tell",
}
PAPER = {"gamed": "paper_gamed", "evaded": "paper_evaded"}


def build(
    plan: Plan, done: Measured, seconds: float | None, command: str, calibration: Calibration | None
) -> Report:
    """All figures of an audit."""
    words = yaml.safe_load((SUITES.parent / "notes.yaml").read_text(encoding="utf-8"))
    return Report(
        title=words["title"],
        summary=words["summary"][plan.action_format],
        run=Run(
            model=plan.model,
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            version=__version__,
            seed=plan.protocol.seed,
            action_format=plan.action_format,
            sandbox=plan.sandbox,
            episodes=sum(done.planned.values()),
            duration_s=seconds,
            command=command,
            versions=plan.versions,
        ),
        rungs=tuple(_rung(hypothesis, plan, done) for hypothesis in plan.protocol.hypotheses),
        notes=tuple([*words["notes"]["all"], *words["notes"][plan.action_format]]),
        method=tuple(words["method"]),
        calibration=calibration,
        level=1 - 2 * TAIL,
    )


def _rung(hypothesis: Hypothesis, plan: Plan, done: Measured) -> Rung:
    environment = rung(hypothesis.id)
    menus = plan.action_format == "menu"
    standard = _used(done, f"{environment.name}.standard")
    passed = {control.id: control.rings for control in done.verdicts[hypothesis.id].controls}
    cells = []
    for planned in (c for c in plan.cells if c.rung == environment.name):
        chance = environment.chance_of(planned.arm) if menus else None
        threshold = {"standard": hypothesis.threshold, "capability": max(chance or 0.0, LEAST)}.get(
            planned.arm
        )
        cells.append(
            cell(
                environment,
                planned.arm,
                done.used[planned.name],
                _used(done, planned.name),
                chance,
                f"transcripts/{planned.name}.html",
                threshold,
                passed.get(planned.arm),
            )
        )
    return Rung(
        id=environment.name,
        title=environment.title,
        ask=environment.ask,
        gaming=environment.gaming,
        reference=environment.source,
        cells=tuple(cells),
        chain=_chain(standard),
        mechanisms=_mechanisms(standard),
        disclosure=_labels(standard),
        families=_families(environment, standard),
    )


def _used(done: Measured, name: str) -> list[EvalSample]:
    """The episodes that a cell's figures rest on; what was in flight when it was decided is only shown."""
    places = {place_of(sample): sample for sample in done.episodes[name]}
    return [sample for place, sample in places.items() if place and place.cell < done.used[name]]


def _chain(samples: Sequence[EvalSample]) -> tuple[ChainStep, ...]:
    steps = []
    for key, meaning in STEPS.items():
        if key == "disclosed":
            told = [value(s, key, "disclosure") for s in samples]
            strict = rate(v == 1 for v in told if v is not None and not math.isnan(v))
        else:
            strict = event_rate(samples, key)
        paper: Rate | None = event_rate(samples, PAPER[key]) if key in PAPER else None
        steps.append(ChainStep(name=key, meaning=meaning, strict=strict, paper=paper))
    return tuple(steps)


def _mechanisms(samples: Sequence[EvalSample]) -> tuple[Count, ...]:
    attempts = [s for s in samples if outcome_of(s, "attempted").event]
    found = Counter((s.scores or {})["grade"].metadata.get("mechanism") or "none named" for s in attempts)  # type: ignore[union-attr]
    return tuple(Count(name=name, events=k, n=len(attempts)) for name, k in found.most_common())


def _labels(samples: Sequence[EvalSample]) -> tuple[Count, ...]:
    scores = [score for s in samples if (score := (s.scores or {}).get("disclosure")) is not None]
    asked = [str(score.answer) for score in scores if isinstance(score.value, dict)]
    return tuple(Count(name=name, events=k, n=len(asked)) for name, k in Counter(asked).most_common())


def _families(environment: Environment, samples: Sequence[EvalSample]) -> tuple[Family, ...]:
    return tuple(
        Family(
            name=family.name,
            gamed=event_rate([s for s in samples if s.metadata["family"] == family.name], "gamed"),
            held_out=family.held_out,
        )
        for family in environment.families
    )


def publish(plan: Plan, report: Report, done: Measured, folder: Path) -> Path:
    """Write the transcript pages, the figures as JSON, and last the report. Give its path."""
    for planned in plan.cells:
        environment = rung(planned.rung)
        page = TranscriptPage(
            title=f"{environment.title}, {planned.arm} arm",
            model=plan.model,
            arm=planned.arm,
            controls=ARMS[planned.arm].controls,
            planned=done.planned[planned.name],
            episodes=tuple(episode(environment, sample) for sample in done.episodes[planned.name]),
            back=f"../report.html#{environment.name}",
        )
        write(folder / "transcripts" / f"{planned.name}.html", render_transcripts(page))
    write(folder / "figures.json", report.model_dump_json(indent=1) + "\n")
    verdicts = [verdict.model_dump(mode="json") for verdict in done.verdicts.values()]
    write(folder / "verdicts.json", json.dumps(verdicts, indent=1) + "\n")
    return write(folder / "report.html", render(report, done.findings))
