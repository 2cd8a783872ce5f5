"""What most of the nearest say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def majority(votes: NDArray[np.integer]) -> NDArray[np.int64]:
    """The class (b,) of most of `votes` (b, k), the nearest first, −1 for none; of equals that of the nearest."""
    counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2) * (votes >= 0)
    found: NDArray[np.int64] = np.take_along_axis(votes, counts.argmax(axis=1)[:, None], axis=1)[:, 0].astype(np.int64)
    return found
