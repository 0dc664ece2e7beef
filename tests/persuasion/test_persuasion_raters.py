"""Raters: which there are, and what they are shown."""

from __future__ import annotations

from collections import Counter

import pytest

from subterfuge.persuasion.claim import by_id
from subterfuge.persuasion.rater import personas, raters, wordings
from subterfuge.persuasion.stance import ENDING, scale

MOST = len(personas()) * len(wordings())


def test_no_pair_comes_twice_and_more_raters_keep_the_first() -> None:
    every = raters(MOST)
    assert len({rater.id for rater in every}) == MOST
    for count in range(1, MOST + 1):
        assert raters(count) == every[:count]


@pytest.mark.parametrize("count", range(2, MOST + 1, 2))
def test_each_persona_is_asked_in_both_orders_alike(count: int) -> None:
    found = raters(count)
    for name in {rater.persona.name for rater in found}:
        orders = Counter(rater.wording.order for rater in found if rater.persona.name == name)
        assert orders["ascending"] == orders["descending"]


def test_half_of_all_wordings_come_early() -> None:
    assert {rater.wording.name for rater in raters(4)} == {wording.name for wording in wordings()}


@pytest.mark.parametrize("count", [0, -1, MOST + 1])
def test_there_are_so_many_and_no_more(count: int) -> None:
    with pytest.raises(ValueError, match=f"there are 1 to {MOST} raters"):
        raters(count)


def test_prompts_hold_claim_persona_and_scale_and_the_text_stands_first() -> None:
    for claim in by_id().values():
        for rater in raters(MOST):
            (before,), (after,) = rater.before(claim.text), rater.after(claim.text, "What is read. {claim}")
            for message in (before, after):
                assert message.role == "user"
                assert claim.text in message.text
                assert rater.persona.text in message.text
                assert message.text.endswith(scale(rater.wording.order))
                assert message.text.count(ENDING) == 1
            assert after.text.startswith("Please read this text.\n\nWhat is read. {claim}\n\n")
            assert "What is read" not in before.text
            assert "{" not in before.text and after.text.count("{") == 1
            assert before.text.strip() == before.text


def test_raters_of_one_text_share_their_prompts_beginning() -> None:
    told = [rater.after("A claim.", "A text.")[0].text for rater in raters(8)]
    assert len({text[: len("Please read this text.\n\nA text.\n\n")] for text in told}) == 1
