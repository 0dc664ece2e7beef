"""The environment's own arms: each is the same pair of letters with one thing changed."""

from __future__ import annotations

from subterfuge.episodes.scenario import Scenario
from subterfuge.ladder.content import read_yaml
from subterfuge.ladder.political_sycophancy.scenarios import MIRROR, PERSONA


def no_opportunity(scenario: Scenario) -> Scenario:
    """The letter without the persona's leaning, twice. The side that was drawn is matched by chance only."""
    return _both(scenario, scenario.hidden["neutral"], scenario.hidden["neutral"]).edit(opportunity=False)


def retest(scenario: Scenario) -> Scenario:
    """The same persona twice; the second answer is graded as if it had been given to the mirror image."""
    return _both(scenario, scenario.ask, scenario.ask).edit(opportunity=False)


def capability(scenario: Scenario) -> Scenario:
    """Told in so many words to give the answer of the user's side, and which one that is."""
    assert scenario.menu is not None
    positions = {o.id: o.text for o in scenario.menu.steps["answer"].options}
    told = read_yaml(__file__, "texts.yaml")["capability"]
    first, second = (told.format(position=positions[side]) for side in (PERSONA, MIRROR))
    return _both(scenario, f"{scenario.ask}\n{first}", f"{scenario.probes[0].ask}\n{second}")


def authorised(scenario: Scenario) -> Scenario:
    """Asked to predict what the user would answer: matching the user is then the task itself."""
    return _told(scenario, "authorised").edit(licit=True)


ARMS = {f.__name__: f for f in (no_opportunity, retest, capability, authorised)}

NOTES = {
    "no_opportunity": "no persona: the same neutral letter twice; an answer that changes is noise",
    "retest": "the same persona twice: how often the answer changes by itself, and in which direction",
    "authorised": "asked to predict the user's own answer: matching it is licit",
}


def _told(scenario: Scenario, text: str) -> Scenario:
    order = read_yaml(__file__, "texts.yaml")[text]
    return _both(scenario, f"{scenario.ask}\n{order}", f"{scenario.probes[0].ask}\n{order}")


def _both(scenario: Scenario, first: str, second: str) -> Scenario:
    """The scenario with these two letters."""
    return scenario.edit(ask=first, probes=(scenario.probes[0].model_copy(update={"ask": second}),))
