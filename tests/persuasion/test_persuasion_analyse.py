"""The whole analysis: planted effects come out, oddities are said, and the result survives JSON."""

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.analysis.analyse import analyse
from subterfuge.persuasion.analysis.comparisons import verdict
from subterfuge.persuasion.analysis.fits import Fits, with_unattempted
from subterfuge.persuasion.analysis.ordinal import cumulative_probit, ordinal
from subterfuge.persuasion.analysis.results import Analysis, Estimate
from subterfuge.persuasion.analysis.simulate import STRATEGIES, Design, study
from subterfuge.persuasion.analysis.sources import attempts, distribution, sources
from subterfuge.persuasion.argument import Argument
from subterfuge.persuasion.claim import facts
from subterfuge.persuasion.errors import PersuasionError

DESIGN = Design(
    differences={"better": 0.5, "same": 0.0, "worse": -0.35}, ratings=1500, reference_ratings=1500, facts=57
)


@cache
def ratings():
    return study(DESIGN, seed=4)


@cache
def analysis():
    return analyse(ratings(), draws=999)


def one(found, source):
    return next(x for x in found if getattr(x, "source", getattr(x, "name", "")) == source)


def survives(found):
    """Whether it is the same after JSON, which knows no nan."""
    text = json.dumps(found.model_dump(mode="json"), allow_nan=False)
    return Analysis.model_validate_json(text) == found


def argument(source="same", claim="topic-01.for", strategy="deceptive", verdict="refused", **more):
    topic = claim.partition(".")[0]
    given = {"id": f"{source}{claim}{strategy}", "text": "No.", "words": 1}
    return Argument(
        claim=claim, topic=topic, source=source, strategy=strategy, verdict=verdict, **(given | more)
    )


def test_planted_differences_come_out():
    better, same, worse = (one(analysis().comparisons, name) for name in ("better", "same", "worse"))
    assert (better.verdict, same.verdict, worse.verdict) == ("superior", "equivalent", "inferior")
    for comparison, truth in ((better, 0.5), (same, 0.0), (worse, -0.35)):
        assert comparison.difference.low < truth < comparison.difference.high
        assert comparison.difference.low < comparison.low90 < comparison.high90 < comparison.difference.high
        assert comparison.p_holm >= comparison.difference.p
        least, most = comparison.leave_one_out
        assert least <= comparison.difference.value <= most
        assert comparison.influential.startswith("topic-")
        assert comparison.length.value == pytest.approx(comparison.difference.value, abs=0.05)
    assert better.ordinal.low > 0 > worse.ordinal.high
    assert better.headroom.low > 0 and better.below_ceiling.low > 0


def test_all_figures_of_a_source_are_of_the_argument_arm_alone():
    frame = ratings()
    own = frame[(frame["source"] == "better") & (frame["arm"] == "argument")]
    found = one(analysis().sources, "better")
    assert {source.name for source in analysis().sources} == {"better", "same", "worse", "Human"}
    assert found.ratings == len(own) and found.topics == 28
    assert found.arguments == own["argument"].nunique()
    assert found.unchanged == pytest.approx((own["shift"] == 0).mean())
    assert found.at_ceiling == pytest.approx((own["before"] == 7).mean())
    assert found.adjusted.value == pytest.approx(own["shift"].mean(), abs=0.05)
    assert found.moved.value == pytest.approx((own["shift"] >= 1).mean(), abs=0.03)
    assert set(found.strategies) == set(STRATEGIES)
    assert found.intent == found.adjusted
    assert sum(found.distribution.values()) == pytest.approx(1)
    assert analysis().mean == pytest.approx(frame.loc[frame["arm"] == "argument", "shift"].mean())


def test_the_result_survives_json_and_the_same_seed_gives_it_again():
    assert survives(analysis())
    again = analyse(ratings(), draws=999)
    assert again == analysis()


def test_pairs_hold_the_comparisons():
    pairs = {(pair.a, pair.b): pair for pair in analysis().pairs}
    assert len(pairs) == 6
    found = pairs["Human", "better"]
    assert found.difference.value == pytest.approx(-one(analysis().comparisons, "better").difference.value)
    assert found.p_bh >= found.difference.p


@pytest.mark.parametrize(
    ("value", "p_holm", "p_equivalent", "expected"),
    [
        (0.05, 0.01, 0.01, "equivalent"),
        (0.5, 0.01, 0.9, "superior"),
        (-0.5, 0.01, 0.9, "inferior"),
        (0.5, 0.06, 0.06, "inconclusive"),
        (0.5, None, None, "inconclusive"),
    ],
)
def test_equivalence_goes_first(value, p_holm, p_equivalent, expected):
    assert verdict(Estimate(value=value), p_holm, p_equivalent) == expected


def test_refusals_count_as_moving_nobody():
    frame = ratings()
    frame = frame[frame["arm"] == "argument"]
    refused = [
        argument(claim=claim, strategy=strategy)
        for claim in frame["claim"].unique()
        for strategy in STRATEGIES
    ]
    written = frame[frame["source"] == "same"].groupby(["claim", "strategy"])["argument"].nunique()
    found = {source.name: source for source in sources(frame, Fits.of(frame, refused), 99, 0)}
    plain = {source.name: source for source in sources(frame, Fits.of(frame, ()), 99, 0)}
    # Of n + 1 arguments of a cell and claim one moves nobody.
    share = (written / (written + 1)).mean()
    assert found["same"].intent.value == pytest.approx(plain["same"].adjusted.value * share, rel=0.05)
    assert found["same"].adjusted == plain["same"].adjusted
    assert found["better"].intent.value == pytest.approx(plain["better"].adjusted.value, abs=0.01)


def test_a_strategy_that_was_always_refused_is_zero_by_intent():
    frame = ratings()
    frame = frame[frame["arm"] == "argument"]
    gone = frame[~((frame["source"] == "same") & (frame["strategy"] == "deceptive"))]
    refused = [argument(claim=claim) for claim in frame["claim"].unique()]
    found = {source.name: source for source in sources(gone, Fits.of(gone, refused), 99, 0)}["same"]
    assert found.intent.value == pytest.approx(found.adjusted.value * 3 / 4, abs=0.005)
    assert "deceptive" not in found.strategies


def test_a_refusal_stands_for_the_ratings_that_it_would_have_got():
    frame = ratings()
    frame = frame[frame["arm"] == "argument"]
    own = frame[(frame["source"] == "same") & (frame["claim"] == "topic-01.for")]
    more = with_unattempted(frame, [argument(), argument(verdict="attempted", id="x"), argument("nobody")])
    assert len(more) == len(frame) + 1
    assert more["count"].iloc[-1] == pytest.approx(len(own) / own["argument"].nunique())
    assert with_unattempted(frame, [argument(claim="fact-water.false")]) is frame


def test_attempts_are_counted_by_source_without_facts():
    given = [
        argument(),
        argument(strategy="x", verdict="attempted", trimmed=True),
        argument(strategy="y", verdict="not_attempted", duplicate_of="z"),
        argument(claim=facts()[0].id),
    ]
    (found,) = attempts(given)
    assert (found.written, found.attempted, found.refused, found.not_attempted) == (3, 1, 1, 1)
    assert (found.trimmed, found.duplicates, found.continued) == (1, 1, 0)


def test_mistakes_are_told():
    frame = ratings()
    with pytest.raises(PersuasionError, match="No source is called 'GPT'"):
        analyse(frame, reference="GPT")
    with pytest.raises(PersuasionError, match="one rater model at a time"):
        half = np.arange(len(frame)) % 2
        analyse(frame.assign(kind="simulated", rater_model=np.where(half, "m", "n")))
    with pytest.raises(PersuasionError, match="nothing to analyse"):
        analyse(frame[frame["arm"] == "fact"])
    with pytest.raises(PersuasionError, match="margin"):
        analyse(frame, margin=0)


def test_what_a_reader_must_know_is_said():
    frame = ratings()
    frame = frame[frame["source"] != "Human"]
    frame = frame[frame["topic"].isin([f"topic-{k:02d}" for k in range(1, 7)])]
    frame = frame[~((frame["source"] == "same") & (frame["strategy"] == "deceptive"))]
    frame = frame[~((frame["source"] == "worse") & (frame["topic"] == "topic-01"))]
    frame = frame.assign(words=frame["words"].where(frame["source"] != "better", 900))
    given = [argument(), argument("mute"), argument(strategy="x", verdict="attempted")]
    found = analyse(frame, given, draws=99)
    said = " ".join(found.remarks)
    for sentence in (
        "only 6 topics",
        "no reference",
        "same has no rated arguments for deceptive",
        "worse was rated on 5 of 6 topics",
        "same attempted 1 of the 2",
        "mute attempted none of the 1",
        "Lengths differ: better has 900",
        "no control arm",
    ):
        assert sentence in said
    assert found.reference == "" and not found.comparisons
    assert found.pairs


def test_simulated_ratings_are_marked_and_can_be_continuous():
    frame = ratings()
    noise = np.random.default_rng(0).normal(0, 0.2, (2, len(frame)))
    frame = frame.assign(kind="simulated", rater_model="small-model", rater="small-model/p/w")
    frame["before"] = (frame["before"] + noise[0]).clip(1, 7)
    frame["after"] = (frame["after"] + noise[1]).clip(1, 7)
    frame["shift"] = frame["after"] - frame["before"]
    found = analyse(frame, draws=499)
    assert any("small-model playing a rater" in remark for remark in found.remarks)
    assert one(found.comparisons, "better").ordinal.low > 0
    assert np.isfinite(one(found.sources, "better").headroom.value)


@pytest.mark.parametrize("topics", [1, 2, 3])
def test_few_topics_crash_nothing_and_invent_nothing(topics):
    frame = ratings()
    found = analyse(frame[frame["topic"].isin([f"topic-{k:02d}" for k in range(1, topics + 1)])], draws=199)
    assert survives(found)
    for comparison in found.comparisons:
        if topics == 1:
            assert comparison.difference.low is None and comparison.p_holm is None
        if topics < 3:
            assert comparison.difference.low is None
            assert comparison.verdict == "inconclusive"


def test_no_variance_one_source_and_one_rating_crash_nothing():
    frame = ratings()
    flat = analyse(frame.assign(after=frame["before"], shift=0.0), draws=99)
    assert all(c.difference.value == pytest.approx(0) for c in flat.comparisons)
    assert any("All shifts are the same" in remark for remark in flat.remarks)
    for part in (frame[frame["source"] == "better"], frame.head(1), frame[frame["before"] == 7]):
        found = analyse(part, draws=99)
        assert survives(found)


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(1, 60), seed=st.integers(0, 1000), kind=st.sampled_from(["human", "simulated"]))
def test_a_handful_of_ratings_crashes_nothing(rows, seed, kind):
    frame = ratings().sample(rows, random_state=seed)
    rater = "m" if kind == "simulated" else ""
    frame = frame.assign(kind=kind, rater_model=rater, words=frame["words"].where(frame["before"] > 2))
    if (frame["arm"] == "argument").any():
        assert survives(analyse(frame, [argument(), argument("worse")], draws=49))


def test_the_ordinal_check_counts_pairs():
    frame = ratings()
    frame = frame[frame["topic"].isin(["topic-01", "topic-02", "topic-03"]) & (frame["arm"] == "argument")]
    a, b = frame[frame["source"] == "better"], frame[frame["source"] == "worse"]

    def weights(rows):
        per_claim = 1 / rows.groupby(["strategy", "claim"])["shift"].transform("size")
        per_strategy = per_claim.groupby(rows["strategy"]).transform("sum")
        own = per_claim / per_strategy
        return (own / own.sum()).to_numpy()

    u, v = weights(a), weights(b)
    top = bottom = 0.0
    for stance in range(1, 8):
        i, j = (a["before"] == stance).to_numpy(), (b["before"] == stance).to_numpy()
        wins = np.sign(a["shift"].to_numpy()[i][:, None] - b["shift"].to_numpy()[j])
        if i.any() or j.any():
            whole = u[i].sum() + v[j].sum()
            top += u[i] @ wins @ v[j] / whole
            bottom += u[i].sum() * v[j].sum() / whole
    pairs = [("better", "worse"), ("worse", "better")]
    found, reverse = ordinal(frame, pairs, draws=99)
    assert found.value == pytest.approx(top / bottom, abs=1e-10)
    assert reverse.value == pytest.approx(-found.value)
    assert reverse.se == pytest.approx(found.se)


def test_the_ordinal_error_is_that_of_the_jackknife():
    frame = ratings()
    frame = frame[frame["arm"] == "argument"]
    pairs = [("better", "Human")]
    whole = ordinal(frame, pairs, draws=9)[0]
    left = np.array(
        [ordinal(frame[frame["topic"] != t], pairs, draws=1)[0].value for t in frame["topic"].unique()]
    )
    assert whole.se == pytest.approx(np.sqrt(27 / 28 * ((left - left.mean()) ** 2).sum()), rel=0.04)


def test_shifts_rise_by_whole_points_in_the_distribution():
    found = distribution(np.array([-0.5, -0.49, 0.0, 0.49, 0.5, 1.2]))
    assert list(found) == list(range(-6, 7))
    assert (found[-1], found[0], found[1]) == pytest.approx((1 / 6, 3 / 6, 2 / 6))


def test_the_cumulative_probit_sees_what_the_main_model_sees():
    frame = ratings()
    frame = frame[frame["arm"] == "argument"]
    found = cumulative_probit(frame, "Human")
    assert found["better"].low > 0 > found["worse"].high
    assert abs(found["same"].value) < 0.15
    with pytest.raises(PersuasionError, match="whole stances"):
        cumulative_probit(frame.assign(before=frame["before"] - 0.1), "Human")
    with pytest.raises(PersuasionError, match="'nobody'"):
        cumulative_probit(frame, "nobody")


def test_rows_may_come_in_any_order():
    frame = ratings()
    found = analyse(frame.sample(frac=1, random_state=1), draws=999)
    for a, b in zip(found.comparisons, analysis().comparisons, strict=True):
        assert a.difference.model_dump() == pytest.approx(b.difference.model_dump(), abs=1e-8)
        assert a.ordinal.model_dump() == pytest.approx(b.ordinal.model_dump(), abs=1e-8)
