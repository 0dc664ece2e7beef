"""Topics: which claims are two sides of one."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import published_like as like
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.claim import opinions
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.files import save
from subterfuge.persuasion.published.importer import Imported, import_published
from subterfuge.persuasion.published.reader import claim_form
from subterfuge.persuasion.published.topics import pair

Put = Callable[[list[like.Row] | str | bytes], Path]


def told(imported: Imported) -> str:
    return " ".join(imported.remarks)


# --- topics


def test_opposite_claims_are_paired(imported: Imported) -> None:
    pairs = [one for one in imported.pairs if one.guessed]
    assert len(pairs) == 28
    for one in pairs:
        first, second = one.claims
        assert first.replace(" not ", " ") == second
        assert one.sure
    assert imported.ratings.loc[imported.ratings["arm"] == "argument", "topic"].nunique() == 28
    assert imported.ratings["topic"].nunique() == 28 + 19
    assert "tea-houses" in {one.topic for one in pairs}


def test_claims_that_were_not_made_for_it_are_paired_too() -> None:
    topic = {claim_form(claim.text): claim.topic for claim in opinions()}
    pairs = pair(list(topic))
    assert len(pairs) == len({one.topic for one in pairs}) == 30
    assert all(len({topic[claim] for claim in one.claims}) == 1 for one in pairs)


@given(st.lists(st.sampled_from([claim.text for claim in opinions()]), unique=True), st.randoms())
@settings(max_examples=25)
def test_every_claim_has_one_topic_in_any_order(claims: list[str], rng: random.Random) -> None:
    pairs = pair(claims)
    assert sorted(claim for one in pairs for claim in one.claims) == sorted(claims)
    assert len({one.topic for one in pairs}) == len(pairs)
    rng.shuffle(claims)
    assert pair(claims) == pairs


def test_a_claim_without_its_opposite_is_a_topic(put: Put) -> None:
    rows = [like.row(), like.row(claim="Apples grow on very old trees", argument="b")]
    taken = import_published(put(rows))
    assert taken.ratings["topic"].nunique() == 2
    assert "2 claims found no opposite" in told(taken)


def test_the_users_topics_win(put: Put, tmp_path: Path) -> None:
    rows = [like.row(claim=text, argument=text) for text in like.claims()[:4]]
    given = tmp_path / "topics.csv"
    given.write_text(
        f"claim,topic\n{rows[0]['claim']},mine\n{rows[3]['claim']}.,mine\nNot there,other\n", encoding="utf-8"
    )
    taken = import_published(put(rows), topics=given)
    topics = taken.ratings["topic"].tolist()
    assert topics[0] == topics[3] == "mine"
    assert "mine" not in topics[1:3]
    assert "1 claims of the given topics aren't" in told(taken)


def test_written_topics_can_be_given_back(
    imported: Imported, whole: list[like.Row], put: Put, tmp_path: Path
) -> None:
    save(tmp_path / "out", imported)
    again = import_published(put(whole), topics=tmp_path / "out/topics.csv")
    assert again.ratings.equals(imported.ratings)
    assert not any(one.guessed for one in again.pairs)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("claim,topic\nA b.,\n", "row 1: a claim and its topic"),
        ("claim,topic\nA b.,x\nA b,y\n", "row 2: the claim had the topic x"),
        ("claim\nA b.\n", "has no column topic"),
    ],
)
def test_bad_topics(put: Put, tmp_path: Path, text: str, says: str) -> None:
    given = tmp_path / "topics.csv"
    given.write_text(text, encoding="utf-8")
    with pytest.raises(PersuasionError, match=says):
        import_published(put([like.row()]), topics=given)
