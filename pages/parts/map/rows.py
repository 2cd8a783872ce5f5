"""Sets of rows on their way to and from the browser: row i is bit `i & 7` of byte `i >> 3`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pack(rows: NDArray[np.bool_]) -> bytes:
    """The bits of `rows` (n,), in ceil(n / 8) bytes."""
    return np.packbits(rows, bitorder="little").tobytes()


def unpack(content: bytes, n: int) -> NDArray[np.bool_]:
    """Whether each of n rows is in the set (n,). Raises `InvalidInput` for another number of bytes than n rows take."""
    wanted = -(-n // 8)
    if len(content) != wanted:
        raise InvalidInput(f"A set of {n:,} rows takes {wanted:,} bytes, and {len(content):,} came. Reload the page.")
    return np.unpackbits(np.frombuffer(content, np.uint8), count=n, bitorder="little").astype(bool)
