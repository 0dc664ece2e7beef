"""What a folder of files looks like, as plain data that goes to JSON and back without loss."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Frozen):
    """A regular file. In JSON its content is `text` where it is valid UTF-8, else `base64`."""

    kind: Literal["file"] = "file"
    data: bytes

    @property
    def text(self) -> str | None:
        """The content as text, or None where it is not valid UTF-8."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None

    @model_serializer
    def _dump(self) -> dict[str, str]:
        text = self.text
        if text is None:
            return {"kind": "file", "base64": base64.b64encode(self.data).decode()}
        return {"kind": "file", "text": text}

    @model_validator(mode="before")
    @classmethod
    def _load(cls, value: Any) -> Any:
        if isinstance(value, dict) and "text" in value:
            return {"kind": "file", "data": str(value["text"]).encode()}
        if isinstance(value, dict) and "base64" in value:
            return {"kind": "file", "data": base64.b64decode(value["base64"], validate=True)}
        return value


class Link(_Frozen):
    """A symbolic link, never followed."""

    kind: Literal["link"] = "link"
    target: str


class Directory(_Frozen):
    """A directory: recorded only when it is empty, or where it took the place of a file."""

    kind: Literal["directory"] = "directory"


class Unreadable(_Frozen):
    """Something that is there and could not be read, with the reason."""

    kind: Literal["unreadable"] = "unreadable"
    reason: str


Node = Annotated[File | Link | Directory | Unreadable, Field(discriminator="kind")]
"""One thing at one path."""

Tree = dict[str, Node]
"""Absolute POSIX path to node, sorted by path."""


def tree(files: Mapping[str, str | bytes | Node]) -> Tree:
    """Make a tree of what a caller has at hand.

    Args:
        files: Absolute paths; a `str` is text (UTF-8), `bytes` are a file's content, a node is itself.

    Returns:
        The same, sorted, with normal paths.

    Raises:
        ValueError: A path is relative, is not normal or holds a NUL.
    """
    nodes: Tree = {}
    for path, value in files.items():
        if not path.startswith("/") or posixpath.normpath(path) != path or "\0" in path:
            raise ValueError(f"not an absolute, normal path: {path!r}")
        if isinstance(value, str):
            nodes[path] = File(data=value.encode())
        elif isinstance(value, bytes):
            nodes[path] = File(data=value)
        else:
            nodes[path] = value
    return dict(sorted(nodes.items()))


def changed(before: Tree, after: Tree) -> dict[str, Node | None]:
    """What differs between two snapshots.

    Args:
        before: The earlier snapshot.
        after: The later one.

    Returns:
        Path to its node in `after`, None where it is gone, `Directory` where a folder with something in it
        took a file's place. An empty folder that was filled is no change of its own.
    """
    parents = {parent for path in after for parent in _parents(path)}
    differs: dict[str, Node | None] = {p: node for p, node in after.items() if before.get(p) != node}
    for path, node in before.items():
        if path in after:
            continue
        if path not in parents:
            differs[path] = None
        elif not isinstance(node, Directory):
            differs[path] = Directory()
    return dict(sorted(differs.items()))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts))]
