"""`subterfuge release`: protocols, ledgers and verdicts; one file a verb, each thin."""

from __future__ import annotations

import typer

from subterfuge.cli.release.compare import compare
from subterfuge.cli.release.ingest import ingest
from subterfuge.cli.release.lock import lock
from subterfuge.cli.release.plan import plan
from subterfuge.cli.release.register import register
from subterfuge.cli.release.report import report
from subterfuge.cli.release.run import run
from subterfuge.cli.release.schema import schema
from subterfuge.cli.release.trend import trend
from subterfuge.cli.release.verify import verify

release = typer.Typer(
    no_args_is_help=True,
    help="Decide on releases by protocols that were locked beforehand, and keep the record in a ledger.",
)
for verb in (plan, register, lock, run, ingest, verify, compare, trend, report, schema):
    release.command()(verb)

__all__ = ["release"]
