"""How good a clustering is, and which images stand for a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.clusters.base import NOISE
from embedding_core.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SAMPLE = 5_000  # rows above which the silhouette is estimated

_COPY = 0.95  # similarity beyond which a second image would say nothing new


def by_size(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return `labels` (n,) renumbered so that 0 is the largest cluster; equal sizes in order of first appearance."""
    found, first, which, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    clusters = sorted(np.flatnonzero(found != NOISE), key=lambda c: (-sizes[c], first[c]))
    new = np.full(len(found), NOISE, np.int32)
    new[clusters] = np.arange(len(clusters))
    renumbered: NDArray[np.int32] = new[which]
    return renumbered


def silhouette(vectors: NDArray[np.float32], labels: NDArray[np.integer], *, seed: int = 0) -> float | None:
    """Return the mean silhouette in [-1, 1] under cosine, noise left out, of a seeded sample above 5,000 rows.

    None with fewer than 2 clusters, or with none but single images. Rousseeuw 1987, "Silhouettes".
    """
    from sklearn.metrics import silhouette_score

    rows = np.flatnonzero(labels != NOISE)
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, SAMPLE, replace=False))
    of = labels[rows]
    if not 2 <= len(np.unique(of)) < len(of):
        return None
    return float(silhouette_score(vectors[rows], of, metric="cosine"))


def exemplars(unit: NDArray[np.float32], labels: NDArray[np.int32], count: int = 3) -> tuple[tuple[int, ...], ...]:
    """Return up to `count` rows for each cluster, the ones nearest to its mean direction first, near copies last."""
    chosen = []
    for cluster in range(int(labels.max(initial=NOISE)) + 1):
        rows = np.flatnonzero(labels == cluster)
        centre = unit_rows(unit[rows].mean(axis=0, keepdims=True))[0]
        typical = unit[rows] @ centre
        alike = np.full(len(rows), -1.0)  # to the most similar pick so far
        picks: list[int] = []
        while len(picks) < min(count, len(rows)):
            worth = np.where(alike > _COPY, typical - 2, typical)
            worth[picks] = -np.inf
            picks.append(int(worth.argmax()))
            alike = np.maximum(alike, unit[rows] @ unit[rows[picks[-1]]])
        chosen.append(tuple(int(row) for row in rows[picks]))
    return tuple(chosen)


def agreement(labels: NDArray[np.int32], truth: Sequence[str | None]) -> tuple[float | None, float | None]:
    """Return NMI and purity in [0, 1] of clusters `labels` (n,) against `truth` (n,), images without one left out.

    Noise counts as a group of its own for NMI (arithmetic mean of entropies) and is left out of purity.
    None where nothing is left.
    """
    from sklearn.metrics import normalized_mutual_info_score

    rows = np.array([row for row, name in enumerate(truth) if name is not None], np.int64)
    if not len(rows):
        return None, None
    _, classes = np.unique([str(truth[row]) for row in rows], return_inverse=True)
    nmi = float(normalized_mutual_info_score(classes, labels[rows]))
    clustered = labels[rows] != NOISE
    if not clustered.any():
        return nmi, None
    table = np.zeros((int(labels.max()) + 1, int(classes.max()) + 1), np.int64)
    np.add.at(table, (labels[rows][clustered], classes[clustered]), 1)
    return nmi, float(table.max(axis=1).sum() / clustered.sum())
