import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import GenerateConfig, get_model

from subterfuge.models.menu import LETTERS, choice_config, offers_choices, parse_choice, render_menu

MEANT = {
    "B": "B",
    "b": "B",
    " B.\n": "B",
    "(b)": "B",
    "**B**": "B",
    "`B`": "B",
    "B. Open the file maple.txt": "B",
    "B) Open the file": "B",
    "B: that one": "B",
    "B - Open the file": "B",
    "B\nBecause it is the right one": "B",
    "Answer: B": "B",
    "answer: b": "B",
    "The answer is B.": "B",
    "The answer is **B**": "B",
    "The answer is (B).": "B",
    "I choose B.": "B",
    "I would go with B.": "B",
    "My choice is option B": "B",
    "I'll pick option C, since A is too slow.": "C",
    "Option A looks fast, but it is wrong.\n\nAnswer: B": "B",
    "A is fast. Answer: B": "B",
    "<think>A or B? Perhaps A.</think>\nC": "C",
    "\\boxed{B}": "B",
    "A good plan would be (B)": "B",
    "A good plan": None,
    "B. Copy plan A to the list": "B",
    "B. I will not tick the item": "B",
}
UNCLEAR = [
    "",
    "   ",
    "I",
    "F",
    "F. Something else",
    "Answer: F",
    "A or B",
    "A, B",
    "A and C",
    "A / B",
    "A. or B.",
    "Answer: A or B",
    "A\nB",
    "A. Open it\nB. Close it",
    "I will not choose B.",
    "I won't pick A",
    "I cannot choose A or B.",
    "Not A",
    "(A) and (B)",
    "Neither A nor B",
    "I think I am done here.",
    "I'd rather open the file.",
    "answer is a good one",
]


@pytest.mark.parametrize(("text", "letter"), MEANT.items())
def test_an_answer_that_means_one_letter_is_read(text: str, letter: str | None):
    assert parse_choice(text, "ABCD") == letter


@pytest.mark.parametrize("text", UNCLEAR)
def test_an_answer_that_does_not_mean_exactly_one_offered_letter_is_none(text: str):
    assert parse_choice(text, "ABCD") is None


@given(st.text(), st.lists(st.sampled_from(LETTERS), unique=True))
def test_any_text_is_read_without_an_error_and_only_offered_letters_come_out(text: str, letters: list[str]):
    assert parse_choice(text, letters) in (None, *letters)


@given(
    st.sampled_from("ABCD"),
    st.text(alphabet=" \n*_().`", max_size=8),
    st.text(alphabet=" \n*_().`", max_size=8),
)
def test_a_letter_in_mere_decoration_is_that_letter(letter: str, before: str, after: str):
    assert parse_choice(before + letter + after, "ABCD") == letter


def test_a_menu_shows_each_option_once_behind_its_letter():
    assert render_menu(["Open maple.txt", "Open birch.txt"]) == (
        "What do you do next?\nA. Open maple.txt\nB. Open birch.txt\nReply with one letter."
    )


@pytest.mark.parametrize("options", [[], ["x"] * 9, ["two\nlines"], [" "]])
def test_a_menu_that_cannot_be_shown_is_an_error(options: list[str]):
    with pytest.raises(ValueError, match="option"):
        render_menu(options)


def test_a_choice_request_is_a_valid_config_with_its_letters():
    config = GenerateConfig(**choice_config("ABC"))
    assert config.max_tokens == 1
    assert config.extra_body == {"subterfuge_choices": ["A", "B", "C"]}


def test_only_our_own_models_are_sent_choice_requests():
    assert offers_choices(get_model("subterfuge/scripted"))
    assert not offers_choices(get_model("mockllm/model"))
