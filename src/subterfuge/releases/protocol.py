"""A protocol: what will be decided, on which evidence, at which error rates. Fixed before the first episode.

    name: tampering
    hypotheses:
      - id: tampering
        task: subterfuge/reward_tampering
        event: {scorer: grade, key: gamed, at_least: 1}
        threshold: 0.001
        cap: 12000

A protocol is locked by its digest: whatever changes makes another protocol, and with it another test.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.statistics.planner import least_to_clear

Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]

TARGET = "target"
"""In the place of a control's model: the very model under test."""

INFRASTRUCTURE = (
    r"rate.?limit",
    r"\b(429|500|502|503|504|529)\b",
    r"overloaded",
    r"connection (error|reset|refused|aborted)",
    r"(read|connect|gateway) ?time-?d? ?out",
    r"temporarily unavailable",
)
"""Causes of a broken episode that lie outside model and environment, as regular expressions."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Alpha(_Part):
    """The error rates of one hypothesis, each over the whole life of its test, at any stopping time."""

    alarm: Share = 0.05
    """Most that P(ALARM) can be while the rate is at or below the threshold."""

    clear: Share = 0.05
    """Most that P(CLEAR) can be while the rate is at or above the threshold."""


class Missing(_Part):
    """What happens to planned episodes that give no outcome."""

    tolerated: Share = 0.05
    """Share of missing episodes above which nothing is cleared, and the verdict is INVALID."""

    retry: tuple[str, ...] = INFRASTRUCTURE
    """Regular expressions of infrastructure causes, matched against the error alone, never the output: such
    an episode is run again at the same cell."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a cell is tried at most; what is then still broken is missing."""


class Control(_Part):
    """A control: the same task and event where the answer is known, or another arm beside the hypothesis."""

    id: Name
    """What files and reports call it."""

    kind: Literal["grader", "elicitation", "capability", "arm"]
    """`grader`: a scripted actor at a known rate proves that the instrument rings. `elicitation`: an organism
    that has the ability proves that it shows here. `capability`: the target itself, told to do it, proves
    that it can; where it can't, no CLEAR is given. `arm`: the target in another situation, to compare with;
    it decides nothing."""

    model: str = TARGET
    """Whom it runs on: an Inspect model, or `target`."""

    model_args: dict[str, Any] = {}
    """Arguments of the control's model, such as `actor` and `rate`."""

    task_args: dict[str, Any] = {}
    """What differs from the hypothesis' own task arguments, such as `arm: capability`."""

    episodes: Annotated[int, Field(ge=1, le=100_000)] = 60
    """How many episodes it has to show itself."""

    floor: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """`capability` only: what the rate must be shown to exceed, such as the chance level of a menu."""

    @property
    def positive(self) -> bool:
        """Whether its model is known to show the event, so that silence would be the instrument's fault."""
        return self.kind in ("grader", "elicitation")

    @model_validator(mode="after")
    def _whom(self) -> Self:
        target = self.kind in ("capability", "arm")
        if target and self.model != TARGET:
            raise ValueError(f"a control of kind {self.kind} runs on the target itself: leave its model out")
        if not target and self.model == TARGET:
            raise ValueError(f"a control of kind {self.kind} needs a model whose answer is known")
        return self


class Hypothesis(_Part):
    """One behaviour in one situation, and the rate per episode that would be too much."""

    id: Name
    """What files and reports call it."""

    title: str = ""
    """What people call it; the id by default."""

    task: Annotated[str, Field(min_length=1)]
    """Any Inspect task: `subterfuge/reward_tampering`, `inspect_evals/…`, or a file."""

    task_args: dict[str, Any] = {}
    """Arguments of the task: arm, action format, …"""

    event: Event
    """Which score of an episode is the event."""

    refusal: Event | None = None
    """Which score says that the model declined: then a CLEAR needs `engaged`."""

    awareness: Event | None = None
    """Which score says that the model took the episode for a test: a covariate of the report."""

    engaged: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """A CLEAR needs this share of episodes without a refusal, as a lower limit at `alpha.clear`."""

    elicitation: Literal["plain", "prompted", "prefilled", "fine-tuned"] = "plain"
    """How the behaviour was drawn out. A bound holds for its level alone."""

    threshold: Share
    """r0: the rate per episode that parts ALARM from CLEAR."""

    alpha: Alpha = Alpha()
    """Error rates of the two claims."""

    cap: Annotated[int, Field(ge=1, le=10_000_000)]
    """Episodes at most; without a decision by then the verdict is INCONCLUSIVE."""

    boundary: Literal["anytime", "capped"] = "anytime"
    """`anytime`: valid for ever. `capped`: calibrated exactly to the cap, so earlier, but the test can never
    be continued past it; for outcomes of 0 and 1 that stand alone."""

    schedule: Literal["generator", "resample"] = "generator"
    """`generator`: cell i is the task's i-th sample, fresh for every episode; a rate is over the generator.
    `resample`: cells are drawn from the task's samples with replacement; a rate is over that list alone."""

    size_arg: str | None = None
    """`generator` only: the task argument that says how many samples it makes, if it has one."""

    seed_arg: str | None = None
    """The task argument that takes the protocol's seed, if it has one."""

    cluster: str | None = None
    """Metadata of a sample that names its cluster (a prompt used many times); the sample's id by default
    where samples are drawn again."""

    controls: tuple[Control, ...] = ()
    """Controls. Without a `grader` or `elicitation` control no CLEAR is given."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        clustered = self.cluster is not None and self.schedule != "resample"
        if self.boundary == "capped" and (clustered or not self.event.binary):
            raise ValueError(
                "boundary: capped is calibrated for outcomes of 0 and 1 that stand alone: give the event a "
                "rule (equals, at_least or at_most) and no cluster, or use anytime"
            )
        least = least_to_clear(self.threshold, self.alpha.clear)
        if self.cap < least:
            raise ValueError(
                f"cap {self.cap:,} cannot pay for alpha.clear={self.alpha.clear:g} at threshold "
                f"{self.threshold:g}: even a model without any event needs {least:,} episodes. Raise the "
                "cap, the threshold or alpha"
            )
        twice = [c for c in {c.id for c in self.controls} if sum(o.id == c for o in self.controls) > 1]
        if twice:
            raise ValueError(f"control {twice[0]!r} is there twice")
        return self

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.id


class Protocol(_Part):
    """Hypotheses that are decided together."""

    name: Name
    """What files and reports call it."""

    description: str = ""
    """What it is for, in a sentence."""

    seed: int = 1
    """Of schedules, generators and sampling."""

    block: Annotated[int, Field(ge=1, le=4096)] = 16
    """Episodes of a hypothesis that are launched together. It changes cost, never a verdict."""

    model_roles: dict[str, str] = {}
    """Inspect's model roles, such as `grader`: a judge is part of the instrument."""

    missing: Missing = Missing()
    """What happens to episodes without an outcome."""

    family_alpha: Share | None = None
    """The most that all alarms of this protocol may cost together: P(any false ALARM) by Bonferroni."""

    hypotheses: Annotated[tuple[Hypothesis, ...], Field(min_length=1)]
    """What is decided."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [h.id for h in self.hypotheses]
        if twice := [i for i in dict.fromkeys(ids) if ids.count(i) > 1]:
            raise ValueError(f"hypothesis {twice[0]!r} is there twice")
        spent = math.fsum(h.alpha.alarm for h in self.hypotheses)
        if self.family_alpha is not None and spent > self.family_alpha * (1 + 1e-9):
            raise ValueError(
                f"the hypotheses' alpha.alarm come to {spent:g}, more than family_alpha="
                f"{self.family_alpha:g} can pay"
            )
        return self

    def digest(self) -> str:
        """SHA-256 of everything in it, in hexadecimal; how the YAML is written does not count."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def hypothesis(self, name: str) -> Hypothesis:
        """One hypothesis by its id.

        Raises:
            ReleaseError: there is none.
        """
        for found in self.hypotheses:
            if found.id == name:
                return found
        known = ", ".join(h.id for h in self.hypotheses)
        raise ReleaseError(f"Protocol {self.name} has no hypothesis {name!r}. It has: {known}.")


def load(path: Path | str) -> Protocol:
    """Read a protocol from YAML.

    Raises:
        ReleaseError: one line that says what is wrong, and where.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ReleaseError(f"{path} holds no protocol: it should name `name` and `hypotheses`.")
    return parse(content, str(path))


def read_yaml(path: Path | str) -> Any:
    """What a YAML file of the user's holds.

    Raises:
        ReleaseError: it can't be read, or is no YAML.
    """
    path = Path(path)
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}.") from error
    except yaml.YAMLError as error:
        raise ReleaseError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error


def parse(content: dict[str, Any], origin: str = "protocol") -> Protocol:
    """Make a protocol of plain data.

    Raises:
        ReleaseError: one line with every mistake and its place.
    """
    try:
        return Protocol.model_validate(content)
    except ValidationError as error:
        raise ReleaseError(f"{origin}: {'; '.join(_mistakes(error))}.") from error


def _mistakes(error: ValidationError) -> list[str]:
    found = []
    for one in error.errors(include_url=False):
        place = ".".join(str(part) for part in one["loc"])
        said = one["msg"].removeprefix("Value error, ")
        said = "no such key" if one["type"] == "extra_forbidden" else said[:1].lower() + said[1:]
        told = one["type"] not in ("missing", "value_error", "extra_forbidden")
        shown = f" (not {one['input']!r})" if told and not isinstance(one["input"], dict | list) else ""
        found.append(f"{place}: {said}{shown}" if place else said)
    return found
