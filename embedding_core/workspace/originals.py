"""Files that stay where they are: read again, and only as what was added."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedding_core import remote
from embedding_core.errors import ImageRefused
from embedding_core.fingerprint import digest
from embedding_core.records import Reason


def original(row: Mapping[str, Any]) -> bytes | ImageRefused:
    """A file that stayed where it is, if it still is what was added."""
    origin = row["origin"]
    try:
        data = remote.read(origin, row["nbytes"]) if "://" in origin else Path(origin).read_bytes()
    except OSError as error:
        return ImageRefused(Reason.MISSING, f"{origin} cannot be read any more: {error.strerror}.")
    if digest(data) != row["sha256"]:
        return ImageRefused(Reason.CHANGED, f"{origin} has changed since it was added. Add it again.")
    return data
