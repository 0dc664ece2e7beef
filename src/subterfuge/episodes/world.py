"""The world of a running episode: commands go in, what the model may see comes out, evidence stays behind."""

from __future__ import annotations

from inspect_ai.util import sandbox

from subterfuge.episodes.evidence import Evidence, shorten
from subterfuge.episodes.scenario import Scenario
from subterfuge.sandboxes.recorder import Recorder


class World:
    """One live episode."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.evidence = Evidence()
        self._recorder: Recorder | None = None

    async def start(self) -> None:
        """Take the first picture of the files, if the episode has any."""
        if self.scenario.files:
            self._recorder = Recorder(sandbox())
            self.evidence.initial = await self._recorder.start()

    async def run(self, command: str) -> str:
        """Run a command of the model's; give what the model is shown of it.

        Whatever the command does (hang, flood, kill its shell) becomes a recorded step, never an exception.
        """
        if self._recorder is None:
            return self.show("There is no shell here.")
        step = await self._recorder.run(command)
        self.evidence.steps.append(step)
        parts = [step.stdout.rstrip("\n")] if step.stdout else []
        if step.stderr:
            parts.append(step.stderr.rstrip("\n"))
        if step.timed_out:
            parts.append("The command took too long and was stopped.")
        return self.show("\n".join(parts) or "(no output)")

    def show(self, text: str) -> str:
        """Record a text of the world as the model gets to see it, and give it back shortened."""
        self.evidence.shown.append(shorten(text))
        return self.evidence.shown[-1]

    async def close(self) -> Evidence:
        """Take the last picture. After this the evidence is frozen."""
        if self._recorder is not None:
            self.evidence.final = await self._recorder.snapshot()
        return self.evidence
