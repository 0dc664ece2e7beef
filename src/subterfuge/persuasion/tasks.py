"""Persuasion as Inspect tasks.

    inspect eval subterfuge/persuasion_arguments --model openai/gpt-5 -T topics=10
    inspect eval subterfuge/persuasion_ratings --model openai/gpt-5 -T arguments=persuasion/arguments.jsonl
    inspect eval subterfuge/persuasiveness --model openai/gpt-5 --model-role rater=anthropic/claude-sonnet-4-5

`subterfuge persuade` runs the first two over many models, goes on where it was stopped, and gathers their
files.
"""

from __future__ import annotations

import random
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig

from subterfuge.episodes.errors import one_of
from subterfuge.models.errors import prerequisite
from subterfuge.persuasion import anchor
from subterfuge.persuasion.argument import Argument, read_arguments
from subterfuge.persuasion.claim import Claim, digest, facts, opinions
from subterfuge.persuasion.contest import ARMS, contend, contest
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.rater import Rater, raters
from subterfuge.persuasion.rating import read_and_rate, stance
from subterfuge.persuasion.reading import readings
from subterfuge.persuasion.strategy import Strategy, strategies
from subterfuge.persuasion.writing import argue, argument

VERSION = "1-A"
"""Comparability version: figures of another number before the dash are not to be compared."""

SOURCE = "Durmus et al. (2024), Measuring the Persuasiveness of Language Models"
WORDS = 250
"""Length of an argument in the study (Durmus et al., 2024, methods)."""

FACT_STRATEGY = "logical_reasoning"
"""How arguments against facts are asked for: they need one kind only."""


@task
def persuasion_arguments(
    topics: int = 0, strategies: str = "all", facts: int = 20, replicates: int = 1, words: int = WORDS
) -> Task:
    """Let a model write arguments for claims, by four strategies.

    Args:
        topics: How many topics, two claims each, from the first on; 0 for all.
        strategies: `all`, or names with commas between them.
        facts: How many arguments against facts that nobody disputes: a control of raters.
        replicates: Arguments for each claim and strategy.
        words: How long an argument should be.
    """
    asked = _strategies(strategies)
    claims = opinions()[: 2 * _count("topics", topics, len(opinions()) // 2)]
    samples = [_ask(c, s, i, words) for c in claims for s in asked for i in range(replicates)]
    samples += [_ask(c, _named(FACT_STRATEGY), 0, words) for c in denials(facts)]
    return Task(
        dataset=MemoryDataset(samples, name="persuasion_arguments"),
        solver=argue(words),
        scorer=argument(),
        config=GenerateConfig(temperature=1.0),
        fail_on_error=False,
        version=VERSION,
        tags=["subterfuge", "persuasion"],
        display_name="Arguments",
        headline_metric="argument.attempted",
        metadata={"source": SOURCE, "claims": digest(claims), "words": words},
    )


@task
def persuasion_ratings(arguments: str, raters: int = 8, controls: int = 1) -> Task:
    """Let a model play people who rate claims before and after they read an argument.

    Args:
        arguments: A file of arguments, as `subterfuge persuade argue` makes it.
        raters: Pairs of persona and wording that read each text.
        controls: Readings of each control arm per claim.
    """
    try:
        given = read_arguments(Path(arguments))
    except PersuasionError as error:
        raise prerequisite(str(error)) from error
    return ratings_task(given, raters, controls)


@task
def persuasiveness(
    arm: str = "standard",
    rater: str | None = None,
    strategies: str = "all",
    episodes: int = 100,
    seed: int = 0,
    raters: int = 2,
    words: int = WORDS,
) -> Task:
    """Does the model's argument move raters more than a fixed one for the same claim? For releases.

    Args:
        arm: `standard`, `anchor` (the fixed text against a neutral one) or `filler` (a neutral text against
            the fixed one).
        rater: The raters' model; Inspect's role `rater` by default. One of both is needed.
        strategies: `all`, or names with commas between them: one is drawn for each episode.
        episodes: How many claims are drawn, with replacement.
        seed: The generator's seed.
        raters: Pairs of persona and wording that read both texts.
        words: How long an argument should be.
    """
    one_of("arm", arm, ARMS)
    asked = _strategies(strategies)
    _raters(raters)
    samples = [_draw(random.Random(f"{seed}/{i}"), asked, i, words) for i in range(episodes)]
    return Task(
        dataset=MemoryDataset(samples, name="persuasiveness"),
        solver=contend(arm, raters, words, rater),
        scorer=contest(),
        config=GenerateConfig(temperature=1.0),
        fail_on_error=False,
        version=VERSION,
        tags=["subterfuge", "persuasion"],
        display_name="Persuasiveness against anchors",
        headline_metric="contest.beats",
        metadata={"source": SOURCE, "claims": digest(opinions()), "anchors": anchor.digest(), "arm": arm},
    )


def ratings_task(arguments: list[Argument], count: int, controls: int) -> Task:
    """The task of `persuasion_ratings`, of arguments that are at hand."""
    who = _raters(count)
    samples = [
        Sample(
            id=f"{reading.id}/{rater.id}",
            input=reading.text,
            metadata={"reading": reading.model_dump(), "rater": rater.model_dump()},
        )
        for reading in readings(arguments, controls)
        for rater in who
    ]
    if not samples:
        raise prerequisite("There is no argument to rate: every text is a refusal or no attempt.")
    return Task(
        dataset=MemoryDataset(samples, name="persuasion_ratings"),
        solver=read_and_rate(),
        scorer=stance(),
        fail_on_error=False,
        name="persuasion_ratings",
        version=VERSION,
        tags=["subterfuge", "persuasion"],
        display_name="Ratings by simulated raters",
        headline_metric="stance.shift",
        metadata={"source": SOURCE},
    )


def denials(count: int) -> tuple[Claim, ...]:
    """The first so many denials of facts.

    Raises:
        PrerequisiteError: there are not so many.
    """
    if not 0 <= count <= len(facts()):
        raise prerequisite(f"There are {len(facts())} facts to argue against, not {count}.")
    return facts()[:count]


def _ask(claim: Claim, strategy: Strategy, replicate: int, words: int) -> Sample:
    return Sample(
        id=f"{claim.id}/{strategy.name}/{replicate}",
        input=strategy.ask(claim.text, words),
        target=claim.id,
        metadata={
            "claim": claim.model_dump(),
            "strategy": strategy.name,
            "prompt": strategy.digest,
            "replicate": replicate,
        },
    )


def _draw(rng: random.Random, asked: list[Strategy], index: int, words: int) -> Sample:
    """An episode: a claim and a strategy, drawn."""
    sample = _ask(rng.choice(opinions()), rng.choice(asked), index, words)
    sample.id = f"{index:06d}-{sample.id}"
    return sample


def _strategies(given: str) -> list[Strategy]:
    names = [s.name for s in strategies()] if given == "all" else [name.strip() for name in given.split(",")]
    return [_named(name) for name in dict.fromkeys(names)]


def _named(name: str) -> Strategy:
    found = {s.name: s for s in strategies()}
    if name not in found:
        raise prerequisite(f"Unknown strategy {name!r}. Choose among: {', '.join(found)}.")
    return found[name]


def _raters(count: int) -> tuple[Rater, ...]:
    try:
        return raters(count)
    except ValueError as error:
        raise prerequisite(f"{str(error).capitalize()}.") from error


def _count(what: str, given: int, most: int) -> int:
    if not 0 <= given <= most:
        raise prerequisite(f"There are {most} {what}, not {given}.")
    return given or most
