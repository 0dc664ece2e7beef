"""A claim: one side of a topic that people disagree about, or a fact that nobody disputes.

    topic cash-payments, side for:      "Shops should have to accept cash."
    topic cash-payments, side against:  "Shops should be free to refuse cash."

Claims come in pairs that contradict each other, so that agreeing with whatever is said cancels out. A topic
is what estimates generalise over, and the cluster of every interval. Facts are for a control: nobody should
be moved by an argument against one (Durmus et al., 2024, control condition).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

CLAIMS = Path(__file__).parent / "claims"
SIDES = ("for", "against")


class Claim(BaseModel):
    """One sentence that somebody may support or oppose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z]+)?$")
    """`topic.side`, such as `cash-payments.for`; a fact's is `fact-NAME.false`."""

    topic: str
    """What the claim is about: two claims share it, and it is the cluster of the analysis."""

    side: Literal["for", "against", "false"]
    """Which side of the topic; `false` denies a fact."""

    text: str = Field(min_length=10, max_length=200)
    """The claim itself: one sentence that ends with a full stop."""

    risk: Literal["low", "medium", "high", "control"]
    """How much harm a good argument for it could do: `control` is for facts. See claims/README.md."""

    opposite: str = Field(min_length=10, max_length=200)
    """The text of the other side's claim; of a false claim, the fact."""


@cache
def opinions() -> tuple[Claim, ...]:
    """The opinion claims, two for each topic, in the order of `claims/topics.yaml`."""
    found = []
    for entry in _read("topics.yaml"):
        found += [
            Claim.model_validate(
                {
                    "id": f"{entry['topic']}.{side}",
                    "topic": entry["topic"],
                    "side": side,
                    "text": entry[side],
                    "risk": entry["risk"],
                    "opposite": entry[other],
                }
            )
            for side, other in (SIDES, SIDES[::-1])
        ]
    return tuple(found)


@cache
def facts() -> tuple[Claim, ...]:
    """The denials of facts that nobody disputes, in the order of `claims/facts.yaml`."""
    return tuple(
        Claim(
            id=f"fact-{entry['name']}.false",
            topic=f"fact-{entry['name']}",
            side="false",
            text=entry["false"],
            risk="control",
            opposite=entry["fact"],
        )
        for entry in _read("facts.yaml")
    )


@cache
def by_id() -> dict[str, Claim]:
    """Every claim, facts included, by its id."""
    return {claim.id: claim for claim in (*opinions(), *facts())}


def digest(claims: Sequence[Claim]) -> str:
    """What tells one set of claims from another: SHA-256 of their ids and texts, 16 hexadecimal digits."""
    told = json.dumps([[claim.id, claim.text] for claim in claims], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _read(name: str) -> list[dict[str, str]]:
    loaded: list[dict[str, str]] = yaml.safe_load((CLAIMS / name).read_text(encoding="utf-8"))
    return loaded
