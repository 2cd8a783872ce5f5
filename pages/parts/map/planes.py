"""The form in which numbers reach the browser: a head of JSON, then planes that a typed array lies on without a copy.

`u32 little-endian H` · `H bytes of JSON in UTF-8, padded with blanks so that 4 + H is a multiple of 8` · `planes`. The
head lists each plane's name, type, offset in bytes from the start of the planes (a multiple of 8) and length in
elements; all else in it are facts.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = frozenset({"float32", "float64", "uint8", "uint16", "uint32", "int32"})  # and "bytes"
_STEP = 8  # bytes: what the widest type wants to lie on


def pack(n: int, planes: Mapping[str, NDArray[Any] | bytes], **facts: Any) -> bytes:
    """A container of these planes and JSON-able facts; `n` is the number of rows that it is about."""
    listed: list[dict[str, str | int]] = []
    parts: list[memoryview | bytes] = []
    offset = 0
    for name, plane in planes.items():
        kind = "bytes" if isinstance(plane, bytes) else plane.dtype.name
        if kind != "bytes" and kind not in TYPES:
            raise TypeError(f"A plane is of {', '.join(sorted(TYPES))} or bytes, and {name} is of {kind}.")
        content = memoryview(plane) if isinstance(plane, bytes) else np.ascontiguousarray(plane).data.cast("B")
        gap = -len(content) % _STEP
        listed.append({"name": name, "type": kind, "offset": offset, "length": len(plane)})
        parts += [content, bytes(gap)]
        offset += len(content) + gap
    head = json.dumps({"n": n, "planes": listed, **facts}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    written = head.encode()
    written += b" " * (-(4 + len(written)) % _STEP)
    return b"".join([struct.pack("<I", len(written)), written, *parts])


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The facts of a container, and its planes by name, read-only."""
    (length,) = struct.unpack_from("<I", content)
    facts = json.loads(content[4 : 4 + length])
    planes = {
        one["name"]: np.frombuffer(
            content, "uint8" if one["type"] == "bytes" else one["type"], one["length"], 4 + length + one["offset"]
        )
        for one in facts["planes"]
    }
    return facts, planes
