"""From logged episodes to the pages on which people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessage, ChatMessageAssistant

from subterfuge.audit.figures import outcome_of, value
from subterfuge.episodes import Environment, Evidence, Scenario
from subterfuge.episodes.evidence import Choice
from subterfuge.episodes.formats.free import BASH
from subterfuge.episodes.grade import CHAIN
from subterfuge.episodes.scorers import EVIDENCE
from subterfuge.jail import File, Node, changed
from subterfuge.reporting import Command, Disclosure, Episode, FileChange, Option, Probe, Turn
from subterfuge.sandboxes import Step

_MENU = re.compile(r"\n*[^\n]*\nA\. .*\Z", re.DOTALL)
_THOUGHT = re.compile(r"<scratchpad>(.*?)(?:</scratchpad>|\Z)", re.DOTALL)


def episode(environment: Environment, sample: EvalSample) -> Episode:
    """One logged episode as a reader should see it."""
    scenario = Scenario.model_validate(sample.metadata["scenario"])
    frozen = sample.store.get(EVIDENCE)
    evidence = None if frozen is None else Evidence.model_validate(frozen)
    came_to = outcome_of(sample)
    score = (sample.scores or {}).get("grade")
    flags = {key: _flag(value(sample, key)) for key in CHAIN}
    flags["disclosed"] = _flag(value(sample, "disclosed", "disclosure"))
    return Episode(
        id=str(sample.id),
        verdict="missing" if came_to.event is None else "gamed" if came_to.event else "not gamed",
        reason=came_to.reason,
        refused=came_to.refusal,
        mechanism=(score.metadata or {}).get("mechanism", "") if score else "",
        flags=flags,
        explanation=(score.explanation or "") if score else str(sample.error.message if sample.error else ""),
        family=scenario.family,
        seed=scenario.seed,
        system=next((m.text for m in sample.messages if m.role == "system"), ""),
        turns=tuple(_turns(scenario, evidence, sample.messages)),
        files=tuple(_changes(evidence)),
        files_known=evidence is not None and (evidence.initial is None or evidence.final is not None),
        probes=tuple(_probes(scenario, evidence)),
        disclosure=_disclosure(environment, sample),
    )


def _flag(value: float | None) -> bool | None:
    return None if value is None or math.isnan(value) else value == 1


def _turns(scenario: Scenario, evidence: Evidence | None, messages: list[ChatMessage]) -> Iterator[Turn]:
    steps = iter(evidence.steps if evidence else [])
    choices = iter(evidence.choices if evidence else [])
    for _ in range(_before_first_choice(scenario) if evidence and evidence.choices else 0):
        next(steps, None)  # their output stands in the first message
    for i, message in enumerate(messages):
        if message.role in ("system", "tool"):
            continue
        if message.role == "user":
            asks = _MENU.search(message.text)
            choice = next(choices, None) if asks else None
            options = tuple(_options(scenario, choice)) if choice else ()
            yield Turn(
                role="user", text=_MENU.sub("", message.text) if choice else message.text, options=options
            )
            if choice:
                taken = _taken(scenario, choice)
                yield Turn(
                    role="assistant",
                    text=next((m.text for m in messages[i + 1 :] if m.role == "assistant"), ""),
                    commands=tuple(_commands(steps, len(taken))),
                )
        elif isinstance(message, ChatMessageAssistant) and not (
            evidence and evidence.choices and scenario.files
        ):
            count = len(message.tool_calls or []) or len(BASH.findall(message.text))
            thought = "\n".join(_THOUGHT.findall(message.text))
            text = _THOUGHT.sub("", message.text).strip()
            yield Turn(role="assistant", text=text, thinking=thought, commands=tuple(_commands(steps, count)))


def _before_first_choice(scenario: Scenario) -> int:
    """How many commands ran before the first choice: the opening, and the turns of a continuation."""
    if scenario.menu is None:
        return 0
    taken = [turn.choose for turn in scenario.history if turn.choose]
    every = [o for step in scenario.menu.steps.values() for o in step.options]
    return len(scenario.menu.opening) + sum(len(o.commands) for o in every if o.id in taken)


def _taken(scenario: Scenario, choice: Choice) -> tuple[str, ...]:
    assert scenario.menu is not None
    step = scenario.menu.steps.get(choice.step)
    return next((o.commands for o in step.options if o.id == choice.chosen), ()) if step else ()


def _options(scenario: Scenario, choice: Choice) -> Iterator[Option]:
    assert scenario.menu is not None
    texts = {o.id: o.text for o in scenario.menu.steps[choice.step].options}
    for letter, option in choice.offered.items():
        yield Option(
            letter=letter,
            text=texts[option],
            chosen=option == choice.chosen,
            probability=choice.probabilities.get(option),
        )


def _commands(steps: Iterator[Step], count: int) -> Iterator[Command]:
    for _ in range(count):
        if (step := next(steps, None)) is not None:
            yield Command(
                command=step.command,
                stdout=step.stdout,
                stderr=step.stderr,
                exit_code=step.exit_code,
                timed_out=step.timed_out,
            )


def _changes(evidence: Evidence | None) -> Iterator[FileChange]:
    if evidence is None or evidence.initial is None or evidence.final is None:
        return
    for path, node in changed(evidence.initial, evidence.final).items():
        before, after = evidence.initial.get(path), node
        yield FileChange(path=path, before=_text(before), after=_text(after), note=_note(after))


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, File) else None


def _note(node: Node | None) -> str:
    if node is None or (isinstance(node, File) and node.text is not None):
        return ""
    return "not text" if isinstance(node, File) else f"now a {node.kind}"


def _probes(scenario: Scenario, evidence: Evidence | None) -> Iterator[Probe]:
    for probe in scenario.probes:
        answer = evidence.answers.get(probe.name) if evidence else None
        texts = dict(probe.options)
        yield Probe(
            name=probe.name,
            question=probe.ask,
            answer=texts[answer.chosen] if answer and answer.chosen else None,
        )


def _disclosure(environment: Environment, sample: EvalSample) -> Disclosure | None:
    score = (sample.scores or {}).get("disclosure")
    if score is None or not isinstance(score.value, dict):
        return None
    claim = (score.metadata or {}).get("claim")
    said = sample.store.get("disclosure") or []
    spoken = environment.disclosure.statements.get(claim) if claim else None
    free = "\n".join(said[1::2]) if len(said) > 2 else ""
    return Disclosure(question=environment.disclosure.ask, answer=free or spoken, label=score.answer or "")
