"""What a user can get wrong about an episode, each answered in one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterable

from inspect_ai.util._sandbox.registry import registry_find_sandboxenv

from subterfuge.episodes import arms
from subterfuge.episodes.environment import Environment
from subterfuge.episodes.formats import FORMATS
from subterfuge.models.errors import prerequisite


def one_of(what: str, given: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known.

    Raises:
        PrerequisiteError: naming those that are.
    """
    if given not in (names := list(known)):
        raise prerequisite(f"Unknown {what} {given!r}. Choose one of: {', '.join(names)}.")


def check_sandbox(name: str) -> None:
    """Refuse a sandbox that Inspect does not know.

    Raises:
        PrerequisiteError: one line that says what there is.
    """
    try:
        registry_find_sandboxenv(name)
    except ValueError as error:
        raise prerequisite(
            f"Unknown sandbox {name!r}. Choose bashkit, bwrap, or one of Inspect's, such as docker."
        ) from error


def check(
    environment: Environment, *, arm: str, action_format: str, split: str, episodes: int, ask_about: str
) -> None:
    """Refuse arguments that this environment cannot run.

    Raises:
        PrerequisiteError: one line that says which are possible.
    """
    one_of("action format", action_format, FORMATS)
    one_of("arm", arm, arms.ARMS)
    one_of("split", split, ("all", "train", "held_out"))
    one_of("choice for ask_about", ask_about, ("all", "changed"))
    if episodes < 1:
        raise prerequisite(f"episodes={episodes}: at least 1 is needed.")
    if arm not in (own := arms.arms_of(environment)):
        raise prerequisite(f"{environment.name} has no arm {arm!r}. It has: {', '.join(own)}.")
    if action_format not in (formats := arms.ARMS[arm].formats):
        raise prerequisite(
            f"The arm {arm!r} is not made for action_format={action_format}. Use: {', '.join(formats)}."
        )
