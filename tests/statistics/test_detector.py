"""The detector over releases: its definition, its promise about false pages, and the creep that it finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.statistics.detector import anchor_threshold, detect, drift_from_anchor
from subterfuge.statistics.mixture import Mixture, alarm, clear
from subterfuge.statistics.pairs import paired_log_e

THRESHOLD, EPISODES, BASE = 5e-4, 4000, 3e-4
release = st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(release, min_size=1, max_size=8))
def test_is_the_sum_over_every_release_at_which_a_change_may_have_begun(history):
    mixture = alarm(0.05)
    expected, kept = [], []
    for events, n in history:
        if n:
            kept.append((events, n))
        sums = np.zeros(len(mixture.rates))
        for start in range(len(kept)):
            sums += np.exp(sum(mixture.components(k, m) for k, m in kept[start:]))
        expected.append(float(np.dot(mixture.weights, sums)))
    k, n = np.array(history).T
    assert np.exp(detect(k, n, 0.05).statistic) == pytest.approx(expected)


def test_many_hypotheses_are_as_many_runs():
    rng = np.random.default_rng(0)
    n = rng.integers(0, 60, size=(2, 3, 9))
    events = rng.binomial(n, 0.1)
    thresholds = np.array([0.02, 0.05, 0.3])
    found = detect(events, n, thresholds)
    assert found.statistic.shape == (2, 3, 9)
    assert found.first_page.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            alone = detect(events[i, j], n[i, j], float(thresholds[j]))
            assert found.statistic[i, j] == pytest.approx(alone.statistic)
            assert found.first_watch[i, j] == alone.first_watch


def test_a_release_without_episodes_is_no_evidence():
    whole = detect([0, 3, 0, 4], [100, 100, 0, 100], 0.01)
    assert whole.statistic[2] == whole.statistic[1]
    assert whole.statistic[3] == pytest.approx(detect([0, 3, 4], [100] * 3, 0.01).statistic[2])
    empty = detect([0] * 300, [0] * 300, 0.01)
    assert not empty.watches.any(), "it does not page for having waited"
    assert (empty.statistic == -np.inf).all()


def test_tiers_are_two_run_lengths_of_one_statistic():
    found = detect([0, 2, 2, 6, 9], [1000] * 5, 1e-3, page=500, watch=10)
    assert found.pages.tolist() == (found.statistic >= np.log(500)).tolist()
    assert 0 < found.first_watch < found.first_page
    assert found.watches[found.first_watch - 1]
    assert not found.watches[: found.first_watch - 1].any()
    assert detect([0], [10], 0.1).first_page == 0


def test_another_mixture_is_moved_to_each_threshold():
    single = Mixture("above", 0.5, (3.0,), (1.0,))
    found = detect([[4, 9], [4, 9]], 100, [0.02, 0.05], mixture=single)
    for limit, row in zip([0.02, 0.05], found.statistic, strict=True):
        first = np.exp(single.at(limit).log_e(4, 100))
        assert np.exp(row) == pytest.approx([first, (first + 1) * np.exp(single.at(limit).log_e(9, 100))])


def runs(rates, number=1000, seed=5):
    """Events of so many histories with these rates, shape (number, releases)."""
    return np.random.default_rng(seed).binomial(EPISODES, rates, size=(number, len(rates)))


def test_the_mean_run_length_is_at_least_what_is_promised():
    # Cut off at 600 releases the mean is too small, so that what passes here holds for the whole.
    found = detect(runs(np.full(600, THRESHOLD), 400), EPISODES, THRESHOLD)
    lengths = np.where(found.first_page == 0, 600, found.first_page)
    assert lengths.mean() >= found.page
    short = np.where(found.first_watch == 0, 600, found.first_watch)
    assert short.mean() >= found.watch
    higher = detect(runs(np.full(600, 2 * THRESHOLD), 50), EPISODES, THRESHOLD).first_page
    assert 0 < higher.mean() < 20, "above the threshold the promise ends"


def test_false_pages_within_a_year_are_within_the_bound():
    histories = runs(np.full(40, THRESHOLD), 2000)
    alone = (detect(histories, EPISODES, THRESHOLD).first_page > 0).mean()
    assert 0.02 < alone <= 40 / 200
    # What it replaces: each release watched on its own at 0.05, here after every 100 episodes.
    looks = np.random.default_rng(6).binomial(100, THRESHOLD, size=(300, 40, 40)).cumsum(axis=2)
    log_e = alarm(THRESHOLD).log_e(looks, 100 * np.arange(1, 41))
    assert (log_e >= np.log(20)).any(axis=(1, 2)).mean() > 2 * alone
    # Ten behaviours of one family, a run length ten times as long: as a family no worse than one alone.
    family = detect(histories.reshape(200, 10, 40), EPISODES, THRESHOLD, page=2000).first_page
    assert (family > 0).any(axis=1).mean() <= 40 / 200


@pytest.mark.parametrize(("rate", "delay"), [(2e-3, 2), (1e-3, 7)])
def test_finds_a_jump_after_as_many_releases_as_measured(rate, delay):
    calm = 10
    rates = np.r_[np.full(calm, BASE), np.full(30, rate)]
    found = detect(runs(rates), EPISODES, THRESHOLD).first_page
    late = found[found > calm] - calm
    assert late.size > 990
    assert abs(np.median(late) - delay) <= 1


def test_summing_before_averaging_is_faster_than_averaging_before():
    history = runs(np.full(60, 1e-3))
    # The other order: one ratio a release, averaged over the alternatives at once.
    ratios = alarm(THRESHOLD).log_e(history, EPISODES)
    state, first = np.full(1000, -np.inf), np.full(1000, 60)
    for t in range(60):
        state = np.logaddexp(state, 0) + ratios[:, t]
        first = np.where((state >= np.log(200)) & (first == 60), t + 1, first)
    found = detect(history, EPISODES, THRESHOLD).first_page
    assert np.where(found == 0, 60, found).mean() < first.mean() - 0.5


def test_an_anchor_finds_a_creep_that_comparing_with_the_last_release_does_not():
    histories = runs(BASE * 1.15 ** np.arange(1, 21), 300)
    anchor = 80_000
    events = int(np.random.default_rng(2).binomial(anchor, BASE))
    found = drift_from_anchor(events, anchor, histories, EPISODES)
    assert found.threshold == pytest.approx(anchor_threshold(events, anchor))
    assert np.all((found.threshold > BASE) & (found.threshold < 7e-4))
    assert (found.first_page > 0).mean() > 0.98
    last = paired_log_e(histories[:, 1:], histories[:, :-1]) >= np.log(200)
    assert last.any(axis=1).mean() < 0.5, "the creep hides from whoever looks one release back"
    flat = drift_from_anchor(events, anchor, runs(np.full(20, BASE), 300), EPISODES)
    assert (flat.first_page > 0).mean() <= 20 / 200


@pytest.mark.parametrize(("events", "n"), [(0, 100_000), (7, 32_768), (45, 32_768), (3, 5)])
def test_the_anchors_limit_is_the_last_rate_not_refused(events, n):
    limit = anchor_threshold(events, n, 0.1)
    assert events / n < limit < 1
    assert clear(limit * 1.001 if limit < 0.99 else limit).log_e(events, n) >= np.log(20) - 1e-6
    assert clear(limit * 0.999).log_e(events, n) < np.log(20)


def test_the_anchors_limit_is_known_for_a_clean_one():
    # Half the weight is on rate 0, so that nearly 1/2 (1 − r)^(−n) = 2/α; the other parts add a little.
    assert anchor_threshold(0, 100_000, 0.1) == pytest.approx(np.log(40) / 100_000, rel=0.15)
    assert anchor_threshold(0, 100_000, 0.05) > anchor_threshold(0, 100_000, 0.1)
    assert anchor_threshold(5, 5) == 1
    assert anchor_threshold(1000, 1001) <= 1


def test_the_anchors_limit_holds_at_any_stop():
    # Stopped wherever its limit is lowest, the worst that a stopping rule can do, over 20,000 episodes.
    at = np.arange(100, 20_001, 100)
    events = np.cumsum(np.random.default_rng(4).binomial(100, 1e-3, size=(2000, at.size)), axis=1)
    ever = (clear(1e-3).log_e(events, at) >= np.log(2 / 0.1)).any(axis=1)
    assert 0.01 < ever.mean() <= 0.05
    missed = events[ever][0]
    look = int(np.argmax(clear(1e-3).log_e(missed, at)))
    assert anchor_threshold(int(missed[look]), int(at[look]), 0.1) < 1e-3, "it is the limit that these miss"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"events": 5, "n": 10}, "last axis"),
        ({"events": [11]}, r"0\.\.n"),
        ({"threshold": 1.0}, "threshold"),
        ({"page": 10}, "run lengths"),
        ({"watch": 1}, "run lengths"),
        ({"mixture": clear(0.1)}, "above"),
    ],
)
def test_refuses_what_is_no_history(change, reason):
    with pytest.raises(ValueError, match=reason):
        detect(**{"events": [1], "n": [10], "threshold": 0.1} | change)


@pytest.mark.parametrize(("events", "n", "alpha"), [(0, 0, 0.05), (3, 2, 0.05), (0, 5, 0)])
def test_refuses_what_is_no_anchor(events, n, alpha):
    with pytest.raises(ValueError, match=r"needs episodes|0\.\.n|error rate"):
        anchor_threshold(events, n, alpha)
