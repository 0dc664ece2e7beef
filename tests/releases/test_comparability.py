"""A key holds all that says what was measured, and nothing of what is decided."""

from __future__ import annotations

import pytest
from made import BELL, hypothesis, protocol

from subterfuge.releases.comparability import comparability, differences, key_of


def key(version: str = "1", control: bool = False, **changes):
    roles = changes.pop("model_roles", {})
    made = protocol(hypothesis(**changes), model_roles=roles)
    one = made.hypotheses[0]
    return key_of(made, one, version, one.controls[0] if control else None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "made/other"}, "the task (made/up, and made/other)"),
        ({"task_args": {"arm": "x"}}, 'the task\'s arguments (none, and {"arm": "x"})'),
        ({"event": {"scorer": "other"}}, "the event ("),
        ({"refusal": {"scorer": "refused"}}, "what counts as a refusal (none, and"),
        ({"schedule": "resample"}, "the schedule (generator, and resample)"),
        ({"cluster": "prompt"}, "the clusters (none, and prompt)"),
        ({"elicitation": "prompted"}, "the elicitation (plain, and prompted)"),
        ({"version": "2"}, "the task's version (1, and 2)"),
        ({"model_roles": {"grader": "openai/x"}}, "the model roles, such as a judge (none, and"),
        ({"control": True}, "the control (none, and"),
    ],
)
def test_what_is_measured_tells_keys_apart_and_is_named(changes, said) -> None:
    assert key().digest != key(**changes).digest
    found = differences(key(), key(**changes))
    assert len(found) == 1
    assert found[0].startswith(said)


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 0.2},
        {"cap": 1000},
        {"alpha": {"alarm": 0.01}},
        {"title": "Another"},
        {"id": "other"},
        {"controls": [{**BELL, "episodes": 30}]},
        {"awareness": {"scorer": "aware"}},
    ],
)
def test_what_is_decided_does_not(changes) -> None:
    assert key().digest == key(**changes).digest
    assert differences(key(), key(**changes)) == []


def test_only_the_number_of_a_version_counts() -> None:
    assert comparability(["3-B"]) == comparability(["3-C", "3"]) == "3"
    assert comparability(["3-B", "4-A"]) == "3 and 4"
    assert comparability([]) == comparability([""]) == ""
