"""The one Inspect model API of Subterfuge and its backends; importing it loads no torch."""

from subterfuge.models.menu import LETTERS, choice_config, offers_choices, parse_choice, render_menu
from subterfuge.models.script import Script, Turn, hand_out

__all__ = [
    "LETTERS",
    "Script",
    "Turn",
    "choice_config",
    "hand_out",
    "offers_choices",
    "parse_choice",
    "render_menu",
]
