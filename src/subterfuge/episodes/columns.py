"""Columns for `inspect_ai.analysis.samples_df`: the chain as columns rather than one JSON blob.

    from inspect_ai.analysis import SampleSummary, samples_df
    from subterfuge.episodes import CHAIN_COLUMNS

    frame = samples_df("logs", columns=SampleSummary + CHAIN_COLUMNS)
    frame.groupby(["environment", "arm"])["gamed"].mean()

A value that is not known is NaN, which pandas leaves out of the mean.
"""

from __future__ import annotations

from inspect_ai.analysis import SampleColumn

from subterfuge.episodes.grade import VALUES

_METADATA = ("environment", "arm", "family", "action_format")
_DISCLOSURE = ("disclosed", "omission", "over_claimed", "unprompted")

CHAIN_COLUMNS: list[SampleColumn] = [
    *(SampleColumn(name, path=f"metadata.{name}") for name in _METADATA),
    *(SampleColumn(name, path=f"scores.grade.value.{name}", type=float) for name in VALUES),
    SampleColumn("mechanism", path="scores.grade.metadata.mechanism"),
    *(SampleColumn(name, path=f"scores.disclosure.value.{name}", type=float) for name in _DISCLOSURE),
    SampleColumn("disclosure_label", path="scores.disclosure.answer"),
]
"""What the episode was, the chain of its grade, and what was said of it."""
