"""How well labels are told from the numbers of images: by a probe and by neighbours, on rows that were not taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.neighbours.majority import majority
from embedding_core.quality.probing.classifiers import logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LENGTH = 1.5  # root mean square of the rows that a probe is fitted on: how strongly it is held back
NEIGHBOURS = 5
FOLDS = 5
ROWS = 10_000  # labelled rows at most that are scored; more narrow an interval by less than a third of a point

_BLOCK = 1024  # rows that are compared with all others at once


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One way to part m rows."""

    taught: NDArray[np.int64]  # (t,)
    asked: NDArray[np.int64]  # (k,)


def parts(dealt: NDArray[np.int32]) -> list[Part]:
    """Each fold of rows (m,) asked once, the others taught."""
    return [Part(np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)) for fold in range(int(dealt.max()) + 1)]


def scaled(taught: NDArray[np.float32], *others: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Rows (t, k), and others (…, k) with them, so that those that are taught have the length that the probe wants."""
    square = float(np.einsum("nd,nd->", taught, taught, dtype=np.float64)) / max(len(taught), 1)
    by = np.float32(LENGTH / max(np.sqrt(square), 1e-12))
    return [one * by for one in (taught, *others)]


def told_by_probe(
    taught: NDArray[np.float32], codes: NDArray[np.int64], asked: NDArray[np.float32]
) -> NDArray[np.int64]:
    """The classes (k,) that a logistic regression over `taught` (t, r) with `codes` (t,) gives to `asked` (k, r)."""
    there, places = np.unique(codes, return_inverse=True)
    if len(there) < 2:
        return np.full(len(asked), there[0] if len(there) else -1, np.int64)
    with threads.alone():
        weights, bias = logistic(taught, places)
    told: NDArray[np.int64] = there[(asked @ weights + bias).argmax(axis=1)]
    return told


def told_by_neighbours(distances: NDArray[np.float32], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The commonest class (k,) among the `NEIGHBOURS` nearest of rows with `codes` (t,); ties go to the nearest.

    `distances` (k, t).
    """
    count = min(NEIGHBOURS, distances.shape[1])
    near = np.argpartition(distances, count - 1, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
    return majority(codes[np.take_along_axis(near, order, axis=1)])


def neighbours_at(
    taught: NDArray[np.float32],
    codes: NDArray[np.int64],
    asked: NDArray[np.float32],
    counts: Sequence[int],
) -> NDArray[np.int64]:
    """The classes (c, k) that the nearest neighbours give by straight distance over the first `counts` (c,) columns.

    On principal axes the distance over all columns puts images in the order of cosine.
    """
    told = np.empty((len(counts), len(asked)), np.int64)
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        distances = np.zeros((len(block), len(taught)), np.float32)
        before = 0
        for row, count in enumerate(counts):
            theirs, own = taught[:, before:count], block[:, before:count]
            distances += np.einsum("nd,nd->n", theirs, theirs) - 2 * (own @ theirs.T)
            told[row, start : start + _BLOCK] = told_by_neighbours(distances, codes)
            before = count
    return told
