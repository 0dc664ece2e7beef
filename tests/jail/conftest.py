"""Jails cannot be had everywhere; where they cannot, that is said once for all."""

import asyncio

import pytest

from subterfuge import jail


@pytest.fixture(scope="session", autouse=True)
def mechanism() -> str:
    try:
        return asyncio.run(jail.ready())
    except jail.JailUnavailable as error:
        pytest.skip(str(error))
