"""How the keeper talks with the host: frames of byte strings on its standard input and output."""

from __future__ import annotations

import os

_MIB = 2**20


def _read(count: int) -> bytes:
    parts = []
    while count:
        part = os.read(0, min(count, _MIB))
        if not part:
            os._exit(0)  # the host is gone; as process 1 goes, everything here goes
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive() -> list[bytes]:
    """The fields of the next request. Ends the jail when there is none to come."""
    body = memoryview(_read(int.from_bytes(_read(8), "big")))
    fields, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        fields.append(bytes(body[at + 4 : at + 4 + size]))
        at += 4 + size
    return fields


def send(fields: list[bytes]) -> None:
    """Answer with these fields."""
    body = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    rest = memoryview(len(body).to_bytes(8, "big") + body)
    while rest:
        rest = rest[os.write(1, rest) :]
