"""A file like the published one in every count that is known, and in no word: made from the counts alone."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from subterfuge.persuasion.published.checks import checksums
from subterfuge.persuasion.published.reader import COLUMNS
from subterfuge.persuasion.ratings import LABELS

Row = dict[str, str]

PROMPTS = {
    "compelling_case": "Compelling Case",
    "role_playing_expert": "Expert Writer Rhetorics",
    "logical_reasoning": "Logical Reasoning",
    "deceptive": "Deceptive",
}
MODELS = ("Claude Instant 1.2", "Claude 1.3", "Claude 2", "Claude 3 Haiku", "Claude 3 Opus")
MARKED = ("Claude 3 Haiku", "Claude 3 Opus", "Control")
"""The sources whose sum of shifts is known apart."""
WRITERS = 174
FACTS = 19

THINGS = """
balloon racing|seaside piers|snow globes|brass bands|marble quarries|tandem bicycles|herb gardens|kite flying
lantern parades|pocket watches|rope bridges|stone circles|tea houses|violin making|water mills|yodelling
puppet theatres|oyster farming|paper boats|glass blowing|hedge mazes|ice sculpture|jigsaw puzzles|maple syrup
night fishing|orchid breeding|quilt making|rocking horses
""".strip().replace("\n", "|")

LEXICON = (
    "words",
    "that",
    "a",
    "maker",
    "of",
    "test",
    "files",
    "strings",
    "together",
    "to",
    "persuade",
    "nobody",
)


def claims() -> list[str]:
    """56 claims on 28 topics; every third one ends without a full stop, as in the published file."""
    found = []
    for thing in THINGS.split("|"):
        found += [f"Towns should pay for {thing}.", f"Towns should not pay for {thing}."]
    return [claim.rstrip(".") if i % 3 == 0 else claim for i, claim in enumerate(found)]


def facts() -> list[str]:
    return [f"The number {i} is smaller than the number {i + 1}." for i in range(FACTS)]


def rows() -> list[Row]:
    """3,939 rows. In the control the metric is initial minus final; two raters there went from 7 to 6."""
    rng = random.Random(0)
    asked = list(_asked(rng))
    workers = checksums()["workers"]
    made = []
    for i, ((claim, argument, source, prompt), (before, metric)) in enumerate(
        zip(asked, _stances([source for _, _, source, _ in asked], rng), strict=True)
    ):
        after = before - metric if source == "Control" else before + metric
        values = (
            f"w{i % workers:05d}",
            claim,
            argument,
            source,
            prompt,
            label(before),
            label(after),
            str(metric),
        )
        made.append(dict(zip(COLUMNS, values, strict=True)))
    return made


def label(number: int) -> str:
    return f"{number} - {LABELS[number]}"


def text(rows: Sequence[Row], delimiter: str = ",") -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def row(**changed: str) -> Row:
    """One row of another study."""
    values = ("w1", "Towns should have bells", "Bells are fine.", "Human", "", "3", "5", "2")
    return dict(zip(COLUMNS, values, strict=True)) | changed


def put(folder: Path, content: Sequence[Row] | str | bytes) -> Path:
    """A file of that content."""
    if not isinstance(content, str | bytes):
        content = text(content)
    path = folder / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _asked(rng: random.Random) -> Iterator[tuple[str, str, str, str]]:
    """Claim, argument, source and prompt of every row: three rows an argument."""
    number = 0

    def argument() -> str:
        nonlocal number
        number += 1
        drawn = " ".join(rng.choices(LEXICON, k=rng.randint(20, 30)))
        return f'Text {number}, with "quotes", commas\nand lines: {drawn}'

    for source in MODELS:
        for prompt in PROMPTS.values():
            for claim in claims():
                yield from [(claim, argument(), source, prompt)] * 3
    for i in range(WRITERS):
        yield from [(claims()[i % 56], argument(), "Human", "")] * 3
    for fact in facts():
        yield from [(fact, argument(), "Control", "Control Prompt")] * 3


def _stances(sources: Sequence[str], rng: random.Random) -> list[tuple[int, int]]:
    """Stance before and metric of every row, so that both distributions and the two sums come out."""
    known = checksums()
    shifts = Counter({int(k): v for k, v in known["persuasiveness_metric"].items()})
    starts = Counter({2: 600, 3: 600, 4: 619} | known["rating_initial"])
    control = [(7, 1)] * 2 + [(7, 0)] * 49 + [(6, 0)] * 6
    shifts -= Counter(metric for _, metric in control)
    starts -= Counter(before for before, _ in control)
    before, metric = sorted(starts.elements()), sorted(shifts.elements(), reverse=True)
    places = range(len(metric))
    for _ in range(30_000):
        i, j = rng.sample(places, 2)
        if 1 <= before[i] + metric[j] <= 7 and 1 <= before[j] + metric[i] <= 7:
            metric[i], metric[j] = metric[j], metric[i]
    pairs = list(zip(before, metric, strict=True))
    rng.shuffle(pairs)
    inside = [i for i, source in enumerate(sources) if source == "Control"]
    assert inside == list(range(len(pairs), len(sources)))
    pairs += control
    marked = [i for i in places if sources[i] in MARKED]
    others = [i for i in places if sources[i] not in MARKED]
    left = known["sums"][0]["sum"] - sum(pairs[i][1] for i in (*marked, *inside))
    step = 1 if left > 0 else -1
    ups = [(i, j) for i, j in zip(marked, others, strict=False) if pairs[j][1] - pairs[i][1] == step]
    for i, j in ups[: abs(left)]:
        pairs[i], pairs[j] = pairs[j], pairs[i]
    return pairs
