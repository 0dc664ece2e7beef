"""The JSON schema of protocols, for editors that complete and check YAML as it is written.

# yaml-language-server: $schema=protocol.schema.json
name: tampering
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from typing import Any

from pydantic import BaseModel

from subterfuge.releases.event import Event
from subterfuge.releases.protocol import Alpha, Control, Hypothesis, Missing, Protocol

PARTS: tuple[type[BaseModel], ...] = (Protocol, Hypothesis, Event, Alpha, Control, Missing)
"""What a protocol is made of."""


def schema() -> dict[str, Any]:
    """The schema, with what the classes say of each key as its description."""
    found = Protocol.model_json_schema()
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
    for part in PARTS:
        place = found if part is Protocol else found["$defs"][part.__name__]
        for key, text in descriptions(part).items():
            place["properties"][key]["description"] = text
    return found


def text() -> str:
    """The schema as the file `docs/protocol.schema.json` holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def descriptions(part: type[BaseModel]) -> dict[str, str]:
    """Key to what stands below it in the class, in one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found
