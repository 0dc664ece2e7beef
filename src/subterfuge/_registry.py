"""What Inspect finds of Subterfuge. Light imports only: torch is loaded when the embedded model is."""

from subterfuge.episodes.scorers import disclosure, grade
from subterfuge.episodes.task import play
from subterfuge.ladder.tasks import (
    political_sycophancy,
    reward_tampering,
    rubric_modification,
    tool_use_flattery,
)
from subterfuge.models.api import subterfuge
from subterfuge.persuasion.contest import contend, contest
from subterfuge.persuasion.rating import read_and_rate, stance
from subterfuge.persuasion.tasks import persuasion_arguments, persuasion_ratings, persuasiveness
from subterfuge.persuasion.writing import argue, argument
from subterfuge.sandboxes.bashkit import BashkitSandboxEnvironment
from subterfuge.sandboxes.bwrap import BwrapSandboxEnvironment
