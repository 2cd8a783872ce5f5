"""A graph of a set that has changed: new rows are compared with all, the others with the new ones alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.neighbours.building import NeighbourGraph
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

_BLOCK = 2**25  # entries of the largest block that is held at once, 128 MB of float32


@dataclass(frozen=True, slots=True)
class Change:
    """What a graph lacks for a set of n rows."""

    kept: NDArray[np.int64]  # (n,) the row of the graph that each row was, −1 for one that is new
    searched: NDArray[
        np.int32
    ]  # (s,) rows whose neighbours are looked for among all: new ones, and those that lost one
    new: NDArray[np.int32]  # (w,) rows that are candidates for all others


def change(known: NeighbourGraph, kept: NDArray[np.int64]) -> Change:
    """What `known` lacks for a set whose rows were its rows `kept` (n,), or −1."""
    here = np.full(known.n + 1, -1, np.int64)  # the last stands for a row that is new
    here[kept] = np.arange(len(kept))
    here[known.n] = -1
    lost = (here[known.rows] < 0).any(axis=1)
    searched = (kept < 0) | np.append(lost, True)[kept]
    return Change(kept, np.flatnonzero(searched).astype(np.int32), np.flatnonzero(kept < 0).astype(np.int32))


def extended(
    vectors: ArrayLike, known: NeighbourGraph, lacking: Change, *, progress: Progress = silent
) -> NeighbourGraph:
    """The cosine graph of `vectors` (n, d) from that of the rows it has in common with an earlier set.

    It has as many neighbours a row as `known`; those of new rows are exact, and so is all where `known` is. Among
    equals, rows that were there come before new ones. Raises `InvalidVectors`.
    """
    from embedding_core.neighbours import kernels

    unit = unit_rows(checked(vectors))
    n = len(unit)
    found = kernels.empty(n, known.k)
    here = np.full(known.n, -1, np.int32)
    stayed = np.flatnonzero(lacking.kept >= 0)
    here[lacking.kept[stayed]] = stayed
    carried = np.setdiff1d(stayed, lacking.searched).astype(np.int32)
    found[0][carried] = here[known.rows[lacking.kept[carried]]]
    found[1][carried] = known.similarity[lacking.kept[carried]]
    everyone = np.arange(n, dtype=np.int32)
    size = max(1, _BLOCK // max(1, n))
    for start in range(0, len(lacking.searched), size):
        progress("neighbours", start, len(lacking.searched))
        some = lacking.searched[start : start + size]
        kernels.merge(unit[some] @ unit.T, some, some, everyone, *found)
    for start in range(0, len(lacking.new), size):
        some = lacking.new[start : start + size]
        kernels.merge(unit[carried] @ unit[some].T, carried, carried, some, *found)
    progress("neighbours", len(lacking.searched), len(lacking.searched))
    np.clip(found[1], -1, 1, out=found[1])
    return NeighbourGraph(*found, known.recall)
