"""How the host and the keeper talk: frames of byte strings. Nothing in them is ever executed.

A frame is its length (8 bytes, big-endian) and fields, each with its length (4 bytes) before it. Nodes
travel as three fields: path, kind and data.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence

from subterfuge.jail.errors import JailLost
from subterfuge.jail.tree import Directory, File, Link, Node, Tree, Unreadable

_LONGEST = 2**30


def encode(fields: Iterable[bytes]) -> bytes:
    """One frame that holds these fields."""
    body = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return len(body).to_bytes(8, "big") + body


async def receive(stream: asyncio.StreamReader) -> list[bytes]:
    """The fields of the next frame.

    Raises:
        JailLost: The stream ended, or holds no frame.
    """
    try:
        size = int.from_bytes(await stream.readexactly(8), "big")
        if size > _LONGEST:
            raise JailLost("the jail sent a frame longer than any answer")
        body = memoryview(await stream.readexactly(size))
    except asyncio.IncompleteReadError as error:
        raise JailLost("the jail ended before it answered") from error
    fields, at = [], 0
    while at < size:
        length = int.from_bytes(body[at : at + 4], "big")
        fields.append(bytes(body[at + 4 : at + 4 + length]))
        at += 4 + length
    return fields


def pack(files: Tree) -> list[bytes]:
    """A tree as fields, links last, so that nothing is written through one; without the unreadable."""
    fields: list[bytes] = []
    for path, node in sorted(files.items(), key=lambda item: isinstance(item[1], Link)):
        name = os.fsencode(path)
        if isinstance(node, File):
            fields += [name, b"f", node.data]
        elif isinstance(node, Link):
            fields += [name, b"l", os.fsencode(node.target)]
        elif isinstance(node, Directory):
            fields += [name, b"d", b""]
    return fields


def unpack(kind: bytes, data: bytes) -> Node:
    """The node that one kind and its data stand for."""
    if kind == b"f":
        return File(data=data)
    if kind == b"l":
        return Link(target=data.decode(errors="replace"))
    if kind == b"d":
        return Directory()
    return Unreadable(reason=data.decode(errors="replace"))


def unpack_tree(fields: Sequence[bytes]) -> Tree:
    """The tree in the fields of a snapshot."""
    triples = zip(fields[::3], fields[1::3], fields[2::3], strict=True)
    nodes = {path.decode(errors="replace"): unpack(kind, data) for path, kind, data in triples}
    return dict(sorted(nodes.items()))
