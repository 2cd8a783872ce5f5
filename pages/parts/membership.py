"""Which images are in which group, sorted once for a grouping, and once more for those of it that pass the filters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult
    from pages.parts.columns import Columns


@dataclass(frozen=True, eq=False, slots=True)
class Grouped:
    """The n images of a grouping with c groups, those of a group together."""

    found: ClusterResult
    ids: NDArray[np.int64]  # (n,) the noise first, then group by group; within one in the order of the grouping
    starts: NDArray[np.int64]  # (c + 2,) where each begins in `ids`, the noise first, and where the last one ends
    labels: tuple[str | None, ...]  # (c,) which most images of each have; of equals the first in the alphabet

    def of(self, number: int) -> NDArray[np.int64]:
        """The ids (m,) of a group; −1 is the noise."""
        return self.ids[self.starts[number + 1] : self.starts[number + 2]]

    def name(self, number: int) -> str:
        return "In no group" if number < 0 else self.found.names.names[number]


def grouped(found: ClusterResult, columns: Columns) -> Grouped:
    """All images of a grouping."""
    labels = found.clustering.labels
    sizes = np.bincount(labels + 1, minlength=found.clustering.count + 1)
    return Grouped(
        found,
        read_only(found.ids[np.argsort(labels, kind="stable")]),
        read_only(np.concatenate([[0], np.cumsum(sizes)])),
        _common(*_pairs(found, columns), columns, found.clustering.count),
    )


def narrowed(found: ClusterResult, ids: NDArray[np.int64]) -> ClusterResult:
    """The same groups of these images alone. A group whose typical images are not among them shows others."""
    keep = np.isin(found.ids, ids)
    at = np.cumsum(keep) - 1  # of a row, among those that are kept
    labels = found.clustering.labels[keep]
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(len(found.clustering.exemplars)), side="right")
    starts = np.searchsorted(labels[order], np.arange(len(found.clustering.exemplars)))
    exemplars = tuple(
        tuple(int(at[row]) for row in rows if keep[row]) or tuple(order[start : min(start + 3, end)].tolist())
        for rows, start, end in zip(found.clustering.exemplars, starts, ends, strict=True)
    )
    return replace(found, ids=found.ids[keep], clustering=replace(found.clustering, labels=labels, exemplars=exemplars))


def crossing(found: ClusterResult, columns: Columns) -> tuple[NDArray[np.int64], list[str]]:
    """Images by group and label (groups, labels), and the labels, ordered so that agreement lies on a diagonal."""
    groups, codes = _pairs(found, columns)
    shape = found.clustering.count, len(columns.labels)
    counts = np.bincount(groups * shape[1] + codes, minlength=shape[0] * shape[1]).reshape(shape)
    order = np.lexsort((-counts.max(axis=0, initial=0), counts.argmax(axis=0)))
    return counts[:, order], [columns.labels[place] for place in order]


def _pairs(found: ClusterResult, columns: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group and code of the label, its place in `columns.labels`, of each image that has both (m,)."""
    codes = np.append(columns.label_codes, -1)[columns.find(found.ids)]  # row −1, gone, is the last
    both = (found.clustering.labels >= 0) & (codes >= 0)
    return found.clustering.labels[both].astype(np.int64), codes[both]


def _common(
    groups: NDArray[np.int64], codes: NDArray[np.int64], columns: Columns, count: int
) -> tuple[str | None, ...]:
    """The most common label of each group. Groups times labels may be many, so only pairs that occur are counted."""
    many = max(len(columns.labels), 1)
    pairs, counts = np.unique(groups * many + codes, return_counts=True)
    best = np.lexsort((pairs, -counts, pairs // many))  # by group, its most frequent label first
    of, first = np.unique(pairs[best] // many, return_index=True)
    found: list[str | None] = [None] * count
    for group, pair in zip(of.tolist(), pairs[best][first].tolist(), strict=True):
        found[group] = columns.labels[pair % many]
    return tuple(found)
