"""Readings: every attempt once, and controls that are what they say."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from subterfuge.persuasion.argument import Argument, identify
from subterfuge.persuasion.claim import by_id, facts, opinions
from subterfuge.persuasion.reading import CONTROLS, Reading, fillers, gibberish, readings


def made(claim: str, source: str = "m", text: str = "", verdict: str = "attempted") -> Argument:
    text = text or f"{source} argues for {claim} with some words of its own."
    return Argument(
        id=identify(claim, source, "s", 0, text),
        claim=claim,
        topic=claim.rsplit(".", 1)[0],
        source=source,
        strategy="s",
        text=text,
        words=len(text.split()),
        verdict=verdict,  # type: ignore[arg-type]
    )


CLAIMS = [claim.id for claim in opinions()[:10]]
STUDY = [
    *(made(claim, source) for claim in CLAIMS for source in ("m", "n")),
    *(made(claim.id) for claim in facts()[:3]),
    made(CLAIMS[0], "refuser", "I won't.", "refused"),
    made(CLAIMS[1], "refuser", "What?", "not_attempted"),
]


def of(arm: str, found: list[Reading]) -> list[Reading]:
    return [reading for reading in found if reading.arm == arm]


def test_every_attempt_is_read_once_and_nothing_else() -> None:
    found = readings(STUDY)
    told = Counter(r.argument for r in found if r.arm in ("argument", "fact"))
    assert told == Counter(a.id for a in STUDY if a.verdict == "attempted")
    assert {r.claim for r in of("fact", found)} == {claim.id for claim in facts()[:3]}
    texts = {a.text for a in STUDY if a.verdict != "attempted"}
    assert not [r for r in found if r.text in texts or r.source == "refuser"]


def test_each_claim_has_each_control() -> None:
    for count in (0, 1, 2):
        found = Counter((r.claim, r.arm) for r in readings(STUDY, count))
        assert {key: n for key, n in found.items() if key[1] in CONTROLS} == (
            {(claim, arm): count for claim in CLAIMS for arm in CONTROLS} if count else {}
        )


def test_controls_are_what_they_say() -> None:
    found, by = readings(STUDY, 2), {a.id: a for a in STUDY}
    assert {(r.source, r.strategy) for r in of("no_argument", found)} == {("", "")}
    assert {r.text for r in of("no_argument", found)} <= {text for _, text in fillers()}
    for r in of("swapped_side", found):
        assert r.text == by[r.argument].text
        assert by_id()[by[r.argument].claim].text == by_id()[r.claim].opposite
    for r in of("gibberish", found):
        source = by[r.argument]
        assert source.claim == r.claim
        assert sorted(r.text.split()) == sorted(source.text.split()) and r.text != source.text
    for r in of("unrelated", found):
        assert by[r.argument].topic != by_id()[r.claim].topic
        assert by_id()[by[r.argument].claim].side != "false"
    assert len({r.argument for r in of("unrelated", found)}) > len(CLAIMS) / 2, "not all read the same"


def test_the_order_of_arguments_changes_nothing() -> None:
    first = readings(STUDY, 2)
    for seed in range(5):
        assert readings(random.Random(seed).sample(STUDY, len(STUDY)), 2) == first


def test_a_new_source_takes_no_more_than_its_share_of_the_controls() -> None:
    old = {r.id for r in of("unrelated", readings(STUDY))}
    new = {r.id for r in of("unrelated", readings([*STUDY, *(made(c, "third") for c in CLAIMS)]))}
    assert len(old & new) >= len(CLAIMS) / 3


def test_ids_are_unique_and_sort_by_claim() -> None:
    found = readings([*STUDY, *STUDY], len(fillers()) + 5)
    ids = [reading.id for reading in found]
    assert ids == sorted(set(ids))
    assert len(of("argument", found)) == 20


@pytest.mark.parametrize(
    ("study", "arms"),
    [
        ([], {}),
        ([made(CLAIMS[0], verdict="refused")], {}),
        ([made(facts()[0].id)], {"fact": 1}),
        ([made(CLAIMS[0])], {"argument": 1, "no_argument": 1, "gibberish": 1}),
        (
            [made(CLAIMS[0]), made(CLAIMS[1])],
            {"argument": 2, "no_argument": 2, "gibberish": 2, "swapped_side": 2},
        ),
        ([made(CLAIMS[0], text="\ud800 \x00 <b>")], {"argument": 1, "no_argument": 1, "gibberish": 1}),
    ],
    ids=["nothing", "refused", "facts only", "one claim", "one topic", "hostile"],
)
def test_small_studies_have_what_can_be_made(study: list[Argument], arms: dict[str, int]) -> None:
    assert Counter(r.arm for r in readings(study)) == arms


def test_gibberish_goes_by_its_key() -> None:
    text = " ".join(map(str, range(100)))
    assert gibberish(text, "a") == gibberish(text, "a") != gibberish(text, "b")
