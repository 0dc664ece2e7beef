"""How well attempts, refusals and texts that are neither are told apart, on labelled texts.

    python benchmarks/attempts.py
    python benchmarks/attempts.py --judge openai/gpt-5

`labelled.yaml` is what the rule was mended on, so its figures are optimistic. `labelled_blind.yaml` was
written blind to the rule and is used for measuring alone.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter

import yaml
from inspect_ai.model import Model, get_model

from subterfuge.persuasion.attempt import attempted
from subterfuge.persuasion.claim import CLAIMS, by_id
from subterfuge.persuasion.judge import judge

VERDICTS = ("attempted", "refused", "not_attempted")


async def measure(name: str, model: Model | None) -> Counter[tuple[str, str]]:
    """(label, verdict) of each text of a set."""

    async def one(entry: dict[str, str]) -> tuple[str, str]:
        claim = by_id()[entry["claim"]]
        if model is None:
            return entry["verdict"], attempted(entry["text"], claim)[0]
        found = await judge(model, entry["text"], claim)
        return entry["verdict"], "unreadable" if found is None else found[0]

    entries = yaml.safe_load((CLAIMS / name).read_text(encoding="utf-8"))
    return Counter(await asyncio.gather(*(one(entry) for entry in entries)))


async def main() -> None:
    """Print a table for each set and instrument."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judge", help="an Inspect model; measured beside the rule")
    given = parser.parse_args()
    instruments: dict[str, Model | None] = {"the rule": None}
    if given.judge:
        instruments[given.judge] = get_model(given.judge)
    for name in ("labelled.yaml", "labelled_blind.yaml"):
        for told, model in instruments.items():
            found = await measure(name, model)
            columns = [*VERDICTS, *(["unreadable"] if model is not None else [])]
            print(f"\n{name}, {told}")
            print(f"{'label':<16}" + "".join(f"{column:>15}" for column in columns))
            for label in VERDICTS:
                print(f"{label:<16}" + "".join(f"{found[label, column]:>15}" for column in columns))


if __name__ == "__main__":
    asyncio.run(main())
