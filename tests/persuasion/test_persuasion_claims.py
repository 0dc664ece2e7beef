"""Claims and the texts around them: data, which has to keep the rules that its own head and README state."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from subterfuge.persuasion import claim as claims

ROOM = Path(claims.__file__).parent
STRATEGIES = {path.stem: path for path in sorted((ROOM / "strategies").glob("*.md"))}
TEXTS = sorted(path for path in ROOM.rglob("*") if path.suffix in {".yaml", ".md"})


def entries(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((ROOM / name).read_text(encoding="utf-8"))
    return loaded


def words(text: str) -> int:
    return len(text.split())


def fields(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


def strategy(name: str) -> tuple[dict[str, Any], str]:
    _, front, body = STRATEGIES[name].read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


# --- claims


def test_thirty_topics_have_two_sides_each() -> None:
    topics = Counter(claim.topic for claim in claims.opinions())
    assert len(topics) == 30
    assert set(topics.values()) == {2}
    for topic in topics:
        assert claims.by_id()[f"{topic}.for"].side == "for"
        assert claims.by_id()[f"{topic}.against"].side == "against"


def test_no_two_claims_are_the_same() -> None:
    every = (*claims.opinions(), *claims.facts())
    assert len(claims.by_id()) == len(every) == 80
    assert len({claim.text.casefold() for claim in every}) == 80
    assert not {claim.opposite for claim in claims.facts()} & {claim.text for claim in claims.facts()}


def test_the_opposite_of_the_opposite_is_the_claim() -> None:
    by_text = {claim.text: claim for claim in claims.opinions()}
    for claim in claims.opinions():
        other = by_text[claim.opposite]
        assert other.opposite == claim.text != other.text
        assert (other.topic, other.risk) == (claim.topic, claim.risk)


@pytest.mark.parametrize("claim", claims.opinions(), ids=lambda claim: claim.id)
def test_a_claim_is_one_plain_sentence(claim: claims.Claim) -> None:
    assert 8 <= words(claim.text) <= 20
    assert re.fullmatch(r"[A-Z][^.!?;:]*\.", claim.text)


def test_sides_are_equally_long() -> None:
    """Within 15 % on average, and no pair so unequal that length gives the better side away."""
    length = {
        side: statistics.mean(len(claim.text) for claim in claims.opinions() if claim.side == side)
        for side in claims.SIDES
    }
    assert 0.85 < length["for"] / length["against"] < 1.15
    ratios = [len(claim.text) / len(claim.opposite) for claim in claims.opinions()]
    assert max(ratios) < 1.3


def test_both_sides_say_what_they_want_about_equally_often() -> None:
    """`should not` and its like are rare, and no side's habit."""
    negated = re.compile(r"\b(not|never|no|nobody|nothing)\b")
    found = Counter(claim.side for claim in claims.opinions() if negated.search(claim.text))
    assert max(found.values(), default=0) <= 3


def test_entries_alternate_in_which_side_asks_for_freedom() -> None:
    """The words of freedom stand on the `against` side of odd entries and the `for` side of even ones."""
    freedom = re.compile(r"\b(free to|decide for themselves)\b")
    wrong = []
    for place, entry in enumerate(entries("claims/topics.yaml")):
        for side in claims.SIDES:
            regulates = (side == "for") == (place % 2 == 0)
            if regulates and freedom.search(entry[side]):
                wrong.append(f"{entry['topic']}.{side}")
    assert wrong == []


def test_risks_are_as_the_readme_says() -> None:
    told = dict(
        re.findall(
            r"^\| `(low|medium|high)` \| (\d+) \|",
            (ROOM / "claims/README.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    risks = [entry["risk"] for entry in entries("claims/topics.yaml")]
    assert Counter(risks) == {risk: int(number) for risk, number in told.items()}
    assert risks == sorted(risks, key=["low", "medium", "high"].index)


def test_facts_and_their_denials_differ_in_what_they_say_and_little_in_length() -> None:
    assert len(claims.facts()) == 20
    for claim in claims.facts():
        assert claim.risk == "control"
        assert claim.text.endswith(".")
        assert claim.opposite.endswith(".")
        assert abs(words(claim.text) - words(claim.opposite)) <= 2


def test_the_digest_follows_text_id_order_and_selection_and_nothing_else() -> None:
    every = claims.opinions()
    first = every[0]
    same = claims.digest(every)
    assert re.fullmatch(r"[0-9a-f]{16}", same)
    assert claims.digest(list(every)) == same
    assert claims.digest([first.model_copy(update={"risk": "high"}), *every[1:]]) == same
    others = [
        [first.model_copy(update={"text": first.text[:-1] + "!"}), *every[1:]],
        [first.model_copy(update={"id": "other.for"}), *every[1:]],
        every[::-1],
        every[1:],
    ]
    assert len({same, *map(claims.digest, others)}) == 5


# --- labelled texts


def test_labelled_texts_are_of_known_claims_and_as_many_as_planned() -> None:
    labelled = entries("claims/labelled.yaml")
    assert Counter(entry["verdict"] for entry in labelled) == {
        "attempted": 25,
        "refused": 18,
        "not_attempted": 17,
    }
    assert {entry["claim"] for entry in labelled} <= claims.by_id().keys()
    assert len({entry["text"] for entry in labelled}) == 60
    assert [entry["text"] for entry in labelled if not 15 <= words(entry["text"]) <= 90] == []


# --- strategies


def test_there_are_the_four_strategies() -> None:
    assert set(STRATEGIES) == {"compelling_case", "role_playing_expert", "logical_reasoning", "deceptive"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_takes_a_claim_and_a_number_of_words(name: str) -> None:
    front, body = strategy(name)
    assert front.keys() == {"name", "title", "people", "source"}
    assert front["name"] == name
    assert front["people"] is (name != "deceptive")
    assert sorted(fields(body)) == ["claim", "words"]
    assert 60 <= words(body) <= 110
    asked = body.format(claim="Tea should be {free}.", words=250)
    assert "about 250 words" in asked
    assert asked.rstrip().endswith("Claim: Tea should be {free}.")


# --- what raters are and read


def test_personas_are_short_and_one_is_none() -> None:
    personas = {entry["name"]: entry["text"] for entry in entries("personas.yaml")}
    assert len(personas) == 8
    assert personas.pop("plain") == ""
    for text in personas.values():
        assert text.startswith("You are ")
        assert words(text) <= 25
    for mark in (r"\bwoman\b", r"\bman\b", r"\bdegree\b"):
        assert sum(bool(re.search(mark, text)) for text in personas.values()) == 3
    for lean in ("left of centre", "right of centre", "in the centre"):
        assert sum(lean in text for text in personas.values()) == 2
    assert len({re.search(r" from (\w+)", text)[1] for text in personas.values()}) == 7  # type: ignore[index]


def test_wordings_balance_the_order_and_expect_no_change() -> None:
    wordings = entries("wordings.yaml")
    assert Counter(entry["order"] for entry in wordings) == {"ascending": 2, "descending": 2}
    assert len({entry["name"] for entry in wordings}) == 4
    for entry in wordings:
        for asked in (entry["before"], entry["after"]):
            assert fields(asked) == ["claim"]
            assert not re.search(r"\b(now|still|chang\w*|after|any ?more|updat\w*)\b", asked)
            oppose, support = asked.index("oppos"), asked.index("support")
            assert (oppose < support) == (entry["order"] == "ascending")
        question = [entry[when].split('{claim}"')[1] for when in ("before", "after")]
        assert question[0] == question[1]


def test_fillers_are_as_long_as_an_argument_and_ask_for_nothing() -> None:
    fillers = entries("fillers.yaml")
    assert len({entry["name"] for entry in fillers}) == 4
    for entry in fillers:
        assert 235 <= words(entry["text"]) <= 265, (entry["name"], words(entry["text"]))
        assert not re.search(r"\b(should|ought|law|rules?|AI)\b", entry["text"])
        assert entry["text"].count("\n") >= 2


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_text_holds_a_long_dash(path: Path) -> None:
    assert not re.search("[\u2013\u2014]", path.read_text(encoding="utf-8"))
