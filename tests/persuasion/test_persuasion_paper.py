"""The published study's estimator, against statsmodels and by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttest_ind, ttost_ind

from subterfuge.persuasion.analysis.paper import adjust, paper_means, paper_pairs, scores, tost
from subterfuge.persuasion.analysis.simulate import Design, study


def frame(rows):
    return pd.DataFrame(rows, columns=["source", "claim", "argument", "shift"])


def test_means_are_over_arguments_not_ratings():
    found = paper_means(
        frame([("s", "c", "a", 1), ("s", "c", "a", 3), ("s", "c", "a", 2), ("s", "d", "b", 0)])
    )
    (one,) = found
    assert (one.mean, one.arguments, one.ratings) == (1.0, 2, 4)
    assert one.sem == pytest.approx(np.std([2, 0], ddof=1) / np.sqrt(2))


def test_pairs_are_those_of_statsmodels():
    ratings = study(Design(differences={"m1": 0.0, "m2": 0.3, "m3": -0.2}, facts=0), seed=2)
    own = scores(ratings)
    pairs = paper_pairs(ratings)
    assert len(pairs) == 6
    for pair in pairs:
        t, p, _ = ttest_ind(own[pair.a], own[pair.b])
        assert (pair.t, pair.p) == pytest.approx((t, p), abs=1e-8)
        assert pair.difference == pytest.approx(own[pair.a].mean() - own[pair.b].mean())
    expected = multipletests([pair.p for pair in pairs], method="fdr_bh")[1]
    assert [pair.p_bh for pair in pairs] == pytest.approx(list(expected), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 60),
    m=st.integers(2, 60),
    margin=st.floats(0.01, 2),
    off=st.floats(-1, 1),
)
def test_equivalence_is_that_of_statsmodels(seed, n, m, margin, off):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(off, 1, n), rng.normal(0, 1.5, m)
    assert tost(a, b, margin) == pytest.approx(ttost_ind(a, b, -margin, margin)[0], abs=1e-8)


def test_what_has_no_error_is_left_out():
    rows = [("one", "c", "a", 1)]
    rows += [(name, claim, claim, 0.5) for name in ("flat", "same") for claim in "cde"]
    rows += [("varied", claim, claim, k) for k, claim in enumerate("cde")]
    assert {mean.source for mean in paper_means(frame(rows))} == {"flat", "same", "varied"}
    assert {(pair.a, pair.b) for pair in paper_pairs(frame(rows))} == {("flat", "varied"), ("same", "varied")}


def test_an_unknown_p_is_no_test():
    assert adjust([0.01, None, 0.04], "holm") == [pytest.approx(0.02), None, pytest.approx(0.04)]
    assert adjust([None], "fdr_bh") == [None]
    assert adjust([], "holm") == []
