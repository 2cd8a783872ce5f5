"""Outliers: images unlike the others, by how far even the nearest fiftieth of all images is from them.

The distance to the k-th neighbour (Ramaswamy et al. 2000, "Efficient algorithms for mining outliers from large data
sets"), with k a share of the set and counted among a sample of it: images that do not belong rarely come alone, and a
few dozen of one kind are each other's neighbours. Of 25 drawings among 3,781 photographs of clothes, all neighbours
within reach of the graph are drawings too. There the local outlier factor ranks with an average precision of .01,
the mean distance to 30 neighbours .5, this .94. Where images have labels, the distance to the own class is the
second half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.outliers.found import LINE, Outliers
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

FEWEST = 20  # images below which none of them is unusual
SAMPLE = 2000  # images at most that all are compared with
NEAR = 0.02  # share of them that is near
NEAREST = 20  # images that are near at least
CLASS_SAMPLE = 500  # images of a class at most that the class is compared with
CLASS_NEAR = 0.1
CLASS_NEAREST = 5
CLASS_FEWEST = 10  # images of a class below which it says nothing

_CELLS = 2**23  # similarities held at once, 32 MB


def find_outliers(
    ids: NDArray[np.int64],
    vectors: ArrayLike,
    graph: NeighbourGraph,
    labels: Sequence[str | None],
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Outliers:
    """Rank images `ids` (n,) with `vectors` (n, d), their neighbour `graph` and `labels` (n,), None for no label.

    The same seed gives the same answer; up to 2,000 images it does not matter. Raises `InvalidVectors`, and
    `InvalidInput` for fewer than 20 images or arrays of different lengths.
    """
    unit = unit_rows(checked(vectors))
    n = len(unit)
    if not len(ids) == n == graph.n == len(labels):
        raise InvalidInput(
            f"Images, vectors, graph and labels must be of the same images: {len(ids):,}, {n:,}, {graph.n:,} and "
            f"{len(labels):,}."
        )
    if n < FEWEST:
        raise InvalidInput(f"What is unusual shows among {FEWEST} images or more, and here are {n:,}. Add some.")
    names = sorted({label for label in labels if label is not None})
    number = {name: code for code, name in enumerate(names)}
    codes = np.array([-1 if label is None else number[label] for label in labels], np.int32)
    chance = np.random.default_rng(seed)
    every = np.arange(n)
    distance = _distances(unit, every, SAMPLE, NEAR, NEAREST, chance, progress)
    own, excused = np.full(n, np.nan, np.float32), np.zeros(n, bool)
    for rows in _by_class(codes):
        if len(rows) >= CLASS_FEWEST:
            own[rows] = _distances(unit, rows, CLASS_SAMPLE, CLASS_NEAR, CLASS_NEAREST, chance)
            excused[rows] = len(rows) >= NEAR * n
    # To be near to one's class excuses, unless the class is so small that it may be foreign as a whole.
    of_class = np.where(excused, own, np.fmax(distance, own))
    both = (distance + of_class) / np.float32(2)
    return Outliers(
        ids=ids,
        names=tuple(names),
        codes=codes,
        score=_spreads(both),
        distance=distance,
        own=own,
        nearest=graph.rows[:, :5],
        likeness=graph.similarity[:, :5],
        line=LINE,
    )


def _by_class(codes: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """The rows of each class, ascending; one sort, however many classes there are."""
    order = np.argsort(codes, kind="stable")[np.count_nonzero(codes < 0) :]
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else []


def _distances(
    unit: NDArray[np.float32],
    rows: NDArray[np.int64],
    sample: int,
    share: float,
    least: int,
    chance: np.random.Generator,
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """The cosine distance (m,) of each of `rows` (m,) to the farthest of those nearest others that are near.

    Near are a share of the others, and `least` at least, out of a sample of them where they are many.
    """
    drawn = rows if len(rows) <= sample else np.sort(chance.choice(rows, sample, replace=False))
    near = min(max(least, round(share * len(drawn))), len(drawn) - 1)
    references = unit[drawn].T
    found = np.empty(len(rows), np.float32)
    size = max(1, _CELLS // len(drawn))
    for start in range(0, len(rows), size):
        progress("outliers", start, len(rows))
        part = rows[start : start + size]
        alike = unit[part] @ references
        place = np.searchsorted(drawn, part).clip(max=len(drawn) - 1)
        itself = np.flatnonzero(drawn[place] == part)
        alike[itself, place[itself]] = -np.inf  # an image is not its own neighbour
        found[start : start + size] = 1 - np.partition(alike, -near, axis=1)[:, -near]
    return found


def _spreads(distances: NDArray[np.floating]) -> NDArray[np.float32]:
    """How many standard deviations above the middle (n,), both from medians, which outliers do not move.

    The modified z-score of Iglewicz & Hoaglin 1993, "How to detect and handle outliers".
    """
    middle = np.median(distances)
    spread = 1.4826 * np.median(np.abs(distances - middle))
    return np.asarray((distances - middle) / max(float(spread), 1e-6), np.float32)
