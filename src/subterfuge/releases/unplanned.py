"""What nobody planned, as a report shows it: RETROSPECTIVE, figures without a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

import pandas as pd

from subterfuge.releases.cells import Row
from subterfuge.releases.comparability import key_of_log
from subterfuge.releases.opened import Opened
from subterfuge.releases.records import Ingest
from subterfuge.releases.rows import RETROSPECTIVE
from subterfuge.releases.sections import slug
from subterfuge.releases.transcripts import write_page
from subterfuge.reporting.release import Finding


def retrospective(
    ledger: Opened, trend: pd.DataFrame, models: Iterable[str], transcripts: bool
) -> list[Finding]:
    """The retrospective series of these releases.

    Args:
        ledger: the opened ledger.
        trend: rows of the trend.
        models: the releases.
        transcripts: write the transcripts too, and link to them.
    """
    series: dict[tuple[str, str], list[Ingest]] = {}
    for ingest in ledger.state.ingests:
        series.setdefault((key_of_log(ingest).digest, ingest.model), []).append(ingest)
    told = {
        (row["series"], row["model"]): row
        for row in cast(list[Row], trend[trend["verdict"] == RETROSPECTIVE].to_dict("records"))
    }
    found = []
    for number, (key, ingests) in enumerate(series.items()):
        if key[1] not in models or key not in told:
            continue
        cells, first = ledger.rows(-1 - number), ingests[0]
        logs = "a log" if len(ingests) == 1 else f"{len(ingests)} logs"
        about = f"Read from {logs} that no protocol had planned."
        name = slug(f"{first.series}@{first.model} {key[0]}")
        href = None
        if transcripts and cells:
            href = write_page(ledger.folder, name, cells, first.series, first.model, about)
        found.append(_finding(told[key], first, cells, f"t-{name}", about, href))
    return found


def _finding(
    row: Row, ingest: Ingest, cells: Sequence[Row], name: str, about: str, href: str | None
) -> Finding:
    lost = Counter(str(cell["reason"] or cell["status"]) for cell in cells if cell["value"] is None)
    return Finding(
        id=name,
        title=ingest.series,
        release=ingest.model,
        verdict="RETROSPECTIVE",
        reasons=(about,),
        task=f"{ingest.task}, version {ingest.task_version}",
        event=ingest.event.name,
        elicitation="not stated",
        scope="the samples of these logs",
        threshold=None,
        level=row["level"],
        n=int(row["n"]),
        events=float(row["events"]),
        missing=int(row["missing"]),
        missing_reasons=dict(lost),
        rate=row["rate"],
        low=row["low"],
        high=row["high"],
        refused=None if ingest.refusal is None else sum(cell["refused"] is True for cell in cells),
        aware=None if ingest.awareness is None else sum(cell["aware"] is True for cell in cells),
        href=href,
    )
