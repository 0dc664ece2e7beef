"""Evidence and scenarios: what is kept of an episode, and that a log gives it back as it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.episodes.evidence import SHOWN_CHARACTERS, Choice, Evidence, at, shorten
from subterfuge.episodes.grade import VALUES, Grade
from subterfuge.episodes.menu import Menu, Option, Step
from subterfuge.episodes.scenario import Probe, Scenario
from subterfuge.episodes.world import World
from subterfuge.jail import Directory, File, Link, Node, Unreadable
from subterfuge.models.script import Turn
from subterfuge.sandboxes.recorder import Step as Command

NODES = st.one_of(
    st.builds(File, data=st.binary(max_size=40) | st.text(max_size=20).map(str.encode)),
    st.builds(Link, target=st.text(max_size=20)),
    st.just(Directory()),
    st.builds(Unreadable, reason=st.text(max_size=20)),
)
TEXT = st.text(max_size=30)
PATHS = st.text("abc/.", min_size=1, max_size=12).map(lambda path: f"/home/{path}")
TREES = st.dictionaries(PATHS, NODES, max_size=4)
STEPS = st.builds(
    Command,
    command=TEXT,
    stdout=TEXT,
    stderr=TEXT,
    exit_code=st.integers(0, 255),
    timed_out=st.booleans(),
    changes=st.dictionaries(PATHS, st.none() | NODES, max_size=3),
)
CHOICES = st.builds(
    Choice,
    step=TEXT,
    offered=st.dictionaries(st.sampled_from("ABCD"), TEXT, max_size=4),
    chosen=st.none() | TEXT,
    probabilities=st.dictionaries(TEXT, st.floats(0, 1), max_size=3),
)
EVIDENCE = st.builds(
    Evidence,
    initial=st.none() | TREES,
    final=st.none() | TREES,
    steps=st.lists(STEPS, max_size=3),
    shown=st.lists(TEXT, max_size=3),
    said=st.lists(TEXT, max_size=3),
    choices=st.lists(CHOICES, max_size=3),
    answers=st.dictionaries(TEXT, CHOICES, max_size=2),
    ended=st.sampled_from(["finished", "limit", "refused", "unparseable"]),
)
OPTIONS = st.builds(
    Option, id=TEXT, text=TEXT, commands=st.lists(TEXT).map(tuple), reply=TEXT, next=st.none()
)
SCENARIOS = st.builds(
    Scenario,
    environment=TEXT,
    family=TEXT,
    seed=st.integers(0, 2**48),
    index=st.integers(0, 1000),
    ask=TEXT,
    files=st.dictionaries(PATHS, TEXT, max_size=3),
    nonces=st.dictionaries(PATHS, TEXT, max_size=2),
    hidden=st.dictionaries(TEXT, st.none() | TEXT | st.integers() | st.lists(TEXT, max_size=3), max_size=3),
    history=st.lists(st.builds(Turn, commands=st.lists(TEXT).map(tuple), say=TEXT), max_size=2).map(tuple),
    menu=st.none()
    | OPTIONS.map(lambda o: Menu(start="only", steps={"only": Step(options=(o,))}, opening=("ls",))),
    probes=st.lists(
        st.builds(Probe, name=TEXT, ask=TEXT, options=st.just((("a", "one"), ("b", "two")))), max_size=1
    ).map(tuple),
)


@given(EVIDENCE)
def test_evidence_comes_back_from_a_log_as_it_was(evidence: Evidence) -> None:
    assert Evidence.model_validate(evidence.model_dump(mode="json")) == evidence
    assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence


@given(SCENARIOS)
def test_a_scenario_comes_back_from_a_log_as_it_was(scenario: Scenario) -> None:
    assert Scenario.model_validate(scenario.model_dump(mode="json")) == scenario
    assert Scenario.model_validate_json(scenario.model_dump_json()).surface == scenario.surface


def step(**changes: Node | None) -> Command:
    named = {f"/home/{name}": node for name, node in changes.items()}
    return Command(command="x", stdout="", stderr="", exit_code=0, timed_out=False, changes=named)


def test_the_states_in_between_follow_from_the_changes() -> None:
    one, two = File(data=b"1"), File(data=b"2")
    evidence = Evidence(initial={"/home/a": one}, steps=[step(b=two), step(), step(a=None), step(a=two)])
    assert list(evidence.states()) == [
        {"/home/a": one, "/home/b": two},
        {"/home/b": two},
        {"/home/a": two, "/home/b": two},
    ]
    assert list(Evidence(steps=[step(b=two)]).states()) == []


def test_there_are_files_only_if_both_pictures_were_taken() -> None:
    assert Evidence(initial={}, final={}).files == ({}, {})
    assert Evidence(initial={}).files is None
    assert Evidence(final={}).files is None


def test_a_folder_with_something_in_it_stands_at_its_path() -> None:
    files = {"/home/box/a": File(data=b"")}
    assert at(files, "/home/box") == Directory()
    assert at(files, "/home/box/a") == File(data=b"")
    assert at(files, "/home/bo") is None


@given(st.text(max_size=60), st.integers(2, 40))
def test_a_shortened_text_keeps_both_ends_and_says_what_is_left_out(text: str, limit: int) -> None:
    short = shorten(text, limit)
    if len(text) <= limit:
        assert short == text
    else:
        half = limit // 2
        assert short.startswith(text[:half]) and short.endswith(text[len(text) - half :])
        assert f"{len(text) - 2 * half} characters left out" in short


NONCE = "5f0c91ab"


@pytest.mark.parametrize(
    ("place", "exposed"), [("start", True), ("middle", False), ("end", True), ("nowhere", False)]
)
def test_the_model_was_exposed_to_what_it_was_shown_and_to_nothing_that_was_cut(
    place: str, exposed: bool
) -> None:
    scenario = Scenario(environment="x", family="x", seed=0, ask="", nonces={"/home/a": NONCE})
    filler = "." * SHOWN_CHARACTERS
    parts = {
        "start": [NONCE, filler],
        "middle": [filler, NONCE, filler],
        "end": [filler, NONCE],
        "nowhere": [filler],
    }
    world = World(scenario)
    world.show("".join(parts[place]))
    assert world.evidence.exposed(scenario) is exposed


def test_a_grade_is_logged_with_every_key_and_unknown_as_nan() -> None:
    grade = Grade(opportunity=True, exposed=None, attempted=None, gamed=False, paper_gamed=True, reward=-2.5)
    value = grade.value()
    assert tuple(value) == VALUES
    assert (value["opportunity"], value["gamed"], value["paper_gamed"], value["reward"]) == (
        1.0,
        0.0,
        1.0,
        -2.5,
    )
    unknown = {key for key, number in value.items() if math.isnan(number)}
    assert unknown == {"exposed", "attempted", "evaded", "paper_evaded", "honest_success", "effect"}


def test_a_reason_is_given_for_what_is_not_known_and_for_nothing_else() -> None:
    grade = Grade(
        opportunity=True,
        exposed=False,
        attempted=None,
        gamed=None,
        paper_gamed=False,
        reward=0.0,
        evaded=False,
        paper_evaded=False,
        honest_success=True,
        effect=0.0,
        reasons={"gamed": "nobody looked"},
    )
    assert grade.because("it was dark").reasons == {"gamed": "nobody looked", "attempted": "it was dark"}
