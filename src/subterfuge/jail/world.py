"""What a jail shows of the host: the base interpreter, pytest alone, and a few lines of /etc.

The folder with pytest is made once and cached, keyed by the versions in it.
"""

from __future__ import annotations

import compileall
import functools
import importlib.metadata
import os
import re
import shutil
import site
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import subterfuge
from subterfuge.jail.errors import JailUnavailable

PATH = "/opt/bin:/usr/local/bin:/usr/bin:/bin"
HOSTNAME = "workstation"
_PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
_SCRIPT = "#!{python}\nimport sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n"


@dataclass(frozen=True)
class World:
    """The host's side of what a jail mounts."""

    base: Path
    """The base interpreter's prefix, seen at /usr/local unless it is /usr."""
    python: str
    """The interpreter's path in the jail."""
    site: Path
    """A folder that holds pytest and what it needs, and nothing else."""
    bin: Path
    """A folder with `python`, `python3` and `pytest`."""
    covered: tuple[str, ...]
    """Package folders of the base interpreter, as the jail sees them; the first one shows `site`."""
    hidden: tuple[str, ...]
    """Folders under what is mounted, as the jail sees them, that hold this package, so are covered."""

    @property
    def system(self) -> bool:
        """Whether the base interpreter is part of /usr as it stands."""
        return self.base in (Path("/usr"), Path("/usr/local"))


def cache_folder() -> Path:
    """Where prepared folders are kept: under XDG_CACHE_HOME, else ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "subterfuge" / "jail"


@functools.cache
def world() -> World:
    """Find the base interpreter and prepare what the jail shows beside it, once a process.

    Raises:
        JailUnavailable: pytest is not installed, or the cache folder cannot be written.
    """
    base = Path(sys.base_prefix).resolve()
    inside = base if base in (Path("/usr"), Path("/usr/local")) else Path("/usr/local")
    python = f"{inside}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    folder = _prepared(python)
    package = Path(subterfuge.__file__).resolve().parents[1]
    shown = [(base, inside), (Path("/usr"), Path("/usr"))]
    hidden = [str(to / package.relative_to(at)) for at, to in shown if package.is_relative_to(at)]
    return World(base, python, folder / "site", folder / "bin", _package_folders(base, inside), tuple(hidden))


def _package_folders(base: Path, inside: Path) -> tuple[str, ...]:
    names = [sysconfig.get_path("purelib", vars={"base": str(base), "platbase": str(base)})]
    names += site.getsitepackages([str(base)])
    if base == Path("/usr"):
        names += ["/usr/lib/python3/dist-packages", *site.getsitepackages(["/usr/local"])]
    there = dict.fromkeys(Path(name) for name in names if Path(name).is_dir())
    return tuple(str(inside / path.relative_to(base)) for path in there if path.is_relative_to(base))


def _prepared(python: str) -> Path:
    try:
        versions = [f"{name}-{importlib.metadata.version(name)}" for name in _PACKAGES]
    except importlib.metadata.PackageNotFoundError as error:
        raise JailUnavailable(f"jails show pytest to their programs: pip install {error.name}") from error
    key = "_".join([sys.implementation.cache_tag, *versions, re.sub(r"\W", "-", python)])
    folder = cache_folder() / key
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
        _fill(fresh, python)
        try:
            fresh.rename(folder)
        except OSError:  # somebody else was first
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise JailUnavailable(
            f"cannot prepare {folder.parent} ({error.strerror}): set XDG_CACHE_HOME to a folder you can write"
        ) from error
    return folder


def _fill(folder: Path, python: str) -> None:
    packages = folder / "site"
    packages.mkdir()
    for name in _PACKAGES:
        for file in importlib.metadata.files(name) or ():
            if ".." in file.parts or "__pycache__" in file.parts or file.is_absolute():
                continue
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), target)
    compileall.compile_dir(packages, quiet=2, stripdir=str(packages), prependdir="/usr/local/lib/python")
    (folder / "bin").mkdir()
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(python)
    (entry,) = importlib.metadata.distribution("pytest").entry_points.select(name="pytest")
    script = _SCRIPT.format(python=python, module=entry.module, function=entry.attr)
    (folder / "bin" / "pytest").write_text(script)
    (folder / "bin" / "pytest").chmod(0o755)
    for path in (folder, *folder.rglob("*")):  # the jail's user is another one
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
