"""The models of a ledger: each id stands for one model for ever."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date as calendar
from datetime import datetime
from typing import Any

from inspect_ai.model import Model as InspectModel

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.fingerprint import fingerprint, public, same_or_error
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.records import Model

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")
"""What an id looks like: it becomes part of file names and of test keys."""


def describe(
    id: str,
    model: InspectModel,
    model_args: Mapping[str, Any] | None = None,
    *,
    declared: str | None = None,
    parent: str | None = None,
    date: str | None = None,
    anchor: bool = False,
) -> Model:
    """What a ledger would hold of a model; writes nothing and asks no provider.

    Args:
        id: what the ledger is to call it.
        model: the Inspect model.
        model_args: the arguments that it was made with; keys and passwords among them are not taken over.
        declared: what the user knows of it beyond its name, such as a snapshot's date.
        parent: the id of the checkpoint that it comes from.
        date: when it was released, ISO 8601.
        anchor: it is the frozen reference that every release is compared with.

    Raises:
        ReleaseError: its weights can't be read.
    """
    given = model.model_args if model_args is None else model_args
    return Model(
        id=id,
        model=str(model),
        model_args=public(given),
        fingerprint=fingerprint(model, given, declared),
        declared=declared,
        parent=parent,
        date=date,
        anchor=anchor,
    )


def register(ledger: Ledger, model: Model) -> Model:
    """Register a model, or find that it is registered already, the same in everything.

    Args:
        ledger: where.
        model: what `describe` made, or a record made by hand.

    Returns:
        The model as it is registered.

    Raises:
        ReleaseError: the id stands for another model, the parent is not registered, there is an anchor
            already, or the id or the date is none.
    """
    if not ID.fullmatch(model.id):
        raise ReleaseError(
            f"{model.id[:100]!r} is no id for a model: use up to 80 letters, digits, '.', '_', '+' and '-', "
            "the first a letter or digit."
        )
    if model.date is not None and not _is_date(model.date):
        raise ReleaseError(f"{model.date!r} is no date: write it as 2026-11-23 or 2026-11-23T16:40:12Z.")
    known = {body.id: body for record in ledger.records.of("model") if isinstance(body := record.body, Model)}
    if (before := known.get(model.id)) is not None:
        same_or_error(before, model.fingerprint)
        other = [name for name in Model.model_fields if getattr(before, name) != getattr(model, name)]
        if other:
            raise ReleaseError(
                f"{model.id} is registered with another {' and '.join(other)} "
                f"({', '.join(repr(getattr(before, name)) for name in other)}). Register this one under an "
                "id of its own."
            )
        return before
    if model.parent is not None and model.parent not in known:
        raise ReleaseError(
            f"The parent {model.parent!r} of {model.id} is not registered (registered: "
            f"{', '.join(known) or 'none'}). Register it first."
        )
    anchors = [body.id for body in known.values() if body.anchor]
    if model.anchor and anchors:
        raise ReleaseError(f"The anchor of this ledger is {anchors[0]}: there is one only, for ever.")
    ledger.append(model)
    return model


def _is_date(text: str) -> bool:
    if not re.match(r"\d{4}-\d{2}-\d{2}(T|$)", text):
        return False
    try:
        calendar.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
