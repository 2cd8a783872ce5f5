"""What the map asks the server for, as tests of its routes ask and read it."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from pages.parts.map import present
from tests.pages.serving import visitor

if TYPE_CHECKING:
    from embedding_core.derived import MapResult
    from embedding_core.workspace import Dataset

N = 70  # more than one page of images
IMMUTABLE = "private, max-age=31536000, immutable"
TYPES = {"float32": "f4", "float64": "f8", "uint8": "u1", "uint16": "u2", "uint32": "u4", "int32": "i4", "bytes": "u1"}


def opened(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The facts and planes of a container, read from the description of its form."""
    (length,) = struct.unpack("<I", content[:4])
    assert (4 + length) % 8 == 0
    facts = json.loads(content[4 : 4 + length].decode())
    found = {}
    for plane in facts.pop("planes"):
        assert plane["offset"] % 8 == 0
        at = 4 + length + plane["offset"]
        found[plane["name"]] = np.frombuffer(content, "<" + TYPES[plane["type"]], plane["length"], at)
    return facts, found


def base(drawn: MapResult) -> str:
    return f"/api/map/{drawn.fingerprint}"


def version(dataset: Dataset) -> str:
    return present.version(dataset.token)


def get(address: str, status: int = 200) -> bytes:
    answer = visitor().get(address)
    assert answer.status_code == status, answer.text
    content: bytes = answer.content
    return content


def remove(dataset: Dataset, *ids: int) -> None:
    dataset._store.delete(dataset.table("images"), f"id IN ({','.join(map(str, ids))})")


def bits(rows: list[int], n: int = N) -> bytes:
    content = bytearray((n + 7) // 8)
    for row in rows:
        content[row >> 3] |= 1 << (row & 7)
    return bytes(content)


def set_of(content: bytes) -> list[int]:
    return [row for row in range(8 * len(content)) if content[row >> 3] >> (row & 7) & 1]
