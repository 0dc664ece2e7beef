"""Both providers, as one fixture."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from subterfuge import jail
from subterfuge.sandboxes.bashkit import BashkitSandboxEnvironment
from subterfuge.sandboxes.bwrap import BwrapSandboxEnvironment
from subterfuge.sandboxes.provider import Provider

PROVIDERS: dict[str, type[Provider]] = {
    "bashkit": BashkitSandboxEnvironment,
    "bwrap": BwrapSandboxEnvironment,
}


@pytest.fixture(scope="session", autouse=True)
def mechanism() -> str:
    try:
        return asyncio.run(jail.ready())
    except jail.JailUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(params=sorted(PROVIDERS))
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    made = PROVIDERS[request.param]()
    yield made
    await made.close()
