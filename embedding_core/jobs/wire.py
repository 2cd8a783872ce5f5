"""Messages between a server and its workers: one JSON object a line, in which bytes travel as base64.

A request is `{"kind", "parameters", "actor"}`. The answers are `{"progress": [stage, done, total, note]}` and
`{"reading": [path, …]}`, any number of times, and at last `{"done": result}` or `{"error": sentence}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

_BYTES = "$base64"


def encode(message: Mapping[str, Any]) -> bytes:
    """One line. Raises `TypeError` for what JSON cannot say."""
    return json.dumps(message, default=_pack).encode("ascii") + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line, object_hook=_unpack)
    return found


def _pack(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    raise TypeError(f"A {type(value).__name__} cannot travel between processes; make it a number, a text or a list.")


def _unpack(found: dict[str, Any]) -> Any:
    return base64.b64decode(found[_BYTES]) if found.keys() == {_BYTES} else found
