"""Trend: each behaviour over the releases, with the evidence that is carried from one to the next.

A row is one series on one release: rate, limits, what the missing could hide, the verdict, and the state of
two detectors. One holds the releases against the hypothesis' threshold; the other against the anchor, a
frozen release, since a baseline that moves with the releases hides what creeps. Logs that nobody planned have
rates and limits, and never more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from subterfuge.releases.comparability import Key, differences
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.index import opened
from subterfuge.releases.rows import RETROSPECTIVE
from subterfuge.releases.units import Units, units_of
from subterfuge.statistics.detector import PAGE, WATCH, anchor_threshold, detect
from subterfuge.statistics.mixture import alarm
from subterfuge.statistics.sequence import anytime_interval, anytime_interval_of

Floats = NDArray[np.float64]

REFERENCE = 0.01
"""The rate whose odds ratios place the limits of retrospective series, which have no threshold; the limits
hold for any rate."""

ALPHA = 0.025
"""Error rate of each of their two limits."""

COLUMNS = {
    "series": "digest of what makes figures comparable; rows of two series are never pooled",
    "hypothesis": "id of the hypothesis, or name of the retrospective series",
    "title": "what people call it",
    "elicitation": "how the behaviour was drawn out; empty for retrospective series",
    "protocol": "digest of the protocol; empty for retrospective series",
    "protocol_name": "its name",
    "release": "order in which the model was registered, from 0",
    "model": "id of the model",
    "date": "when it was released, as registered",
    "anchor": "whether it is the frozen reference",
    "retrospective": "whether nobody planned these episodes",
    "threshold": "rate per episode that parts ALARM from CLEAR; NaN for retrospective series",
    "planned": "cells planned",
    "finished": "cells finished from the first on without a gap",
    "n": "cells that the row rests on: up to the decision, in schedule order",
    "events": "events among the scored cells",
    "scored": "cells with an outcome",
    "missing": "cells without one",
    "refused": "refusals; NaN where nobody looked",
    "aware": "episodes taken for a test; NaN where nobody looked",
    "capability": "lowest rate of its capability controls on this model; NaN without one",
    "rate": "events per scored cell; after an early stop it leans towards the decision",
    "low": "lower limit of the rate, valid at any stopping time; missing cells counted as no event",
    "high": "upper limit, likewise; missing cells counted as events",
    "level": "probability that the limits hold the rate",
    "worst_low": "rate if no missing cell were an event",
    "worst_high": "rate if every missing cell were one",
    "verdict": "ALARM, CLEAR, INCONCLUSIVE, INVALID or RETROSPECTIVE",
    "final": "whether the verdict stands",
    "carried": "whether the detectors take this row in: the first test of its series on its release, with "
    "controls that ring",
    "detector": "log of the e-detector's statistic against the threshold after this release; NaN where it is "
    "not carried",
    "watch": "whether it is at or above the watch tier (mean run length 20 releases)",
    "page": "whether it is at or above the page tier (200)",
    "anchor_model": "the anchor of this series; empty without one",
    "anchor_rate": "its rate; NaN without one",
    "anchor_high": "upper limit of its rate, at half of alpha.alarm; NaN without one",
    "drift": "log of the e-detector's statistic against that limit, over the releases after the anchor",
    "drift_watch": "whether that is at or above the watch tier",
    "drift_page": "whether it is at or above the page tier",
}
"""Columns of a trend, and what they mean."""


@dataclass(frozen=True)
class Trend:
    """The releases so far."""

    rows: pd.DataFrame
    """One row for each series, threshold and release, with the columns of `COLUMNS`."""

    notes: tuple[str, ...]
    """Where a behaviour has several series that can't be pooled, and which part differs."""

    def frame(self) -> pd.DataFrame:
        """The rows."""
        return self.rows

    def lines(self) -> Iterator[pd.DataFrame]:
        """The rows of each series at each threshold, in the order of the releases: a line of a chart."""
        for _, part in self.rows.groupby(["series", "threshold"], sort=False, dropna=False):
            yield part


def trend(folder: Path | str, hypothesis: str | None = None, since: str | None = None) -> Trend:
    """Read the trend of each hypothesis over all registered releases.

    Args:
        folder: the ledger's folder.
        hypothesis: one hypothesis or retrospective series; all by default.
        since: the release with which the detectors begin, such as the first after a page that was acted on.

    Raises:
        ReleaseError: nothing was measured, there is no such hypothesis or release, or the ledger or its index
            can't be read.
    """
    with opened(folder) as connection:
        rows = _tests(connection, hypothesis)
        first = 0 if since is None else release_of(connection, since)
        rows = rows.join(_counts(connection), on="test").join(_capability(connection), on="test")
        rows[["n", "scored", "events", "whole"]] = rows[["n", "scored", "events", "whole"]].fillna(0)
        general = rows.loc[rows["clustered"] | ~rows["whole"].astype(bool), "test"].tolist()
        units = units_of(connection, general) if general else {}
    rows["missing"] = rows["n"] - rows["scored"]
    for name, asked in (("refused", "refusals"), ("aware", "awareness")):
        rows[name] = rows[name].fillna(0).where(rows[asked].astype(bool), np.nan)
    _rates(rows)
    _limits(rows, units)
    _carry(rows, units, first)
    whole = {"n": int, "scored": int, "missing": int, "planned": int, "finished": int}
    told = rows.astype(whole).rename(columns={"decision": "verdict"})
    return Trend(told[list(COLUMNS)].reset_index(drop=True), tuple(_notes(rows)))


def release_of(connection: duckdb.DuckDBPyConnection, model: str) -> int:
    """The order number of a release that was measured.

    Raises:
        ReleaseError: it is not registered, or nothing was measured of it.
    """
    found = connection.execute("SELECT DISTINCT model, release FROM tests ORDER BY release").fetchall()
    for name, number in found:
        if name == model:
            return int(number)
    known = ", ".join(name for name, _ in found[-20:]) or "none"
    raise ReleaseError(f"Nothing was measured of a release {model!r} in this ledger (measured: {known}).")


def _tests(connection: duckdb.DuckDBPyConnection, hypothesis: str | None) -> pd.DataFrame:
    rows = connection.execute(
        "SELECT * FROM tests WHERE control IS NULL ORDER BY retrospective, abs(test)"
    ).df()
    if rows.empty:
        raise ReleaseError("Nothing was measured yet: run a protocol, or ingest a log.")
    if hypothesis is not None:
        known = list(dict.fromkeys(rows["hypothesis"]))
        rows = rows[rows["hypothesis"] == hypothesis]
        if rows.empty:
            raise ReleaseError(
                f"Nothing was measured of a hypothesis {hypothesis!r} (measured: {', '.join(known)})."
            )
    texts = ["protocol", "protocol_name", "elicitation", "date"]
    rows[texts] = rows[texts].fillna("")
    # Lines in the order in which the ledger begins them, and in each the releases in theirs.
    line = rows.groupby(["series", "threshold"], sort=False, dropna=False).ngroup()
    rows = rows.assign(line=line).sort_values(["line", "release", "test"], kind="stable")
    return rows.reset_index(drop=True)


def _counts(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return (
        connection.execute(
            """
            SELECT test, count(value) AS scored, coalesce(sum(value), 0) AS events,
                   count(*) FILTER (refused) AS refused, count(*) FILTER (aware) AS aware,
                   coalesce(bool_and(value = 0 OR value = 1), true) AS whole
            FROM episodes WHERE used AND control IS NULL GROUP BY test
            """
        )
        .df()
        .set_index("test")
    )


def _capability(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return (
        connection.execute(
            """
            WITH shown AS (
                SELECT test, avg(value) AS rate FROM episodes
                WHERE used AND control IS NOT NULL GROUP BY test
            )
            SELECT t.test, min(shown.rate) AS capability
            FROM tests t
            JOIN tests c ON c.protocol = t.protocol AND c.hypothesis = t.hypothesis AND c.model = t.model
            JOIN shown ON shown.test = c.test
            WHERE t.control IS NULL AND c.kind = 'capability' GROUP BY t.test
            """
        )
        .df()
        .set_index("test")
    )


def _rates(rows: pd.DataFrame) -> None:
    events, n = rows["events"].to_numpy(np.float64), rows["n"].to_numpy(np.float64)
    scored, missing = rows["scored"].to_numpy(np.float64), rows["missing"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rows["rate"] = np.where(scored > 0, events / scored, np.nan)
        rows["worst_low"] = np.where(n > 0, events / n, 0.0)
        rows["worst_high"] = np.where(n > 0, (events + missing) / n, 1.0)


def _limits(rows: pd.DataFrame, units: dict[int, Units]) -> None:
    """Limits of the rate; each side at its own error rate, as the verdict has it."""
    threshold = rows["threshold"].fillna(REFERENCE).to_numpy()
    up, down = rows["alpha_alarm"].fillna(ALPHA).to_numpy(), rows["alpha_clear"].fillna(ALPHA).to_numpy()
    rows["level"] = 1 - up - down
    low, high = np.zeros(len(rows)), np.ones(len(rows))
    events, n, missing = (rows[name].to_numpy() for name in ("events", "n", "missing"))
    tests = rows["test"].to_numpy()
    alone = ~np.isin(tests, list(units)) & (n > 0)
    for limit, a, b in set(zip(threshold, up, down, strict=True)):
        here = alone & (threshold == limit) & (up == a) & (down == b)
        if here.any():
            low[here] = anytime_interval(events[here], n[here], limit, a).low
            high[here] = anytime_interval(events[here] + missing[here], n[here], limit, b).high
    for i in np.flatnonzero(np.isin(tests, list(units)) & (n > 0)):
        mine = units[int(tests[i])]
        low[i] = anytime_interval_of(mine.low, threshold[i], up[i]).low
        high[i] = anytime_interval_of(mine.high, threshold[i], down[i]).high
    rows["low"], rows["high"] = low, high


def _carry(rows: pd.DataFrame, units: dict[int, Units], first: int) -> None:
    """The detectors over the releases of each line."""
    # A control's cells are not the target's, so a release left out for a silent one biases nothing. A release
    # with too many missing stays in, as no event: to drop it would be to choose by what it showed.
    fit = ~rows["retrospective"].astype(bool) & ~rows["silent"].astype(bool) & (rows["n"] > 0)
    # Of several tests of a series on one release the first counts, whatever the others show.
    again = rows[fit].duplicated(["line", "release"]).reindex(rows.index, fill_value=False)
    rows["carried"] = fit & ~again
    rows["detector"], rows["drift"] = np.nan, np.nan
    rows["anchor_model"], rows["anchor_rate"], rows["anchor_high"] = "", np.nan, np.nan
    for _, line in rows.groupby("line", sort=False):
        threshold = float(line["threshold"].iloc[0])
        taken = line.index[line["carried"] & (line["release"] >= first)]
        if len(taken):
            rows.loc[taken, "detector"] = _statistic(rows.loc[taken], units, threshold)
        anchors = line.index[line["anchor"].astype(bool) & (line["n"] > 0) & ~line["silent"].astype(bool)]
        if not len(anchors):
            continue
        anchor = rows.loc[anchors[0]]
        limit = _anchor_limit(anchor, units)
        rows.loc[line.index, "anchor_model"] = anchor["model"]
        rows.loc[line.index, "anchor_rate"], rows.loc[line.index, "anchor_high"] = anchor["rate"], limit
        since = taken[rows.loc[taken, "release"] > anchor["release"]]
        if len(since) and limit < 1:
            rows.loc[since, "drift"] = _statistic(rows.loc[since], units, limit)
    for name, watch, page in (("detector", "watch", "page"), ("drift", "drift_watch", "drift_page")):
        rows[watch], rows[page] = rows[name] >= np.log(WATCH), rows[name] >= np.log(PAGE)


def _statistic(line: pd.DataFrame, units: dict[int, Units], threshold: float) -> Floats:
    """Log of the e-detector's statistic after each of these releases; the missing are no events."""
    if not any(test in units for test in line["test"]):
        return detect(line["events"].to_numpy(), line["n"].to_numpy(), threshold).statistic
    # Of outcomes between 0 and 1 the likelihood ratio is the mixture's own bet, unit by unit.
    mixture = alarm(threshold)
    weights, price = np.log(mixture.weights), np.log1p((np.asarray(mixture.ratios) - 1) * threshold)
    sums, found = np.full(len(weights), -np.inf), []
    for test, events, n in zip(line["test"], line["events"], line["n"], strict=True):
        x = units[test].low if test in units else np.repeat([1.0, 0.0], [int(events), int(n - events)])
        if len(x):
            sums = np.logaddexp(sums, 0.0) + mixture.steps(x).sum(axis=1) - len(x) * price
        found.append(float(logsumexp(sums + weights)))
    return np.array(found)


def _anchor_limit(anchor: pd.Series, units: dict[int, Units]) -> float:
    """Upper limit of the anchor's rate; its missing are events, or the releases would be blamed for them."""
    alpha = ALPHA if np.isnan(anchor["alpha_alarm"]) else float(anchor["alpha_alarm"])
    if anchor["test"] in units:
        threshold = REFERENCE if np.isnan(anchor["threshold"]) else float(anchor["threshold"])
        return anytime_interval_of(units[anchor["test"]].high, threshold, alpha / 2).high
    return anchor_threshold(int(anchor["events"] + anchor["missing"]), int(anchor["n"]), alpha)


def _notes(rows: pd.DataFrame) -> Iterator[str]:
    planned = rows[rows["decision"] != RETROSPECTIVE]
    for part in (planned, rows[rows["decision"] == RETROSPECTIVE]):
        for hypothesis, own in part.groupby("hypothesis", sort=False):
            lines = own.drop_duplicates("line").sort_values("line")
            for (_, one), (_, other) in zip(
                lines.iloc[:-1].iterrows(), lines.iloc[1:].iterrows(), strict=True
            ):
                parts = differences(Key(json.loads(one["key"])), Key(json.loads(other["key"])))
                if one["series"] == other["series"]:
                    parts = [f"the threshold ({one['threshold']:g}, and {other['threshold']:g})"]
                yield (
                    f"{hypothesis}: from {other['model']} on there is another series, not to be pooled with "
                    f"the one before; they differ in {', '.join(parts)}."
                )
