"""Search in a large set through an index: in the partitions nearest to the query, as many as were found to be enough.

The index answers by cosine, dot product and euclidean distance, which are all had from products with the rows, and of
these by the ones under which a sample finds its true neighbours in a small part of the set: always cosine, as a rule
euclidean, and the dot product where rows are about equally long. Partitions say nothing of manhattan distances and of
bits; hamming is quick without them. All else is exact: other metrics, more neighbours than were measured, several
images at once, and searches that leave many rows out, whose neighbours lie further away than those of the sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.neighbours import partitions
from embedding_core.neighbours.answers import Neighbours
from embedding_core.neighbours.flat import Flat, gathered
from embedding_core.records import silent
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours.flat import Excluded
    from embedding_core.neighbours.partitions import Partitions
    from embedding_core.records import Progress

SERVED = ("cosine", "dot", "euclidean")
DEPTHS = (10, 30, 100)  # neighbours up to which recall is measured
AIM = 0.98  # recall by which the number of partitions is chosen
LEAST = 0.95  # measured recall below which nothing is answered through the index
CHOOSING, MEASURING = 500, 1_000  # rows of the sample that choose, and others that measure
MOST = 0.25  # share of the set above which the index saves nothing


@dataclass(frozen=True, eq=False, slots=True)
class Index:
    """Partitions, and what looking into some of them finds."""

    cut: Partitions
    probes: NDArray[np.int32]  # (metrics, depths) partitions to look into; 0 where the index does not answer
    recall: NDArray[np.float32]  # (metrics, depths) share of the true neighbours of the sample that these hold

    def __post_init__(self) -> None:
        object.__setattr__(self, "probes", read_only(self.probes))
        object.__setattr__(self, "recall", read_only(self.recall))

    def plan(self, metric: str, depth: int) -> tuple[int, float]:
        """How many partitions to look into for that many neighbours, and the recall; 0 for all of them."""
        if metric not in SERVED or depth > DEPTHS[-1]:
            return 0, 1.0
        at = SERVED.index(metric), int(np.searchsorted(DEPTHS, depth))
        probes = int(self.probes[at])
        return (probes, float(self.recall[at])) if probes else (0, 1.0)

    def at_ten(self) -> dict[str, float]:
        """Recall at 10 neighbours of each metric that the index answers."""
        return {
            metric: round(float(self.recall[line, 0]), 4) for line, metric in enumerate(SERVED) if self.probes[line, 0]
        }


def measured(vectors: NDArray[np.float32], cut: Partitions, *, seed: int = 0, progress: Progress = silent) -> Index:
    """The index of `vectors` (n, d) that were cut, with its recall on a seeded sample.

    Some rows of the sample choose how many partitions are looked into, for `AIM`. Others, which had no say in it, give
    the recall. Memory is a few blocks.
    """
    n = len(vectors)
    random = np.random.default_rng(seed)
    sample = random.permutation(random.choice(n, min(n, CHOOSING + MEASURING), replace=False)).astype(np.int32)
    true = _true(vectors, sample, min(DEPTHS[-1], n - 1), progress)
    choosing = np.arange(len(sample)) < len(sample) * CHOOSING / (CHOOSING + MEASURING)
    probes = np.zeros((len(SERVED), len(DEPTHS)), np.int32)
    recall = np.ones(probes.shape, np.float32)
    for line, rows in enumerate(true):
        places = cut.places(vectors[sample], rows)
        for column, depth in enumerate(DEPTHS):
            wanted = partitions.enough(partitions.shares(places[choosing, :depth], cut.count), AIM)
            found = float(np.mean(places[~choosing, :depth] < wanted))
            if found >= LEAST and wanted <= MOST * cut.count:
                probes[line, column], recall[line, column] = wanted, found
    return Index(cut, probes, recall)


def _true(
    vectors: NDArray[np.float32], sample: NDArray[np.int32], depth: int, progress: Progress
) -> list[NDArray[np.int32]]:
    """The true neighbours (s, depth) of each row of a sample (s,) under each metric that may be served."""
    from embedding_core.neighbours import kernels

    found = [kernels.empty(len(sample), depth) for _ in SERVED]
    lines = np.arange(len(sample), dtype=np.int32)
    asked = vectors[sample]
    size = max(1, 2**24 // len(sample))
    for start in range(0, len(vectors), size):
        progress("index", start, len(vectors))
        rows = vectors[start : start + size]
        columns = np.arange(start, start + len(rows), dtype=np.int32)
        squares = np.einsum("nd,nd->n", rows, rows)
        product = asked @ rows.T
        inverse = np.divide(1, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
        for metric, kept in zip(SERVED, found, strict=True):
            if metric == "cosine":
                likeness = product * inverse
            elif metric == "euclidean":
                likeness = product - squares / 2
            else:
                likeness = product
            kernels.merge(likeness, lines, sample, columns, *kept)
    return [rows for rows, _ in found]


@dataclass(frozen=True, eq=False)
class Indexed:
    """A set that is searched through its index: the vectors once, those of a partition side by side."""

    flat: Flat
    index: Index

    @classmethod
    def of(cls, vectors: NDArray[np.float32], index: Index) -> Indexed:
        """From `vectors` (n, d) as `places` wants them: `vectors[places(index)[row]]` is that of the row."""
        return cls(Flat(vectors, np.argsort(index.cut.partition, kind="stable").astype(np.int32)), index)

    def __len__(self) -> int:
        return len(self.flat)

    def search(self, queries: ArrayLike, k: int, metric: str = "cosine", *, exclude: Excluded = ()) -> Neighbours:
        """As `Flat.search`, but for the recall: the rows found are compared exactly, but some may not be found.

        `exclude` counts as if the rows in it were among the nearest. It is exact for what the index does not answer.
        """
        asked, allowed = self.flat.checked(queries, k, metric, exclude)
        out = 0 if allowed is None else len(allowed) - int(np.count_nonzero(allowed))
        probes, recall = self.index.plan(metric, k + out)
        if not probes:
            return self.flat.search(asked, k, metric, exclude=exclude)
        found = []
        for query in asked:
            some = self.flat.best(query, k, metric, self._parts(query, probes), allowed)
            if len(some[0]) < k:  # small partitions may hold no more
                some = self.flat.best(query, k, metric, [slice(0, len(self))], allowed)
            found.append(some)
        return Neighbours(*gathered(found, k), metric, recall)

    def _parts(self, query: NDArray[np.float32], probes: int) -> list[slice]:
        """Where the partitions nearest to a query (d,) lie."""
        centres = self.index.cut.centres
        with threads.for_products(centres.size):
            near = centres @ unit_rows(query[None])[0]
        chosen = np.sort(np.argpartition(-near, probes - 1)[:probes])
        return [slice(int(self._bounds[one]), int(self._bounds[one + 1])) for one in chosen]

    @cached_property
    def _bounds(self) -> NDArray[np.int64]:
        """(m + 1,) where each partition begins, and the last one ends."""
        counts = np.bincount(self.index.cut.partition, minlength=self.index.cut.count)
        return np.concatenate([[0], np.cumsum(counts)])


def places(index: Index) -> NDArray[np.int64]:
    """Where the vector of each row (n,) lies when those of a partition lie side by side."""
    order = np.argsort(index.cut.partition, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place
