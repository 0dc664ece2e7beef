"""Repeated prompts: a bet on single episodes breaks when they resemble each other, one on means does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.statistics.clusters import cluster_means, cluster_path
from subterfuge.statistics.mixture import alarm, clear

RATE, REPEATS, PROMPTS, RUNS = 1e-3, 32, 1024, 400
LIMIT = np.log(20)
schedule = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), max_size=40)


@given(schedule)
def test_means_are_those_of_a_count_by_hand(drawn):
    sizes = {i: 1 + 3 * i for i in range(6)}
    seen: dict[int, list[int]] = {i: [] for i in sizes}
    kept, means, at = [], [], []
    for cluster, outcome in drawn:
        if len(seen[cluster]) == sizes[cluster]:
            continue
        kept.append((cluster, outcome))
        seen[cluster].append(outcome)
        if len(seen[cluster]) == sizes[cluster]:
            means.append(sum(seen[cluster]) / sizes[cluster])
            at.append(len(kept))
    found, positions = cluster_means([o for _, o in kept], [c for c, _ in kept], sizes)
    assert found.tolist() == means
    assert positions.tolist() == at


@given(st.lists(st.integers(0, 1), min_size=1, max_size=50))
def test_clusters_of_one_are_plain_episodes(outcomes):
    names = [f"prompt-{i}" for i in range(len(outcomes))]
    assert cluster_path(outcomes, names, 1, alarm(0.01)) == pytest.approx(alarm(0.01).path(outcomes))


def test_evidence_moves_only_where_a_cluster_is_complete():
    outcomes, clusters = [1, 0, 1, 1, 0, 0, 1], list("abaabbb")
    path = cluster_path(outcomes, clusters, {"a": 3, "b": 4}, alarm(0.1))
    first, second = alarm(0.1).path([1.0, 0.25])
    assert path == pytest.approx([0, 0, 0, first, first, first, second])
    whole = cluster_path(outcomes, clusters, {"a": 3, "b": 5}, alarm(0.1))
    assert whole == pytest.approx([0, 0, 0, first, first, first, first]), "b lacks one: it does not count"


def test_the_order_within_a_cluster_does_not_matter():
    clusters = np.repeat(np.arange(20), 8)
    outcomes = (np.random.default_rng(1).random(160) < 0.2).reshape(20, 8)
    path = cluster_path(outcomes.ravel(), clusters, 8, clear(0.5))
    turned = cluster_path(outcomes[:, ::-1].ravel(), clusters, 8, clear(0.5))
    assert np.array_equal(path, turned)


def false_alarms(correlation):
    """Share of runs at exactly the threshold that ever alarm: (single episodes, prompt means).

    Episodes are run prompt by prompt; the first is looked at only at the end of each prompt, which can but
    miss alarms.
    """
    rng = np.random.default_rng(20)
    scale = np.inf if correlation == 0 else 1 / correlation - 1
    rates = (
        np.full((RUNS, PROMPTS), RATE)
        if correlation == 0
        else rng.beta(RATE * scale, (1 - RATE) * scale, size=(RUNS, PROMPTS))
    )
    events = rng.binomial(REPEATS, rates)
    n = REPEATS * np.arange(1, PROMPTS + 1)
    naive = alarm(RATE).log_e(np.cumsum(events, axis=1), n).max(axis=1) >= LIMIT
    robust = np.array([alarm(RATE).path(run / REPEATS).max() >= LIMIT for run in events])
    return naive.mean(), robust.mean()


@pytest.mark.parametrize("correlation", [0.05, 0.3])
def test_single_episodes_break_under_correlation_and_means_hold(correlation):
    naive, robust = false_alarms(correlation)
    assert naive > 0.1, "the simulation has a fault to find"
    assert robust <= 0.05


def test_without_correlation_both_hold():
    assert max(false_alarms(0)) <= 0.05


def test_means_still_find_a_bad_model():
    rng = np.random.default_rng(3)
    prompts = np.repeat(np.arange(400), REPEATS)
    scale = 1 / 0.05 - 1
    rates = np.repeat(rng.beta(0.01 * scale, 0.99 * scale, size=400), REPEATS)
    path = cluster_path(rng.random(prompts.size) < rates, prompts, REPEATS, alarm(RATE))
    assert path.max() >= LIMIT
    assert cluster_path(np.zeros(prompts.size), prompts, REPEATS, alarm(RATE)).max() <= 0


@pytest.mark.parametrize(
    ("outcomes", "clusters", "sizes", "reason"),
    [
        ([0, 1], [0], 2, "do not match"),
        ([0, 1.5], [0, 0], 2, r"\[0, 1\]"),
        ([0, np.nan], [0, 0], 2, r"\[0, 1\]"),
        ([0, 1, 0], [0, 0, 0], 2, "more outcomes than planned"),
        ([0, 1], [0, 1], {0: 1, 1: 0}, "at least one"),
    ],
)
def test_refuses_what_was_not_planned(outcomes, clusters, sizes, reason):
    with pytest.raises(ValueError, match=reason):
        cluster_means(outcomes, clusters, sizes)


def test_a_cluster_needs_a_planned_size():
    with pytest.raises(KeyError):
        cluster_means([0, 1], ["a", "b"], {"a": 1})
