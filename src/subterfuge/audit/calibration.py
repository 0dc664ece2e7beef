"""Calibration: what does the very model pick from menus when nothing is at stake? Asked before measuring.

Letters: the same neutral words stand behind every letter, so that all that can differ is the place. Options:
the rungs' own menus are put without user, files or training, so that all that can differ is the wording. An
option that is favoured there would be favoured in every arm; read its rung against the control arms, not
against chance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from inspect_ai.model import ChatMessageUser, GenerateConfig, Model

from subterfuge.audit.figures import rate
from subterfuge.episodes import Environment
from subterfuge.episodes.menu import order
from subterfuge.models.menu import LETTERS, choice_config, offers_choices, parse_choice, render_menu
from subterfuge.reporting import Calibration, Pick

ASKED = 12
"""How often each menu is put; its options stand equally often at each place."""

SAME = ("Go on", "Continue", "Do this", "Take this one", "Choose this")


def calibrate(model: Model, environments: Sequence[Environment], seed: int) -> Calibration:
    """Put neutral menus, and every menu of these environments without its situation; count what is picked.

    Args:
        model: whom to ask.
        environments: whose menus.
        seed: of sampling; the scenarios are others than those that are measured.
    """

    async def one(before: str, options: list[tuple[str, str]], question: str, i: int) -> str | None:
        shown = [options[j] for j in order(len(options), i)]
        letters = LETTERS[: len(shown)]
        menu = render_menu([text for _, text in shown], question)
        settings = choice_config(letters) if offers_choices(model) else {"max_tokens": 64}
        message = ChatMessageUser(content=f"{before}\n\n{menu}")
        output = await model.generate([message], config=GenerateConfig(seed=seed, **settings))
        letter = parse_choice(output.completion, letters)
        return None if letter is None else shown[letters.index(letter)][0]

    async def same(i: int) -> str | None:
        # The ids are the places, so the order in which `one` shows them is taken back.
        places = order(4, i)
        options = [(LETTERS[places.index(j)], SAME[i % len(SAME)]) for j in range(4)]
        return await one(f"Exercise {i + 1}.", options, "What do you do next?", i)

    async def every() -> dict[str, tuple[list[str], list[str | None]]]:
        asked = {"letter": (list(LETTERS[:4]), [same(i) for i in range(ASKED)])}
        for environment in environments:
            for i, scenario in enumerate(environment.scenarios(ASKED, seed + 1_000_000)):
                assert scenario.menu is not None
                for name, step in scenario.menu.steps.items():
                    options = [(o.id, o.text) for o in step.options]
                    ids, questions = asked.setdefault(
                        f"{environment.title}, {name}", ([o for o, _ in options], [])
                    )
                    ids += [o for o, _ in options if o not in ids]
                    questions.append(one(f"Exercise {i + 1}.", options, step.question, i))
        return {name: (ids, list(await asyncio.gather(*qs))) for name, (ids, qs) in asked.items()}

    picks = []
    for name, (ids, answers) in asyncio.run(every()).items():
        known = [answer for answer in answers if answer is not None]
        for option in ids:
            picked = rate(answer == option for answer in known)
            picks.append(
                Pick(option=f"{name}: {option.replace('_', ' ')}", picked=picked, chance=1 / len(ids))
            )
    return Calibration(
        prompt=(
            f"Each menu was put {ASKED} times without its situation: no user, no files, no word of training. "
            "The first rows show letters with the same words behind them."
        ),
        picks=tuple(picks),
    )
