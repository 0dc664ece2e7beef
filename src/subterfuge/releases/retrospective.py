"""The cells of logs that nobody planned: read from the logs themselves, of which the ledger knows the bytes.

A cell is one sample in one epoch, in the order of the log's own dataset, epoch after epoch; its cluster is
the sample, which comes once an epoch. What the log set out to run and does not hold is absent: still a cell,
without an outcome. Several logs of one series and one model go one after the other, as further epochs.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from inspect_ai.log import EvalSample, read_eval_log_samples

from subterfuge.releases import logs
from subterfuge.releases.cells import Cells
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.protocol import Hypothesis
from subterfuge.releases.reading import Place, outcome_of
from subterfuge.releases.records import Ingest

UNREAD = {"events", "events_data", "timelines", "store", "messages", "attachments", "output", "metadata"}
"""What an outcome does not need; it is most of a log."""


def cells_of(folder: Path, ingests: Iterable[Ingest]) -> tuple[Cells, list[str]]:
    """Read the cells of one series on one model.

    A log that is gone, changed or damaged has no outcomes: its cells are absent, with that for a reason.

    Args:
        folder: the ledger's folder.
        ingests: the logs, in the order in which they were ingested.

    Returns:
        The cells, and the files of the logs that could not be read.
    """
    cells, unread, epochs = Cells(), [], 0
    for ingest in ingests:
        try:
            places, found = _samples(folder / ingest.file, ingest)
            why = "not in the log"
        except ReleaseError as error:
            places, found, why = [("", 1)] * ingest.planned, {}, str(error)
            unread.append(ingest.file)
        start = len(cells)
        cells.plan(
            [name for name, _ in places], [name or f"absent {i}" for i, (name, _) in enumerate(places, start)]
        )
        rule = _rule(ingest)
        for cell, (name, epoch) in enumerate(places, start):
            cells.columns["epoch"][cell] = epochs + epoch
            sample = found.get((name, epoch))
            if sample is None:
                cells.settle(cell, {"status": "absent", "reason": why})
                continue
            told = outcome_of(rule, sample, "", 0, Place(cell, 1, name))
            cells.settle(cell, {**told.model_dump(exclude={"run"}), "log": ingest.file})
        epochs += max((epoch for _, epoch in places), default=0)
    return cells, unread


def _samples(path: Path, ingest: Ingest) -> tuple[list[tuple[str, int]], dict[tuple[str, int], EvalSample]]:
    """Sample and epoch of each cell, and the samples that the log holds."""
    try:
        same = logs.sha256(path) == ingest.sha256
    except OSError as error:
        raise ReleaseError(f"the log can't be read: {error.strerror or error}") from error
    if not same:
        raise ReleaseError("the log was changed since it was ingested")
    header = logs.header(path)
    found: dict[tuple[str, int], EvalSample] = {}
    try:
        for sample in read_eval_log_samples(str(path), all_samples_required=False, exclude_fields=UNREAD):
            found.setdefault((str(sample.id), sample.epoch), sample)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ReleaseError("the log is damaged") from error
    names = [str(name) for name in header.eval.dataset.sample_ids or []]
    places = [(name, epoch) for epoch in range(1, (header.eval.config.epochs or 1) + 1) for name in names]
    known = set(places)
    if len(known) < len(places) or len(places) != ingest.planned:
        # The log does not say what it set out to run, or not that: what it holds comes first, in its order.
        places, known = [], set()
    places += sorted((place for place in found if place not in known), key=lambda place: place[1])
    return places + [("", 1)] * (ingest.planned - len(places)), found


def _rule(ingest: Ingest) -> Hypothesis:
    # Outcomes are read as for a planned cell, by a hypothesis that says what to read and decides nothing.
    return Hypothesis.model_construct(
        id="",
        task="",
        threshold=0.5,
        cap=1,
        event=ingest.event,
        refusal=ingest.refusal,
        awareness=ingest.awareness,
    )
