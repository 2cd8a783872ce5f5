"""Answers whose address names their content: kept by the browser for good, compressed where that pays.

Packing takes longer than sending, so what was compressed is kept a while; what does not shrink is made anew.
"""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from embedding_core.fingerprint import digest
from pages.parts import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

BINARY = "application/octet-stream"
KEPT = 48 * 2**20  # bytes of compressed answers
SMALLEST = 1_000  # bytes worth compressing
LEVEL = 5
SAVED = 0.2  # of the bytes, at least; numbers without pattern save less, and take a browser's time all the same

_TRIED = 8, 2**15  # pieces, and bytes of each, that are compressed to see whether it pays


def for_good(request: Request, make: Callable[[], bytes], media_type: str = BINARY) -> Response:
    """What `make` returns. It is not called for a browser that has the answer, nor while a compressed one is kept."""
    address = f"{request.url.path}?{request.url.query}"
    etag = digest(address.encode())[:32]
    content, encoding = (b"", "") if answers.has(request, etag) else _encoded(request, address, make)
    # Named even when it is none: Streamlit compresses again, for every visitor, what does not name an encoding.
    headers = {"Vary": "Accept-Encoding", "Content-Encoding": encoding}
    return answers.for_good(request, content, media_type, etag, headers)


class Kept:
    """Byte strings by address, the most recently used ones, up to `limit` bytes in all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def get(self, address: str) -> bytes | None:
        with self._lock:
            if address in self._contents:
                self._contents.move_to_end(address)
            return self._contents.get(address)

    def put(self, address: str, content: bytes) -> None:
        with self._lock:
            self._size += len(content) - len(self._contents.pop(address, b""))
            self._contents[address] = content
            while self._size > self._limit:
                self._size -= len(self._contents.popitem(last=False)[1])


_kept = Kept(KEPT)


def _encoded(request: Request, address: str, make: Callable[[], bytes]) -> tuple[bytes, str]:
    """The content and its encoding."""
    if not _takes_gzip(request):
        return make(), "identity"
    packed = _kept.get(address)
    if packed is None:
        content = make()
        if not pays(content):
            return content, "identity"
        packed = gzip.compress(content, LEVEL, mtime=0)
        _kept.put(address, packed)
    return packed, "gzip"


def pays(content: bytes) -> bool:
    """Whether compressing saves a fifth, judged by a few pieces of what is long."""
    if len(content) < SMALLEST:
        return False
    pieces, size = _TRIED
    if len(content) > pieces * size:
        step = (len(content) - size) // (pieces - 1)
        content = b"".join(content[start : start + size] for start in range(0, pieces * step, step))
    return len(gzip.compress(content, LEVEL)) < (1 - SAVED) * len(content)


def _takes_gzip(request: Request) -> bool:
    for token in request.headers.get("accept-encoding", "").split(","):
        name, _, weight = token.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" if weight else True
    return False
