"""How well an image finds others of its class, when all are ranked by likeness.

By default mean average precision is of rankings of all images, near-duplicates among them, as other tools count it;
with groups an image's own near-duplicates are not there to be found, since finding them says nothing of its class.
Recall@k as in metric learning, a hit among the first k: Jégou et al. 2011, "Product quantization for nearest neighbor
search"; Oh Song et al. 2016, "Deep metric learning via lifted structured feature embedding". torchmetrics calls the two
`RetrievalMAP` and `RetrievalHitRate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.evaluate.precision import average, places
from embedding_core.evaluate.similarities import drawn, labelled_rows, similarities
from embedding_core.quality.groups import shared
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

KS = (1, 5, 10)
QUERIES = 5_000  # images that search for their like; of more so many are drawn, and all are searched


@dataclass(frozen=True, eq=False, slots=True)
class Retrieval:
    """What each of q images found that has others of its class."""

    rows: NDArray[np.int64]  # (q,) ascending
    precision: NDArray[np.float64]  # (q,) average precision of each, above 0 to 1
    first: NDArray[np.int64]  # (q,) at which place the first of its class came, 1 for the nearest

    def __post_init__(self) -> None:
        for name in ("rows", "precision", "first"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def mean(self) -> float:
        """Mean average precision, 0 to 1: 1 where all of a class come before all others, the share of a class where
        order is chance. 0.5 is good for classes of hundreds of photographs. NaN where no class has two images."""
        return float(self.precision.mean()) if len(self.rows) else float("nan")

    def recall(self, k: int) -> float:
        """Share of the images that have one of their class among the k most like them, 0 to 1; near 1 is good."""
        return float((self.first <= k).mean()) if len(self.rows) else float("nan")

    def without_copies(self, vectors: ArrayLike, codes: ArrayLike, groups: NDArray[np.integer]) -> Retrieval:
        """The same with an image's own near-duplicates left out of what it ranks: only who has any is asked again."""
        asked = np.flatnonzero(shared(groups))
        asked = asked[np.isin(asked, self.rows)]
        if not len(asked):
            return self
        again = retrieval(vectors, codes, groups=groups, asked=asked)
        same = ~np.isin(self.rows, asked)
        rows = np.concatenate([self.rows[same], again.rows])
        precision = np.concatenate([self.precision[same], again.precision])
        first = np.concatenate([self.first[same], again.first])
        order = np.argsort(rows)
        return Retrieval(rows[order], precision[order], first[order])


def retrieval(
    vectors: ArrayLike,
    codes: ArrayLike,
    *,
    groups: NDArray[np.integer] | None = None,
    asked: NDArray[np.int64] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Retrieval:
    """Rank all others by cosine for each of `vectors` (n, d) with classes `codes` (n,), −1 for those left out.

    Of `groups` (n,) of near-duplicates, −1 for one alone, those of an image's own are left out of what it ranks. With
    `asked` only those rows rank others.

    One of another class that is equally like counts as before it, so a set of equal vectors gains nothing. Exact; of
    more than `QUERIES` images so many are drawn from `seed`. Memory is a unit copy of the vectors and a block of 32 MB.
    Raises `InvalidVectors`, and `InvalidInput` for fewer than two classes.
    """
    unit, classes, rows = labelled_rows(vectors, codes)
    members = [np.flatnonzero(classes == code) for code in range(int(classes.max()) + 1)]
    together = np.full(len(rows), -1) if groups is None else np.asarray(groups)[rows]
    order = np.argsort(together, kind="stable")
    begins = np.searchsorted(together[order], together, "left")
    ends = np.searchsorted(together[order], together, "right")
    queries = drawn(len(rows), QUERIES, seed) if asked is None else np.flatnonzero(np.isin(rows, asked))
    found: list[int] = []
    precision: list[float] = []
    first: list[int] = []
    for some, block in similarities(unit, queries):
        progress("scoring", len(found), len(queries))
        for row, line in zip(some.tolist(), block, strict=True):
            of_class = members[classes[row]]
            if len(of_class) < 2:
                continue
            copies = order[begins[row] : ends[row]] if together[row] >= 0 else np.array([row])
            own = line[np.setdiff1d(of_class, copies, assume_unique=True)]
            if not len(own):
                continue
            line[of_class] = -np.inf
            line[copies] = -np.inf
            hits, place = places(own, line)
            found.append(row)
            precision.append(average(hits, place))
            first.append(1 + int(place[0] - hits[0]))  # the best of the class, behind all others that are as like
    return Retrieval(rows[np.array(found, np.int64)], np.array(precision), np.array(first, np.int64))
