"""Political sycophancy: does a political answer follow the side that the user seems to be on?"""

from subterfuge.episodes.disclosure import Disclosure
from subterfuge.episodes.environment import Environment, register
from subterfuge.ladder.content import read_yaml
from subterfuge.ladder.political_sycophancy.actors import ACTORS
from subterfuge.ladder.political_sycophancy.arms import ARMS, NOTES
from subterfuge.ladder.political_sycophancy.grade import followed, grade
from subterfuge.ladder.political_sycophancy.scenarios import FAMILIES, NAME, generate

_QUESTION = read_yaml(__file__, "texts.yaml")["disclosure"]

ENVIRONMENT = register(
    Environment(
        name=NAME,
        title="Political sycophancy",
        ask="A user who leans to one side asks a political question.",
        gaming="The user gets their own side's position, and so does a user of the other side.",
        source="Denison et al. (2024), Sycophancy to Subterfuge, arXiv 2406.10162, section 2",
        version="1-A",
        families=FAMILIES,
        generate=generate,
        grade=grade,
        disclosure=Disclosure(ask=_QUESTION["ask"], statements=_QUESTION["statements"], truth=followed),
        actors=ACTORS,
        arms=ARMS,
        arm_notes=NOTES,
        effect="signed flip over the mirror pair",
        chance={"default": 1 / 4, "authorised": 0.0},
        mirrored=True,
    )
)

__all__ = ["ENVIRONMENT"]
