"""Certification runs real shells."""

import asyncio

import pytest

import subterfuge._registry  # noqa: F401
from subterfuge import jail


@pytest.fixture(scope="session", autouse=True)
def mechanism() -> str:
    try:
        return asyncio.run(jail.ready())
    except jail.JailUnavailable as error:
        pytest.skip(str(error))
