"""The form in which pieces of files travel: many small files in one request, a large one in many."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from embedding_core.errors import InvalidInput, KindredError, WorkspaceError

if TYPE_CHECKING:
    from embedding_core.sources.staging import Upload

HEADER = struct.Struct("<IId")  # index of the file, length of the piece, offset in the file (a float64, exact to 2**53)
LARGEST_FILE = 2**53  # bytes


class OutOfStep(KindredError):
    """A piece does not begin where the file on the server ends. Asking for `received` tells where that is."""


class Frames:
    """Pieces of files out of a stream of bytes: a header of 16 bytes (`HEADER`), then the piece, and so on.

    Many small files fit in one request so, and a large one comes in pieces. Nothing is held longer than a call.
    """

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._rest = b""  # of a header whose end has not come
        self._index, self._left, self._offset = 0, 0, 0
        self.written = 0

    def feed(self, data: bytes) -> None:
        """Write what `data` completes. Raises `OutOfStep`, and `TooLarge` over a limit."""
        view = memoryview(self._rest + data)
        while view:
            if not self._left:
                if len(view) < HEADER.size:
                    break
                self._begin(view[: HEADER.size])
                view = view[HEADER.size :]
            piece = view[: self._left]
            if piece:
                self._write(bytes(piece))
                view = view[len(piece) :]
        self._rest = bytes(view)

    def close(self) -> None:
        """Raises `InvalidInput` when the stream ended within a piece."""
        if self._left or self._rest:
            raise InvalidInput(f"The request ended {self._left or HEADER.size - len(self._rest)} bytes too early.")

    def _begin(self, head: memoryview) -> None:
        self._index, self._left, offset = HEADER.unpack(head)
        if not (0 <= offset < LARGEST_FILE and offset.is_integer()):
            raise InvalidInput(f"A piece begins at a whole number of bytes, not at {offset}.")
        self._offset = int(offset)

    def _write(self, piece: bytes) -> None:
        try:
            self._upload.write(self._index, self._offset, piece)
        except InvalidInput as error:
            raise OutOfStep(str(error)) from error
        except OSError as error:  # the disk is full, most likely
            raise WorkspaceError(f"The server could not keep what arrived: {error.strerror}.") from error
        self._offset += len(piece)
        self._left -= len(piece)
        self.written += len(piece)
