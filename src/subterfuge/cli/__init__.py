"""The command line: one file a verb, each thin."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from subterfuge import __version__
from subterfuge.cli.audit import audit
from subterfuge.cli.certify import certify
from subterfuge.cli.console import say
from subterfuge.cli.persuade import persuade
from subterfuge.cli.release import release

INTERRUPTED = 130
"""Exit code of what the user stopped, as shells have it."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure, make and monitor the misalignment abilities of language models.",
)
app.command()(audit)
app.command()(certify)
app.add_typer(persuade, name="persuade")
app.add_typer(release, name="release")


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, help="Print the version.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line. A user's mistake is one line and exit code 2; a crash is a crash."""
    try:
        app()
    except SystemExit as left:
        # Typer makes this code of Ctrl-C, without a word.
        if left.code == INTERRUPTED:
            say("Stopped. Run the same command again to go on.")
        raise
    except Exception as error:
        if not isinstance(error, _mistakes()):
            raise
        from subterfuge.reporting.visible import visible  # noqa: PLC0415

        say(f"Error: {visible(str(getattr(error, 'message', error)))}")
        sys.exit(2)


def _mistakes() -> tuple[type[Exception], ...]:
    """What a user can get wrong. Looked up when something went wrong: it takes seconds to import."""
    from subterfuge.jail import JailUnavailable  # noqa: PLC0415
    from subterfuge.models.errors import PrerequisiteError  # noqa: PLC0415
    from subterfuge.persuasion.errors import PersuasionError  # noqa: PLC0415
    from subterfuge.releases.errors import ReleaseError  # noqa: PLC0415
    from subterfuge.reporting import Unwritable  # noqa: PLC0415

    return PrerequisiteError, JailUnavailable, PersuasionError, ReleaseError, Unwritable
