"""Groups of images that belong together, as numbers: joined where they overlap, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

ALONE = -1


def by_value(values: Sequence[str | None]) -> NDArray[np.int32]:
    """Groups (n,) of images with an equal value; `ALONE` where there is none."""
    number: dict[str, int] = {}
    codes = [ALONE if value is None else number.setdefault(value, len(number)) for value in values]
    return np.array(codes, np.int32)


def witnesses(groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """Numbers (n,) from 0, in the order of first images: one for each of the groups (n,), one for each image alone.

    However groups are numbered, the numbers are the same.
    """
    grouped = groups.astype(np.int64)
    alone = grouped < 0
    grouped[alone] = int(grouped.max(initial=ALONE)) + 1 + np.arange(np.count_nonzero(alone))
    _, first, numbers = np.unique(grouped, return_index=True, return_inverse=True)
    found: NDArray[np.int64] = np.argsort(np.argsort(first))[numbers].astype(np.int64)
    return found


def shared(groups: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which images (n,) are in one of the groups (n,) with another image."""
    grouped: NDArray[np.bool_] = groups >= 0
    sizes = np.bincount(groups[grouped], minlength=1)
    found: NDArray[np.bool_] = grouped & (sizes[groups] > 1)
    return found


def numbered(sets: Sequence[NDArray[np.integer]], n: int) -> NDArray[np.int32]:
    """Groups (n,) of the rows in each of the sets, which share none; `ALONE` for the others."""
    groups = np.full(n, ALONE, np.int32)
    for number, rows in enumerate(sets):
        groups[rows] = number
    return groups


def joined(groupings: Sequence[NDArray[np.integer]], n: int) -> NDArray[np.int32]:
    """Groups (n,) of images that any of the groupings (n,) holds together, by whatever chain; 0 … for every image.

    An image that is alone is a group of its own. Raises `InvalidInput` for a grouping of another length.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends: list[NDArray[np.int64]] = []
    for groups in groupings:
        if groups.shape != (n,):
            raise InvalidInput(f"A grouping must have one number for each of {n:,} images, not shape {groups.shape}.")
        rows, starts = members(groups)
        follows = np.setdiff1d(np.arange(len(rows)), starts)
        ends.append(np.stack([rows[follows - 1], rows[follows]]))
    pairs = np.concatenate(ends, axis=1) if ends else np.empty((2, 0), np.int64)
    edges = coo_array((np.ones(pairs.shape[1], bool), (pairs[0], pairs[1])), shape=(n, n))
    _, labels = connected_components(edges, directed=False)
    return np.asarray(labels, np.int32)


def alike(graph: NeighbourGraph, least: float) -> NDArray[np.int32]:
    """Groups (n,) of rows that are at least so similar to one of their neighbours; `ALONE` for the others."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    near = graph.similarity >= least
    ends = np.concatenate([[0], np.cumsum(near.sum(axis=1))])
    edges = csr_array((np.ones(ends[-1], bool), graph.rows[near], ends), shape=(graph.n, graph.n))
    _, labels = connected_components(edges, directed=False)
    return np.where(np.bincount(labels)[labels] > 1, labels, ALONE).astype(np.int32)


def members(groups: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of images in groups, group after group (m,), and where each group begins in that (g,)."""
    rows = np.argsort(groups, kind="stable")
    rows = rows[np.count_nonzero(groups < 0) :]
    ordered = groups[rows]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(rows) else np.empty(0, np.int64)
    return rows.astype(np.int64), starts.astype(np.int64)
