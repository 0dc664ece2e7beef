"""The same, once more, as somebody who is not root."""

import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import subterfuge

HERE = Path(__file__).parent
SOMEBODY = 54321
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.getuid() != 0, reason="this is an ordinary user already"),
]


def as_somebody(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    packages = [str(Path(subterfuge.__file__).parents[1]), *site.getsitepackages()]
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": ":".join(packages)}
    drop = ["setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups"]
    return subprocess.run([*drop, *command], env=env, cwd=home, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path("/tmp", f"subterfuge-home-{os.getpid()}")
    folder.mkdir()
    os.chown(folder, SOMEBODY, SOMEBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def interpreter(home: Path) -> str:
    """A Python of this version that they may run: this one, or the system's."""
    if not shutil.which("setpriv"):
        pytest.skip("there is no setpriv to become somebody else with")
    version = "python{}.{}".format(*sys.version_info)
    again = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import inspect_ai'], check=True)"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if as_somebody([candidate, "-c", again], home).returncode == 0:
            return candidate
    pytest.skip(f"no {version} that an ordinary user may run with these packages")


def test_as_somebody(interpreter: str, home: Path) -> None:
    tried = as_somebody(["unshare", "-Ur", "true"], home)
    if tried.returncode:
        pytest.skip(f"this machine refuses user namespaces to ordinary users: {tried.stderr.strip()}")
    suite = home / "suite"
    suite.mkdir()
    for name in ("conftest.py", "test_hostile.py", "test_run.py"):
        shutil.copy(HERE / name, suite)
    options = ["-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "-p", "pytest_asyncio", "-rs"]
    ran = as_somebody([interpreter, "-m", "pytest", *options, str(suite)], home)
    assert ran.returncode == 0, re.findall(r"^FAILED.*|^E  .*", ran.stdout, re.M)
    passed = re.search(r"(\d+) passed, 1 skipped", ran.stdout)
    assert passed, ran.stdout[-2000:]
    assert int(passed[1]) > 60
