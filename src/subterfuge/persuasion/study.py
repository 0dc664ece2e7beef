"""A study's folder: arguments, ratings and the logs that both were made from.

    persuasion/
      arguments.jsonl    arguments of every source, by `subterfuge persuade argue`
      ratings.csv        simulated ratings of every rater model, by `subterfuge persuade rate`
      human.csv          people's ratings, by `subterfuge persuade import`, with their texts beside them
      logs/              Inspect's logs: `inspect view --log-dir persuasion/logs`
      analysis.json      figures, by `subterfuge persuade analyse`
      report.html        the same to read

Both files are made anew from the logs after each run, so they can be deleted; the logs can't.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from subterfuge.persuasion import anchor
from subterfuge.persuasion.argument import FILE, Argument, frame, read_arguments, write_arguments
from subterfuge.persuasion.claim import digest, facts, opinions
from subterfuge.persuasion.duplicates import mark
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.judge import ROLE as JUDGE
from subterfuge.persuasion.published.files import ARGUMENTS as HUMAN_ARGUMENTS
from subterfuge.persuasion.rater import personas, wordings
from subterfuge.persuasion.rating import row
from subterfuge.persuasion.ratings import COLUMNS, RATINGS, read_ratings, write_ratings
from subterfuge.persuasion.runs import Found, Who, finished, run
from subterfuge.persuasion.strategy import strategies
from subterfuge.persuasion.tasks import VERSION, WORDS, persuasion_arguments, ratings_task
from subterfuge.persuasion.writing import argument_of

LOGS = "logs"
ARGUE, RATE = "argue", "rate"


def argue(
    folder: Path,
    models: Sequence[Who],
    *,
    topics: int = 0,
    strategies: str = "all",
    facts: int = 20,
    replicates: int = 1,
    words: int = WORDS,
    temperature: float = 1.0,
    judge: str = "",
    at_once: int | None = None,
    display: str = "none",
) -> pd.DataFrame:
    """Let models write arguments, and gather all that the study has.

    Stopped or killed at any moment, the same call goes on where it was.

    Args:
        folder: the study's.
        models: who writes.
        topics: how many topics, two claims each; 0 for all.
        strategies: `all`, or names with commas between them.
        facts: how many arguments against facts.
        replicates: arguments for each claim and strategy.
        words: how long an argument should be.
        temperature: of sampling.
        judge: a model that says of each text whether it is an attempt; a rule does without.
        at_once: arguments in flight.
        display: Inspect's.

    Returns:
        The study's arguments, one row each: see `argument.Argument`.

    Raises:
        PersuasionError: a run broke off, or some of its samples failed; what is finished is in the file.
        PrerequisiteError: a model, strategy or number that there is not.
    """
    logs, content = folder / LOGS / ARGUE, _asked(words, float(temperature), judge)
    roles = {JUDGE: judge} if judge else None
    names = [who.called for who in models]
    if anchor.ANCHOR in names:
        raise PersuasionError(f"{anchor.ANCHOR} is the name of our fixed arguments: choose another --name.")
    failed = ""
    for who in models:
        task = persuasion_arguments(topics, strategies, facts, replicates, words)
        task.config.temperature = temperature
        failed = run(task, who, content, logs, at_once=at_once, display=display, roles=roles) or failed
    kept = [a for a in _present(folder) if a.source not in names]
    made = [
        _argument(found, who, judge)
        for who in models
        for found in finished(logs, who, content)
        if _written(found)
    ]
    arguments = mark(sorted([*kept, *made], key=lambda a: (a.source, a.claim, a.strategy, a.id)))
    if arguments or not failed:
        write_arguments(folder / FILE, arguments)
    _complete(failed)
    return frame(arguments)


def rate(
    folder: Path,
    rater: Who,
    *,
    raters: int = 8,
    controls: int = 1,
    anchors: bool = True,
    at_once: int | None = None,
    display: str = "none",
) -> pd.DataFrame:
    """Let a model play raters of all arguments of the study, people's included, and of controls.

    Stopped or killed at any moment, the same call goes on where it was.

    Args:
        folder: the study's.
        rater: who plays the raters.
        raters: pairs of persona and wording that read each text.
        controls: readings of each control arm per claim; 0 for none.
        anchors: whether the project's fixed arguments for the same claims are rated too.
        at_once: ratings in flight.
        display: Inspect's.

    Returns:
        This rater model's ratings: see `ratings.COLUMNS`. `attrs["unread"]` is how many more there would be
        if every answer could be read.

    Raises:
        PersuasionError: there are no arguments, no answer could be read, the run broke off, or some of its
            samples failed; what is finished is in the file.
        PrerequisiteError: a model or number that there is not.
    """
    given = _present(folder) + _present(folder, HUMAN_ARGUMENTS) or read_arguments(folder / FILE)
    if anchors:
        asked = {argument.claim for argument in given}
        given += [anchored for claim, anchored in anchor.anchors().items() if claim in asked]
    logs, content = folder / LOGS / RATE, _read()
    task = ratings_task(given, raters, controls)
    wanted = {sample.id for sample in task.dataset}
    failed = run(task, rater, content, logs, at_once=at_once, display=display)
    told = [_rating(found, rater) for found in finished(logs, rater, content) if found.sample.id in wanted]
    rows = [one for one in told if one is not None]
    if not rows:
        _complete(failed)
        raise PersuasionError(
            f"{rater.called} gave no answer from 1 to 7 in any of {len(told):,} ratings: try another rater."
        )
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    path = folder / RATINGS
    others = read_ratings(path) if path.is_file() else made.head(0)
    others = others[others["rater_model"] != rater.called]
    order = ["rater_model", "claim", "arm", "argument", "rater"]
    every = pd.concat([table for table in (others, made) if len(table)] or [made])
    write_ratings(path, every.sort_values(order))
    _complete(failed)
    made.attrs["unread"] = len(told) - len(rows)
    return made.sort_values(order, ignore_index=True)


def _complete(failed: str) -> None:
    """Say so if something is missing."""
    if failed:
        raise PersuasionError(f"{failed} What is finished is kept: run the same command again for the rest.")


def _written(found: Found) -> bool:
    """Whether there is an answer to judge: none if a limit of Inspect's ended the sample."""
    return bool((found.sample.scores or {})["argument"].metadata)


def _argument(found: Found, who: Who, judge: str) -> Argument:
    """The argument of a logged sample, with where it came from."""
    score = (found.sample.scores or {})["argument"]
    spec = found.log.eval
    made = {
        "model": spec.model,
        "model_args": who.public,
        "judge": judge or None,
        "config": found.log.plan.config.model_dump(exclude_none=True),
        "prompt": found.sample.metadata["prompt"],
        "claims": digest(opinions()),
        "log": found.path.name,
        "sample": found.sample.id,
        "created": spec.created,
        "subterfuge": (spec.metadata or {}).get("subterfuge_version"),
        "inspect": spec.packages.get("inspect_ai"),
    }
    return argument_of(found.sample.metadata, who.called, score.metadata or {}, made)


def _rating(found: Found, rater: Who) -> dict[str, object] | None:
    return row(found.sample.metadata, (found.sample.scores or {})["stance"], rater.called)


def _present(folder: Path, name: str = FILE) -> list[Argument]:
    path = folder / name
    return read_arguments(path) if path.is_file() else []


def _asked(words: int, temperature: float, judge: str) -> str:
    """A digest of what prompts for arguments are made of."""
    return _digest(
        [
            VERSION,
            words,
            temperature,
            judge,
            *(s.digest for s in strategies()),
            digest((*opinions(), *facts())),
        ]
    )


def _read() -> str:
    """A digest of what raters are told."""
    told = [persona.model_dump() for persona in personas()], [w.model_dump() for w in wordings()]
    return _digest([VERSION, *told, digest((*opinions(), *facts()))])


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
