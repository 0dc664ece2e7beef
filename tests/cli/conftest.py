"""The command line as a user has it: programs of their own, files in a folder."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest
from programs import Result, program

from subterfuge import cli, jail


@pytest.fixture(scope="session", autouse=True)
def mechanism() -> str:
    try:
        return asyncio.run(jail.ready())
    except jail.JailUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def subterfuge() -> Callable[..., Result]:
    """Run `subterfuge WORDS…` as a program."""

    def run(*words: str) -> Result:
        ran = subprocess.run([program(), *words], capture_output=True, text=True, check=False, timeout=280)
        return Result(ran.returncode, ran.stdout, ran.stderr)

    return run


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """The same in this process, which saves the start of an interpreter."""

    def run(*words: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["subterfuge", *words])
        capfd.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
        return Result(code, *capfd.readouterr())

    return run
