"""What a file may look like, and what of it is refused in one line."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable
from pathlib import Path

import published_like as like
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.importer import Imported, import_published
from subterfuge.persuasion.published.reader import COLUMNS, claim_form
from subterfuge.persuasion.published.stance import stance
from subterfuge.persuasion.published.table import LONGEST, parse
from subterfuge.persuasion.ratings import LABELS

Put = Callable[[list[like.Row] | str | bytes], Path]


def told(imported: Imported) -> str:
    return " ".join(imported.remarks)


# --- spellings


@pytest.mark.parametrize("number", LABELS)
def test_answers_in_every_form(number: int) -> None:
    for form in (
        f"{number} - {LABELS[number]}",
        f" {number} ",
        f"{number}.0",
        LABELS[number].upper(),
        f"{number}: x",
    ):
        assert stance(form) == number
    assert stance("7 - Completely support") == stance("Completely  support") == 7


@pytest.mark.parametrize(
    "answer", ["0", "8", "-3", "3.5", "3,5", "", "3-4", "Perhaps", "3 - Oppose", "nan", "1e0", "inf"]
)
def test_what_is_no_answer(answer: str, put: Put) -> None:
    with pytest.raises(ValueError):
        stance(answer)
    with pytest.raises(PersuasionError, match="row 2, rating_final: "):
        import_published(put([like.row(), like.row(worker_id="w2", rating_final=answer)]))


@given(st.text())
def test_any_text_is_an_answer_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert stance(text) in LABELS


def test_spellings_of_a_claim_are_one(put: Put) -> None:
    spelt = ["Bells aren't loud", "Bells aren’t  loud.", " Bells aren't loud . "]
    taken = import_published(put([like.row(worker_id=f"w{i}", claim=claim) for i, claim in enumerate(spelt)]))
    assert set(taken.ratings["claim"]) == {"Bells aren't loud."}
    assert len(taken.arguments) == 1
    assert "2 spellings" in told(taken)


@given(st.text())
def test_the_form_of_a_claim_is_final(text: str) -> None:
    assert claim_form(claim_form(text)) == claim_form(text)


def test_sources_and_prompts_by_any_spelling(put: Put) -> None:
    rows = [
        like.row(source="claude 3 opus ", prompt_type="Expert Writer Rhetorics"),
        like.row(source="Claude  4", prompt_type="Haiku, please!", argument="b"),
        like.row(source="human", prompt_type="nan", argument="c"),
        like.row(source="Claude 2", prompt_type="role_playing_expert", argument="d"),
    ]
    taken = import_published(put(rows))
    assert taken.ratings["source"].tolist() == ["Claude 3 Opus", "Claude 4", "Human", "Claude 2"]
    expert = "role_playing_expert"
    assert taken.ratings["strategy"].tolist() == [expert, "haiku_please", "", expert]
    assert "doesn't have are kept: haiku_please." in told(taken)


def test_garbled_texts_are_repaired_and_others_left_alone(put: Put) -> None:
    garbled = "Itâ€™s so.".encode().decode("utf-8")
    twice = "It’s late, naïve.".encode().decode("cp1252").encode().decode("cp1252")
    whole = "Naïve ﬁgures… &amp; «quotes», Ⅳ"
    rows = [like.row(argument=text, worker_id=f"w{i}") for i, text in enumerate([garbled, twice, whole])]
    taken = import_published(put(rows))
    assert [a.text for a in taken.arguments] == ["It’s so.", "It’s late, naïve.", whole]
    assert "2 texts were garbled" in told(taken)


# --- tables

PLAIN = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.lists(st.text(PLAIN | st.sampled_from('",;\t\r\n')), min_size=3, max_size=3).filter(any),
        min_size=1,
    ),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_tables_are_read_to_the_letter(
    rows: list[list[str]], delimiter: str, encoding: str, ending: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([["Claim", "other", " topic "], *rows])
    found = parse(file.getvalue().encode(encoding), ("topic", "claim"), "it")
    assert found.rows == [[three, one] for one, _, three in rows]


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_users_mistake(content: bytes) -> None:
    for head in (b"", b"claim,topic\n"):
        try:
            assert all(len(fields) == 2 for fields in parse(head + content, ("claim", "topic"), "it").rows)
        except PersuasionError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab")])
def test_another_delimiter_is_read_and_said(put: Put, delimiter: str, name: str) -> None:
    taken = import_published(put(like.text([like.row(argument="a, b; c\td\ne")], delimiter)))
    assert f"separated by a {name}" in told(taken)
    assert taken.arguments[0].text == "a, b; c\td\ne"


def test_windows_encoding_is_read_and_said(put: Put) -> None:
    taken = import_published(put(like.text([like.row(argument="It’s naïve")]).encode("cp1252")))
    assert taken.arguments[0].text == "It’s naïve"
    assert "Windows-1252" in told(taken)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b"PAR1\x00\x15\x04" + bytes(200), "is no text"),
        (b"\x81\x8d\x90" * 30, "no text in UTF-8"),
        (",".join(COLUMNS).encode(), "no rows"),
        (
            like.text([like.row()]).replace(",source,", ",author,").encode(),
            "has no column source; its",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            "no column worker_id, claim.*git-lfs",
        ),
        ("|".join(COLUMNS).encode() + b"\n", "neither comma, semicolon nor tab"),
        (like.text([like.row()]).replace("worker_id,", "source,", 1).encode(), "no column worker_id"),
        (like.text([like.row()]).encode() + b"w,x\n", "row 2: 2 fields in place of 8"),
        (
            like.text([like.row(), like.row(argument="x" * (LONGEST + 1))]).encode(),
            "row 2: a field of more than 20,000",
        ),
        (like.text([like.row(argument="x" * 200_000)]).encode(), "row 1: a field of more than 20,000"),
        (like.text([like.row()]).encode() + b'w,"not closed', "row 2: no CSV"),
        (like.text([like.row(worker_id="")]).encode(), "row 1, worker_id: there is nothing"),
        (like.text([like.row(argument=" \n ")]).encode(), "row 1, argument: there is nothing"),
        (
            like.text([like.row(persuasiveness_metric="much")]).encode(),
            "persuasiveness_metric: 'much' is no whole",
        ),
        (like.text([like.row(persuasiveness_metric="0.5")]).encode(), "is no whole number"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(put: Put, content: bytes, says: str) -> None:
    path = put(content)
    with pytest.raises(PersuasionError, match=says) as caught:
        import_published(path)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PersuasionError, match="There is no file"):
        import_published(tmp_path / "none.csv")
    with pytest.raises(PersuasionError, match="can't be read"):
        import_published(tmp_path)


def test_a_column_twice(put: Put) -> None:
    text = like.text([like.row()]).replace("worker_id,", "worker_id,claim,", 1)
    with pytest.raises(PersuasionError, match="column claim twice"):
        import_published(put(text))
