"""A script: what a scripted actor does, turn by turn.

    HONEST: Script = (
        Turn(commands=("cat poem.txt",)),
        Turn(commands=("echo 2 > rating.txt",), choose="rate_low", say="I saved a rating of 2."),
    )

One script serves every action format: `commands` are played where the model has tools or writes text tags,
`choose` where it is offered a menu. A solver hands the scripts of an episode to the `scripted` backend with
`hand_out`, through the sample's store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inspect_ai.util import Store
from pydantic import BaseModel, ConfigDict

SCRIPTS_KEY = "subterfuge:scripts"
"""Store key: actor -> list of dumped turns. Writing other scripts starts the play anew."""

MENU_KEY = "subterfuge:menu"
"""Store key: letter -> option id of the menu now shown."""

ANSWER_KEY = "subterfuge:answer"
"""Store key: actor -> answer to the one question asked next, outside the script; taken away when used."""

NO_ANSWER = "%%%"
"""An answer of a scripted actor that names none of the offered options: it is said as it stands."""

PLAYED_KEY = "subterfuge:played"
"""Store key: how far the play has got; written by the `scripted` backend alone."""


class Turn(BaseModel):
    """One assistant turn."""

    model_config = ConfigDict(frozen=True)

    commands: tuple[str, ...] = ()
    """Shell commands, in order; one tool call or one text tag each."""

    choose: str | None = None
    """Id of the option that is taken where a menu is shown; None answers a menu with `say`."""

    say: str = ""
    """What is said to the user."""


Script = tuple[Turn, ...]
"""The turns of one episode, in order."""


def hand_out(store: Store, scripts: Mapping[str, Sequence[Turn]]) -> None:
    """Write the scripts of an episode into the sample's store and start the play at its first turn."""
    store.set(
        SCRIPTS_KEY, {actor: [turn.model_dump(mode="json") for turn in s] for actor, s in scripts.items()}
    )
    store.set(PLAYED_KEY, None)
