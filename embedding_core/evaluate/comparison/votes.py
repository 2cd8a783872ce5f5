"""What the images nearest to an image say of it: leave-one-out votes, and how well its class is retrieved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.evaluate.comparison.ways import similarities
from embedding_core.evaluate.precision import average, places
from embedding_core.neighbours.majority import majority

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.evaluate.comparison.ways import Seen

_CELLS = 2**23  # entries of the largest block of similarities


@dataclass(frozen=True, eq=False, slots=True)
class Ranked:
    """What the images nearest to each of q images say."""

    voted: NDArray[np.int64]  # (q,) class of most of the k nearest, of the nearest one among equals; −1 without any
    precision: NDArray[np.float32]  # (q,) average precision of all images of the same class; NaN where there is none


def ranked(
    of: Seen,
    codes: NDArray[np.int64],
    groups: NDArray[np.integer],
    asked: NDArray[np.integer],
    *,
    k: int = 5,
    precise: bool = True,
) -> Ranked:
    """What the other images say of the rows `asked` (q,): classes `codes` (n,), −1 for none, which has no say.

    An image's own group, `groups` (n,) with −1 for one that is alone, has no say either: copies of an image would say
    what it is. Without `precise` average precision is not worked out, and NaN.
    """
    voted, precision = np.full(len(asked), -1, np.int64), np.full(len(asked), np.nan, np.float32)
    size = max(1, _CELLS // len(codes))
    for start in range(0, len(asked), size):
        part = slice(start, start + size)
        rows = asked[part]
        alike = similarities(of, rows)
        out = (codes < 0)[None, :] | ((groups[rows, None] >= 0) & (groups[rows, None] == groups))
        out[np.arange(len(rows)), rows] = True
        alike[out] = -np.inf
        best = np.sort(np.argpartition(-alike, min(k, len(codes)) - 1, axis=1)[:, :k], axis=1)
        among = np.argsort(-np.take_along_axis(alike, best, axis=1), axis=1, kind="stable")
        near = np.take_along_axis(best, among, axis=1)
        said = np.where(np.isfinite(np.take_along_axis(alike, near, axis=1)), codes[near], -1)
        voted[part] = majority(said)
        if precise:
            precision[part] = [
                average(*places(line[there & (codes == own)], line[there & (codes != own)]))
                for line, there, own in zip(alike, ~out, codes[rows], strict=True)
            ]
    return Ranked(voted, precision)
