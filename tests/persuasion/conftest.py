"""What tests of the importer share: a file like the published one, and its import."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import published_like as like
import pytest

from subterfuge.persuasion.published.importer import Imported, import_published


@pytest.fixture(scope="module")
def whole() -> list[like.Row]:
    return like.rows()


@pytest.fixture
def put(tmp_path: Path) -> Callable[[list[like.Row] | str | bytes], Path]:
    return partial(like.put, tmp_path)


@pytest.fixture(scope="module")
def imported(whole: list[like.Row], tmp_path_factory: pytest.TempPathFactory) -> Imported:
    path = tmp_path_factory.mktemp("published") / "persuasion_data.csv"
    path.write_text(like.text(whole), encoding="utf-8")
    return import_published(path)
