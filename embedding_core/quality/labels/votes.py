"""What the neighbours of an image are labelled: their votes, and those of them that speak for one label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

SCALE = 0.04  # cosine by which a neighbour is less alike than the nearest one, for its vote to weigh 1/e
PRIOR = 0.1  # weight of the shares among all labels, beside 1 of all neighbours together


def votes(
    graph: NeighbourGraph, codes: NDArray[np.integer], count: int, *, groups: NDArray[np.integer] | None = None
) -> NDArray[np.float32]:
    """Return shares (n, count), each row of sum 1, of the labels among the neighbours of each row, weighed by likeness.

    `codes` (n,) are labels 0 … count − 1, or −1 for rows that have none and no vote. Of a row's own group no one votes:
    `groups` (n,), −1 for a row that is alone. Where nobody votes, the shares among all labels stand. Raises
    `InvalidInput` when codes and graph are of other images.
    """
    if len(codes) != graph.n:
        raise InvalidInput(f"Labels and graph must be of the same images: {len(codes):,} and {graph.n:,}.")
    shares = np.bincount(codes[codes >= 0], minlength=count) / max(1, int(np.count_nonzero(codes >= 0)))
    found = np.zeros((graph.n, count), np.float32)
    every = np.arange(graph.n)
    for place in range(graph.k):
        others = graph.rows[:, place]
        weight = np.exp((graph.similarity[:, place] - graph.similarity[:, 0]) / np.float32(SCALE))
        weight[(codes[others] < 0) | _together(groups, every, others)] = 0
        found[every, codes[others]] += weight  # of one without a label 0, to whichever
    total = found.sum(axis=1, keepdims=True)
    heard = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
    mixed = heard + PRIOR * shares
    mixed /= mixed.sum(axis=1, keepdims=True)
    return np.asarray(mixed, np.float32)


def speaking_for(
    graph: NeighbourGraph,
    codes: NDArray[np.integer],
    wanted: NDArray[np.integer],
    count: int = 5,
    *,
    groups: NDArray[np.integer] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the `count` nearest neighbours of each row that are labelled `wanted` (n,), and their similarity.

    Both are (n, count), best first; where there are fewer, −1 and NaN. Rows of one's own group do not speak.
    """
    others = graph.rows
    speaks = codes[others] == wanted[:, None]
    speaks &= ~_together(groups, np.arange(graph.n)[:, None], others)
    first = np.argsort(~speaks, axis=1, kind="stable")[:, :count]
    there = np.take_along_axis(speaks, first, axis=1)
    rows, similarity = np.full((graph.n, count), -1, np.int32), np.full((graph.n, count), np.nan, np.float32)
    rows[:, : there.shape[1]] = np.where(there, np.take_along_axis(others, first, axis=1), -1)
    near = np.take_along_axis(graph.similarity, first, axis=1)
    similarity[:, : there.shape[1]] = np.where(there, near, np.nan)
    return rows, similarity


def _together(
    groups: NDArray[np.integer] | None, rows: NDArray[np.integer], others: NDArray[np.integer]
) -> NDArray[np.bool_]:
    if groups is None:
        return np.zeros(np.broadcast_shapes(rows.shape, others.shape), bool)
    together: NDArray[np.bool_] = (groups[rows] >= 0) & (groups[rows] == groups[others])
    return together
