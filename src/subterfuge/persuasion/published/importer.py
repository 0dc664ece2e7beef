"""People's ratings and arguments from a file with the published study's columns.

Three rules say what is taken:

- A file with exactly as many rows as the published one is held to all its counts, and refused if one differs.
- Any other file (a part of it, or another study with the same columns) is taken, with a remark that says so.
- What contradicts itself is refused: see `consistency`.

`allow_changed` turns these refusals into remarks.

In every row, `shift` is `after` minus `before` and positive towards what the text argues for. In the control,
raters of the published study said how far they support a *fact*, and read a text against it. Which way its
metric counts there is looked up in the file. Where it is initial minus final, stances are mirrored
(8 minus the rating): they are then support of the fact's denial, as with the project's own facts, `claim` is
`DENIED` and the fact, and `shift` is the file's metric. Else they stay as they are, of the claim as printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from subterfuge.persuasion.argument import Argument, text_key
from subterfuge.persuasion.claim import Claim, by_id
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published import topics as topics_
from subterfuge.persuasion.published.checks import Finding, checksums, findings
from subterfuge.persuasion.published.consistency import Sign, control, metric_sign, without_repeats
from subterfuge.persuasion.published.reader import claim_form, read
from subterfuge.persuasion.published.topics import Pair
from subterfuge.persuasion.ratings import HIGH, HUMAN, LOW, check

DENIED = "It is not so: "
"""Before a fact whose denial was argued for."""

LICENCE = (
    "The published data are under CC BY-NC-SA 4.0, and so is what is made of them: these files must not be "
    "used commercially or under other terms."
)


@dataclass(frozen=True)
class Imported:
    """What a file held."""

    ratings: pd.DataFrame
    """People's ratings: see `ratings.COLUMNS`."""
    arguments: list[Argument]
    """What they read, by everybody who wrote. The id is `argument.text_key` of the text, so that the same
    text has the same id wherever it is met; `ratings` has it in its column `argument`. A text that stands
    under several claims, sources or strategies has a suffix."""
    complete: bool
    """Whether every count is that of the published file."""
    findings: list[Finding]
    """Counts of the file as it stands, beside the published ones."""
    remarks: list[str]
    """What a reader should know, one sentence each."""
    pairs: list[Pair]
    """Topics and their claims, in the file's words."""
    control_sign: Sign
    """What the file's metric is in the control."""
    digest: str
    """SHA-256 of the file."""


def import_published(path: Path, *, topics: Path | None = None, allow_changed: bool = False) -> Imported:
    """Read people's ratings and the arguments that they read.

    Args:
        path: the file; the study's own is `persuasion_data.csv` of the data set Anthropic/persuasion.
        topics: a CSV with the columns claim and topic, for claims that shouldn't be paired by their words.
        allow_changed: take the ratings as they are where the file differs from the published one, or its
            metric or a second rating contradicts them.

    Raises:
        PersuasionError: a file isn't there, is no such table, or is refused: see the top of this module.
    """
    own_topics = topics_.read_topics(topics) if topics else {}
    found = read(path)
    remarks = list(found.remarks)

    def refuse(what: str) -> None:
        if not allow_changed:
            raise PersuasionError(f"{path}, {what}. Take it as it is with --allow-changed.")
        remarks.append(f"Taken as it is: {what}.")

    counts = findings(found.frame)
    remarks += _compared(found.frame, counts, refuse)
    sign = metric_sign(found.frame, refuse)
    remarks += _signed(sign)
    frame, repeated = without_repeats(found.frame, refuse)
    inside = control(frame)
    denials = {text for text, claim in _own_claims().items() if claim.side == "false"}
    frame = frame.assign(
        fact=inside | frame["claim"].isin(denials), strategy=frame["prompt_type"].replace("control", "")
    )
    pairs, paired = _topics(frame, own_topics)
    frame["topic"] = frame["claim"].map({claim: pair.topic for pair in pairs for claim in pair.claims})
    if sign == "initial - final":
        for name in ("rating_initial", "rating_final"):
            frame[name] = frame[name].mask(inside, LOW + HIGH - frame[name])
        frame["claim"] = frame["claim"].mask(inside, DENIED + frame["claim"])
    frame, shared = _identified(frame)
    return Imported(
        ratings=_ratings(frame, str(path)),
        arguments=_arguments(frame, path.name, found.digest),
        complete=all(finding.ok for finding in counts),
        findings=counts,
        remarks=[*remarks, *repeated, *shared, *paired],
        pairs=pairs,
        control_sign=sign,
        digest=found.digest,
    )


def _compared(frame: pd.DataFrame, counts: list[Finding], refuse: Callable[[str], None]) -> list[str]:
    """What the counts say about the file."""
    models = set(checksums()["source"]) - {"Human", "Control"}
    remarks = [LICENCE] if models & set(frame["source"]) else []
    wrong = [f"{one.quantity} {one.found:,} ({one.expected:,})" for one in counts if not one.ok]
    told = f"{len(wrong)} of {len(counts)} counts differ from the published ones (in brackets): "
    if wrong and len(frame) == checksums()["rows"]:
        refuse(f"which has as many rows as the published file, does not match it: {told}{'; '.join(wrong)}")
    elif wrong:
        remarks.append(
            f"This isn't the whole published file, or is another study's: {told}{'; '.join(wrong)}."
        )
    return remarks


def _signed(sign: Sign) -> list[str]:
    if sign == "initial - final":
        return [
            "In the control, the file's metric is initial minus final, so its stances are mirrored: they are "
            "support of what the text argues for, the fact's denial."
        ]
    if sign in ("either", "mixed"):
        why = (
            "nobody moved"
            if sign == "either"
            else "the metric has one sign in some rows, the other in others"
        )
        return [f"In the control {why}: its stances are as rated, of the claim as printed."]
    return []


def _topics(frame: pd.DataFrame, own: dict[str, str]) -> tuple[list[Pair], list[str]]:
    """The topic of every claim: the user's, else the project's own of that text, else by its words."""
    claims, facts = set(frame["claim"]), set(frame.loc[frame["fact"], "claim"])
    topic_of = {text: claim.topic for text, claim in _own_claims().items()} | own
    pairs = topics_.given(sorted(claims), topic_of)
    left = sorted(claims - {claim for pair in pairs for claim in pair.claims})
    guessed = topics_.pair([claim for claim in left if claim not in facts], [pair.topic for pair in pairs])
    pairs += guessed + topics_.alone([claim for claim in left if claim in facts])
    remarks = []
    if unknown := len(own.keys() - claims):
        remarks.append(f"{unknown:,} claims of the given topics aren't in the file.")
    if single := sum(len(pair.claims) == 1 for pair in guessed):
        remarks.append(f"{single:,} claims found no opposite claim: each is a topic of its own.")
    if guessed and len(guessed) > single:
        doubtful = sum(not pair.sure for pair in guessed if len(pair.claims) > 1)
        remarks.append(
            f"{len(guessed) - single:,} pairs of claims were guessed from their words, {doubtful:,} of them "
            "doubtful: read them, and give a corrected table with --topics."
        )
    return pairs, remarks


def _identified(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """With each row's argument id."""
    texts = frame["argument"].unique()
    key = frame["argument"].map({text: text_key(text) for text in texts})
    of = frame["claim"] + "\x1f" + frame["source"] + "\x1f" + frame["strategy"]
    shared = of.groupby(key).transform("nunique") > 1
    suffix = of.map(lambda told: f"-{text_key(told)[:8]}").where(shared, "")
    remark = f"{key[shared].nunique():,} texts stand under several claims, sources or strategies."
    return frame.assign(id=key + suffix), [remark] if shared.any() else []


def _ratings(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    ids = {text: claim.id for text, claim in _own_claims().items()}
    made = pd.DataFrame(
        {
            "kind": HUMAN,
            "rater": frame["worker_id"],
            "rater_model": "",
            "arm": frame["fact"].map({True: "fact", False: "argument"}),
            "topic": frame["topic"],
            "claim": frame["claim"].map(lambda claim: ids.get(claim, claim)),
            "argument": frame["id"],
            "source": frame["source"],
            "strategy": frame["strategy"],
            "persona": "",
            "wording": "",
            "before": frame["rating_initial"],
            "after": frame["rating_final"],
            "shift": frame["rating_final"] - frame["rating_initial"],
            "words": frame["argument"].map(lambda text: len(text.split())),
        }
    )
    return check(made, where).reset_index(drop=True)


def _arguments(frame: pd.DataFrame, name: str, digest: str) -> list[Argument]:
    ids = {text: claim.id for text, claim in _own_claims().items()}
    return [
        Argument(
            id=row["id"],
            claim=ids.get(row["claim"], row["claim"]),
            topic=row["topic"],
            source=row["source"],
            strategy=row["strategy"],
            text=row["argument"],
            words=len(row["argument"].split()),
            verdict="attempted",
            provenance={"imported_from": name, "sha256": digest},
        )
        for row in frame.drop_duplicates("id").to_dict("records")
    ]


def _own_claims() -> dict[str, Claim]:
    """The project's claims by their text in the form of `claim_form`."""
    return {claim_form(claim.text): claim for claim in by_id().values()}
