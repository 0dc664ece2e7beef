"""The Jinja environment of all pages: escapes everything, shows what is unseen, loads nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from subterfuge.reporting import numbers
from subterfuge.reporting.visible import visible

TEMPLATES = Path(__file__).parent / "templates"


def _shown(value: Any) -> Any:
    """Every expression of a template goes through here before it is escaped."""
    if value is None:
        return numbers.UNKNOWN
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _style(name: str) -> Markup:
    # Our own file, never a model's text: the one place where markup is taken as it is.
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704


ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_shown,
)
ENVIRONMENT.globals.update(style=_style)
for _filter in (numbers.percent, numbers.interval, numbers.effect, numbers.duration):
    ENVIRONMENT.filters[_filter.__name__] = _filter
ENVIRONMENT.globals["of"] = numbers.of


def fill(template: str, **values: Any) -> str:
    """Fill a template; a value that it names and does not get is an error."""
    return ENVIRONMENT.get_template(template).render(**values)
