"""Images in a bucket, under a prefix. They stay where they are; the workspace keeps their addresses."""

from __future__ import annotations

from functools import partial

from embedding_core import remote
from embedding_core.errors import ImageRefused
from embedding_core.records import Candidate, Reason
from embedding_core.sources.base import Listing, assemble
from embedding_core.sources.files import MAX_BYTES, check_size, unreadable
from embedding_core.sources.paths import readable


class BucketSource:
    """All files below `s3://bucket/prefix`; paths are relative to it."""

    def __init__(self, uri: str) -> None:
        """Raises `InvalidSource` when it cannot be listed."""
        self._uri = uri.rstrip("/")
        self._found = list(remote.listed(self._uri))

    @property
    def name(self) -> str:
        return readable(self._uri.rpartition("/")[2]) or "images"

    def listing(self) -> Listing:
        return assemble(Candidate(readable(path), partial(_load, uri), uri) for path, uri in self._found)

    def close(self) -> None:
        """Nothing is held open."""


def _load(uri: str) -> bytes:
    try:
        content = remote.read(uri, MAX_BYTES)
    except FileNotFoundError:
        raise ImageRefused(Reason.MISSING, "The file is not there.") from None
    except OSError as error:
        raise unreadable(error) from None
    check_size(len(content))
    return content
