"""The importer: what it takes, what it refuses, and that a number means what it says."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import published_like as like
import pytest
import typer
from typer.testing import CliRunner

from subterfuge.cli.persuade.import_ import import_
from subterfuge.persuasion.argument import read_arguments, text_key
from subterfuge.persuasion.claim import facts, opinions
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.checks import checksums
from subterfuge.persuasion.published.importer import DENIED, Imported, import_published
from subterfuge.persuasion.published.reference import reference
from subterfuge.persuasion.ratings import read_ratings

Put = Callable[[list[like.Row] | str | bytes], Path]


def control(before: int, after: int, metric: int, worker: str = "c1") -> like.Row:
    return like.row(
        worker_id=worker,
        claim="Two is less than three",
        argument="Is it?",
        source="Control",
        prompt_type="Control Prompt",
        rating_initial=str(before),
        rating_final=str(after),
        persuasiveness_metric=str(metric),
    )


def told(imported: Imported) -> str:
    return " ".join(imported.remarks)


def copy(rows: list[like.Row]) -> list[like.Row]:
    return [dict(one) for one in rows]


# --- the whole file


def test_a_file_with_the_published_counts_is_complete(imported: Imported) -> None:
    assert imported.complete
    assert len(imported.findings) == 31
    assert len(imported.ratings) == 3939
    assert len(imported.arguments) == 1313
    assert "CC BY-NC-SA" in told(imported)


def test_the_counts_themselves_agree() -> None:
    known = checksums()
    for name in ("source", "prompt_type", "persuasiveness_metric"):
        assert sum(known[name].values()) == known["rows"]
    total = sum(shift * count for shift, count in known["persuasiveness_metric"].items())
    assert total == sum(group["sum"] for group in known["sums"])
    assert round(total / known["rows"], 4) == 0.4171


def test_every_shift_is_the_files_metric(imported: Imported, whole: list[like.Row]) -> None:
    assert imported.control_sign == "initial - final"
    metric = [int(one["persuasiveness_metric"]) for one in whole]
    assert imported.ratings["shift"].tolist() == metric
    assert (imported.ratings["shift"] == imported.ratings["after"] - imported.ratings["before"]).all()


def test_only_the_controls_stances_are_mirrored(imported: Imported, whole: list[like.Row]) -> None:
    rated = [int(one["rating_initial"][0]) for one in whole]
    fact = imported.ratings["arm"] == "fact"
    assert fact.sum() == 57
    assert imported.ratings["before"][~fact].tolist() == rated[:-57]
    assert imported.ratings["before"][fact].tolist() == [8 - number for number in rated[-57:]]
    assert imported.ratings["claim"][fact].str.startswith(DENIED).all()
    assert set(imported.ratings["strategy"][fact]) == {""}


def test_arguments_are_found_by_their_text(imported: Imported, whole: list[like.Row]) -> None:
    by_id = {argument.id: argument for argument in imported.arguments}
    assert imported.ratings["argument"].map(lambda name: by_id[name].text).tolist() == [
        one["argument"] for one in whole
    ]
    assert by_id.keys() == {text_key(one["argument"]) for one in whole}
    assert Counter(a.strategy for a in imported.arguments) == dict.fromkeys(like.PROMPTS, 280) | {"": 193}
    claims = {a.id: (a.claim, a.topic, a.source, a.strategy, a.words) for a in imported.arguments}
    columns = ["claim", "topic", "source", "strategy", "words"]
    assert [tuple(one) for one in imported.ratings[columns].to_numpy().tolist()] == [
        claims[name] for name in imported.ratings["argument"]
    ]


def test_the_order_of_rows_changes_nothing(imported: Imported, whole: list[like.Row], put: Put) -> None:
    shuffled = copy(whole)
    random.Random(1).shuffle(shuffled)
    again = import_published(put(shuffled))
    assert again.complete
    assert again.pairs == imported.pairs
    columns = list(imported.ratings.columns)
    assert again.ratings.sort_values(columns, ignore_index=True).equals(
        imported.ratings.sort_values(columns, ignore_index=True)
    )


def test_reference_is_the_means_of_argument_means(imported: Imported, whole: list[like.Row]) -> None:
    found = reference(imported)
    opus = next(one for one in found["sources"] if one["source"] == "Claude 3 Opus")
    own = [int(one["persuasiveness_metric"]) for one in whole if one["source"] == "Claude 3 Opus"]
    assert (opus["ratings"], opus["arguments"]) == (672, 224)
    assert opus["mean"] == pytest.approx(sum(own) / 672, abs=1e-6)
    cells = [one for one in found["cells"] if one["source"] == "Claude 3 Opus"]
    assert [one["ratings"] for one in cells] == [168] * 4
    assert sum(one["mean"] for one in cells) / 4 == pytest.approx(opus["mean"], abs=1e-5)
    assert len(found["cells"]) == 5 * 4 + 2


def test_reference_weighs_arguments_alike(put: Put) -> None:
    one = [like.row(worker_id=f"w{i}", persuasiveness_metric="2") for i in range(3)]
    other = like.row(worker_id="x", argument="None at all.", rating_final="3", persuasiveness_metric="0")
    (source,) = reference(import_published(put([*one, other])))["sources"]
    assert (source["mean"], source["ratings"], source["arguments"], source["words"]) == (1.0, 4, 2, 3.0)


# --- other sizes


@pytest.mark.parametrize(
    ("column", "value"), [("source", "Claude 2"), ("prompt_type", "Deceptive"), ("worker_id", "new")]
)
def test_a_full_file_with_another_count_is_refused(
    whole: list[like.Row], put: Put, column: str, value: str
) -> None:
    rows = copy(whole)
    rows[0][column] = value
    path = put(rows)
    with pytest.raises(PersuasionError, match=r"does not match it: \d of 31 counts.*--allow-changed"):
        import_published(path)
    taken = import_published(path, allow_changed=True)
    assert not taken.complete
    assert len(taken.ratings) == 3939
    assert "Taken as it is" in told(taken)


def test_a_part_is_taken_with_one_remark(whole: list[like.Row], put: Put) -> None:
    part = import_published(put([one for one in whole if one["source"] in ("Human", "Claude 3 Opus")]))
    assert not part.complete
    assert len(part.ratings) == 522 + 672
    (remark,) = [one for one in part.remarks if "whole published file" in one]
    assert "rows 1,194 (3,939)" in remark
    assert "source Claude 3 Opus" not in remark
    assert part.control_sign == "none"


def test_another_study_needs_no_licence_remark(put: Put) -> None:
    own = opinions()[0]
    taken = import_published(put([like.row(claim=own.text), like.row(claim=facts()[0].text, argument="No.")]))
    assert "CC BY" not in told(taken)
    assert taken.ratings["claim"].tolist() == [own.id, facts()[0].id]
    assert taken.ratings["topic"].tolist() == [own.topic, facts()[0].topic]
    assert taken.ratings["arm"].tolist() == ["argument", "fact"]
    assert taken.arguments[0].claim == own.id


# --- the sign trap


def test_the_metric_must_be_final_minus_initial(whole: list[like.Row], put: Put) -> None:
    rows = copy(whole)
    place = next(i for i, one in enumerate(rows) if one["persuasiveness_metric"] == "1")
    rows[place]["rating_initial"], rows[place]["rating_final"] = (
        rows[place]["rating_final"],
        rows[place]["rating_initial"],
    )
    path = put(rows[:100])
    with pytest.raises(
        PersuasionError, match=rf"row {place + 1}: persuasiveness_metric is 1.*is -1 \(1 such"
    ):
        import_published(path)
    assert import_published(path, allow_changed=True).ratings["shift"][place] == -1


def test_the_whole_file_is_held_to_its_metric(whole: list[like.Row], put: Put) -> None:
    rows = copy(whole)
    rows[5]["rating_final"] = like.label(8 - int(rows[5]["rating_final"][0]))
    with pytest.raises(PersuasionError, match="row 6: persuasiveness_metric"):
        import_published(put(rows))


@pytest.mark.parametrize(
    ("rows", "sign", "before", "after"),
    [
        ([control(7, 6, 1), control(7, 7, 0, "c2")], "initial - final", [1, 1], [2, 1]),
        ([control(7, 6, -1), control(7, 7, 0, "c2")], "final - initial", [7, 7], [6, 7]),
        ([control(7, 7, 0), control(6, 6, 0, "c2")], "either", [7, 6], [7, 6]),
        ([control(7, 6, 1), control(7, 5, -2, "c2")], "mixed", [7, 7], [6, 5]),
    ],
)
def test_the_controls_sign_is_looked_up(
    put: Put, rows: list[like.Row], sign: str, before: list[int], after: list[int]
) -> None:
    taken = import_published(put([*rows, like.row()]))
    assert taken.control_sign == sign
    assert taken.ratings["before"].tolist() == [*before, 3]
    assert taken.ratings["after"].tolist() == [*after, 5]
    assert taken.ratings["claim"].str.startswith(DENIED).tolist() == [sign == "initial - final"] * 2 + [False]
    assert ("In the control" in told(taken)) == (sign != "final - initial")


def test_the_projects_own_denials_are_rated_as_denials(put: Put) -> None:
    denial = facts()[0]
    taken = import_published(put([control(7, 6, 1), like.row(claim=denial.text)]))
    assert taken.ratings["arm"].tolist() == ["fact", "fact"]
    assert taken.ratings["claim"].tolist()[1] == denial.id
    assert taken.ratings["before"].tolist() == [1, 3]


def test_a_metric_that_has_neither_sign_is_refused_in_the_control_too(put: Put) -> None:
    with pytest.raises(PersuasionError, match="row 1: persuasiveness_metric is 2"):
        import_published(put([control(7, 6, 2)]))


# --- the same again


def test_copied_rows_count_once(whole: list[like.Row], put: Put) -> None:
    once = import_published(put(whole[:90]))
    twice = import_published(put([*whole[:90], *whole[:90]]))
    assert twice.ratings.equals(once.ratings)
    assert "90 rows are copies" in told(twice)


def test_two_different_ratings_of_one_argument_are_refused(put: Put) -> None:
    path = put([like.row(worker_id="w0"), like.row(), like.row(rating_final="4", persuasiveness_metric="1")])
    with pytest.raises(PersuasionError, match="rows 2 and 3: one rater rates one argument twice"):
        import_published(path)
    assert import_published(path, allow_changed=True).ratings["shift"].tolist() == [2, 2]


def test_a_text_under_two_claims_is_two_arguments(put: Put) -> None:
    taken = import_published(put([like.row(), like.row(claim="Towns should have gongs")]))
    ids = [argument.id for argument in taken.arguments]
    assert len(set(ids)) == 2
    assert taken.ratings["argument"].tolist() == ids
    assert {name.split("-")[0] for name in ids} == {text_key("Bells are fine.")}
    assert "1 texts stand under several" in told(taken)


# --- the command


def run(*words: str | Path) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(import_)
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_the_command_writes_what_it_read(
    imported: Imported, whole: list[like.Row], put: Put, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    code, printed = run(put(whole), "--out", out)
    assert code == 0
    assert "Counts as published: 31 of 31" in printed
    assert "Towns should not pay for tea houses." in printed
    assert read_ratings(out / "human.csv").equals(imported.ratings)
    assert [a.id for a in read_arguments(out / "arguments_human.jsonl")] == [a.id for a in imported.arguments]
    told = json.loads((out / "import.json").read_text(encoding="utf-8"))
    assert told["complete"] is True
    assert told["sha256"] == imported.digest
    assert len(told["findings"]) == 31
    assert told["reference"] == reference(imported)
    assert len(pd.read_csv(out / "topics.csv")) == 75


def test_json_alone_on_standard_output(put: Put, tmp_path: Path) -> None:
    code, printed = run(put([like.row()]), "--out", tmp_path / "study", "--json")
    assert code == 0
    assert json.loads(printed) == json.loads((tmp_path / "study/import.json").read_text(encoding="utf-8"))


def test_a_refused_file_writes_nothing(put: Put, tmp_path: Path) -> None:
    with pytest.raises(PersuasionError):
        run(put([like.row(rating_final="9")]), "--out", tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_second_import_replaces_the_first_but_no_other_ratings(put: Put, tmp_path: Path) -> None:
    out = tmp_path / "study"
    run(put([like.row()]), "--out", out)
    run(put([like.row(), like.row(worker_id="w2")]), "--out", out)
    assert len(read_ratings(out / "human.csv")) == 2
    (out / "import.json").unlink()
    before = (out / "human.csv").read_bytes()
    with pytest.raises(PersuasionError, match="of another origin"):
        run(put([like.row()]), "--out", out)
    assert (out / "human.csv").read_bytes() == before
