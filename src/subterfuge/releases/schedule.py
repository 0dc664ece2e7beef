"""The schedule of a test: which of the task's samples stands at which cell. Fixed by the protocol alone.

    generator   cell i is the task's i-th sample: fresh each time, so that a rate is over the generator
    resample    cell i is drawn from the task's samples with replacement: a rate is over that list

Both make the outcomes of cells independent, which the statistics rest on.
"""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import numpy as np
from inspect_ai import Task
from inspect_ai._eval.loader import load_task_spec
from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.registry import registry_info, registry_params
from inspect_ai.dataset import Sample

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.protocol import Control, Hypothesis, Protocol
from subterfuge.releases.reading import Place, sample_id

FIRST = 64
"""Samples that a sized generator makes at first; twice as many whenever they are used up."""


def cluster_of(hypothesis: Hypothesis, metadata: dict[str, Any] | None, cell: int) -> str | None:
    """The cluster of a cell, by its sample's metadata; None where each cell stands alone."""
    if hypothesis.cluster is None or hypothesis.schedule == "resample":
        # Drawn with replacement, outcomes are independent though samples come again.
        return None
    return str((metadata or {}).get(hypothesis.cluster, f"cell {cell}"))


class Schedule:
    """The cells of one test, as far as anybody asked for them."""

    def __init__(self, protocol: Protocol, hypothesis: Hypothesis, control: Control | None = None) -> None:
        """Load the task.

        Raises:
            ReleaseError: there is no such task, or its arguments are wrong.
        """
        self._protocol, self._hypothesis, self._control = protocol, hypothesis, control
        self.cells = control.episodes if control else hypothesis.cap
        self._size = min(FIRST, self.cells)
        self.task = self._load()
        self._samples: list[Sample] = self._dataset(self.task)
        self._draws = np.empty(0, np.int64)

    def names(self, start: int, stop: int) -> list[str]:
        """The ids of the samples at these cells."""
        return [str(self._at(cell).id) for cell in range(start, stop)]

    def clusters(self, start: int, stop: int) -> list[str] | None:
        """The clusters of these cells; None if each cell stands alone."""
        found = [cluster_of(self._hypothesis, self._at(cell).metadata, cell) for cell in range(start, stop)]
        named = [cluster for cluster in found if cluster is not None]
        return named or None

    def sample(self, cell: int, attempt: int) -> Sample:
        """A fresh copy of the sample at a cell, to be run."""
        sample = copy.deepcopy(self._at(cell))
        sample.id = sample_id(Place(cell, attempt, str(sample.id)))
        return sample

    @property
    def length(self) -> int:
        """How many cells there can be: the cap, or all of a list that is shorter."""
        if self._hypothesis.schedule == "resample" or self._sized:
            return self.cells
        return min(self.cells, len(self._samples))

    @property
    def _sized(self) -> bool:
        return self._hypothesis.size_arg is not None and self._hypothesis.schedule == "generator"

    def _at(self, cell: int) -> Sample:
        if self._hypothesis.schedule == "resample":
            return self._samples[self._draw(cell)]
        while cell >= len(self._samples) and self._sized and self._size < self.cells:
            self._grow()
        if cell >= len(self._samples):
            raise ReleaseError(
                f"{self._hypothesis.task} made {len(self._samples):,} samples when asked for {self._size:,}, "
                f"and {self.cells:,} are wanted. Lower the cap, or use `schedule: resample`."
            )
        return self._samples[cell]

    def _draw(self, cell: int) -> int:
        if cell >= len(self._draws):
            # One stream a test, drawn anew from its start, so that it is the same however far it is read.
            name = f"{self._protocol.seed}/{self._hypothesis.id}/{self._control.id if self._control else ''}"
            seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
            draws = np.random.Generator(np.random.PCG64(seed)).random(max(1024, 2 * cell))
            self._draws = (draws * len(self._samples)).astype(np.int64)
        return int(self._draws[cell])

    def _grow(self) -> None:
        before = [str(sample.id) for sample in self._samples]
        self._size = min(2 * self._size, self.cells)
        self._samples = self._dataset(self._load())
        if [str(sample.id) for sample in self._samples[: len(before)]] != before:
            raise ReleaseError(
                f"{self._hypothesis.task} makes other samples when asked for more of them, so it can't be "
                "scheduled as a generator. Use `schedule: resample`, or leave out `size_arg`."
            )

    def _dataset(self, task: Task) -> list[Sample]:
        samples = list(task.dataset)
        for i, sample in enumerate(samples):
            if sample.id is None:
                sample.id = i + 1
        ids = [str(sample.id) for sample in samples]
        if len(set(ids)) < len(ids):
            raise ReleaseError(
                f"{self._hypothesis.task} has two samples of one id, so cells can't be told apart."
            )
        key = self._hypothesis.cluster
        if key is not None and self._hypothesis.schedule == "generator":
            # Whole clusters side by side, in the order in which they first come: a mean needs all its cells.
            first: dict[Any, int] = {}
            places = {
                str(sample.id): first.setdefault((sample.metadata or {}).get(key, ("alone", i)), i)
                for i, sample in enumerate(samples)
            }
            samples.sort(key=lambda sample: places[str(sample.id)])
        return samples

    def _load(self) -> Task:
        hypothesis = self._hypothesis
        given = {**hypothesis.task_args, **(self._control.task_args if self._control else {})}
        if hypothesis.seed_arg is not None:
            given[hypothesis.seed_arg] = self._protocol.seed + (1_000_003 if self._control else 0)
        if self._sized:
            assert hypothesis.size_arg is not None
            given[hypothesis.size_arg] = self._size
        try:
            tasks = load_task_spec(hypothesis.task, given)
        except (TypeError, ValueError, ImportError, LookupError, OSError, PrerequisiteError) as error:
            raise ReleaseError(
                f"{hypothesis.id}: the task {hypothesis.task} can't be made: {error}"
            ) from error
        if len(tasks) != 1:
            found = "no task" if not tasks else f"{len(tasks)} tasks"
            raise ReleaseError(
                f"{hypothesis.id}: {hypothesis.task} names {found}. Name one, as file.py@task."
            )
        # Inspect leaves out what a task does not take: a misspelt `arm` would be measured as another one.
        if unknown := sorted(given.keys() - registry_params(tasks[0]).keys()):
            name = f"{hypothesis.id}.{self._control.id}" if self._control else hypothesis.id
            known = ", ".join((registry_info(tasks[0]).metadata or {}).get("params", [])) or "none"
            raise ReleaseError(
                f"{name}: {hypothesis.task} takes no argument {unknown[0]!r}. It takes: {known}."
            )
        return tasks[0]
