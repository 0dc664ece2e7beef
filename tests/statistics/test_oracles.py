"""Other people's code says the same: `ville` and `online-fdr`, where they do what is done here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.statistics.clusters import cluster_path
from subterfuge.statistics.fdr import e_bh, e_lond, mean_e
from subterfuge.statistics.mixture import Mixture, alarm, clear, crossing
from subterfuge.statistics.pairs import THETAS, paired_path

outcomes = st.lists(st.integers(0, 1), min_size=1, max_size=80)
evidence = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=40)


def uniform(threshold, nodes=64):
    """A uniform prior on the rate as two mixtures, above and below, with the prior's share of each.

    Gauss and Legendre's rule is exact for polynomials of degree 2 · nodes − 1, and the likelihood is one in
    the rate: up to 127 episodes this is the Beta(1, 1) mixture itself and no approximation.
    """
    at, weight = np.polynomial.legendre.leggauss(nodes)
    rates, weights = (at + 1) / 2, weight / 2
    for claim, side in (("above", rates > threshold), ("below", rates < threshold)):
        odds = rates[side] / (1 - rates[side]) * (1 - threshold) / threshold
        part = weights[side].sum()
        yield part, Mixture(claim, threshold, tuple(odds), tuple(weights[side] / part))


@given(outcomes, st.sampled_from([1e-3, 0.1, 0.5]))
def test_a_mixture_over_all_rates_is_the_beta_binomial_of_ville(drawn, threshold):
    ville = pytest.importorskip("ville")
    theirs = ville.BernoulliTest(threshold).fit(drawn).log_e_values_
    ours = np.logaddexp.reduce([np.log(part) + mixture.path(drawn) for part, mixture in uniform(threshold)])
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_a_rate_at_the_edge_of_villes_sequence_is_just_refused_here():
    ville = pytest.importorskip("ville")
    drawn = (np.random.default_rng(0).random(120) < 0.2).astype(int)
    for edge in ville.BernoulliCS(alpha=0.05, intersect=False).fit(drawn).interval():
        parts = [np.log(part) + mixture.log_e(drawn.sum(), 120) for part, mixture in uniform(edge)]
        assert np.logaddexp.reduce(parts) == pytest.approx(np.log(20), abs=1e-4)


def test_the_weights_matter_four_times_fewer_episodes_to_clear_a_clean_model():
    ville = pytest.importorskip("ville")
    sequence = ville.BernoulliCS(alpha=0.05).fit(np.zeros(12_500))
    theirs = int(np.argmax(sequence.upper_ < 1e-3)) + 1
    ours = crossing(clear(1e-3).path(np.zeros(12_500)), 0.05)
    assert theirs == pytest.approx(12_417, abs=2)
    assert ours is not None
    assert theirs / ours > 3.9


@given(outcomes)
def test_an_alarm_is_the_mixture_of_online_fdr(drawn):
    online = pytest.importorskip("online_fdr.e_values")
    mixture = alarm(0.05)

    def ratio(rate):
        return lambda x: np.log(rate / 0.05) if x else np.log((1 - rate) / 0.95)

    theirs = online.MixtureLikelihoodRatioEProcess([ratio(rate) for rate in mixture.rates], mixture.weights)
    assert np.exp(mixture.path(drawn)) == pytest.approx([theirs.update(x) for x in drawn])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_cluster_means_bet_as_online_fdr_bets(means):
    online = pytest.importorskip("online_fdr.e_values")
    mixture = alarm(0.05)
    theirs = np.zeros(len(means))
    for weight, rate in zip(mixture.weights, mixture.rates, strict=True):
        process = online.BettingEProcess((rate - 0.05) / (0.05 * 0.95))
        theirs += weight * np.array([process.update(mean - 0.05) for mean in means])
    ours = cluster_path(means, range(len(means)), 1, mixture)
    assert np.exp(ours) == pytest.approx(theirs)


@given(outcomes)
def test_a_discordant_pair_is_a_step_of_online_fdrs_mixture(drawn):
    online = pytest.importorskip("online_fdr.e_values")

    def ratio(theta):
        return lambda x: np.log(2 * theta) if x else np.log(2 * (1 - theta))

    theirs = online.MixtureLikelihoodRatioEProcess([ratio(theta) for theta in THETAS])
    new = np.array(drawn)
    assert np.exp(paired_path(1 - new, new)) == pytest.approx([theirs.update(x) for x in drawn])


@given(evidence, st.floats(0.01, 0.5))
def test_one_after_the_other_is_the_e_lond_of_online_fdr(e, alpha):
    online = pytest.importorskip("online_fdr.e_values")
    theirs = online.ELond(alpha)
    assert e_lond(np.log(e), alpha).tolist() == [theirs.test_one(value) for value in e]


@given(evidence, st.floats(0.01, 0.5))
def test_all_at_once_is_the_e_bh_of_both(e, alpha):
    online, ville = pytest.importorskip("online_fdr.e_values"), pytest.importorskip("ville.evalues")
    ours = e_bh(np.log(e), alpha).tolist()
    assert ours == online.e_bh(e, alpha)
    assert ours == ville.ebh(e, alpha).tolist()


@given(evidence)
def test_the_mean_is_that_of_both(e):
    online, ville = pytest.importorskip("online_fdr.e_values"), pytest.importorskip("ville.evalues")
    ours = float(np.exp(mean_e(np.log(e))))
    assert ours == pytest.approx(float(ville.combine(e)))
    assert ours == pytest.approx(online.weighted_arithmetic_mean(e, [1 / len(e)] * len(e)))
