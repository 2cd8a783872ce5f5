"""Groups: vectors (n, d) in, a `Clustering` out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.clusters import methods
from embedding_core.clusters.base import NOISE, Clustering
from embedding_core.errors import InvalidInput
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

__all__ = ["METHODS", "NOISE", "Clustering", "centroids", "cluster", "evaluate"]

METHODS = ("kmeans", "hdbscan", "evoc")
EXEMPLARS = 3  # images that stand for a group
SAMPLE = 5_000  # rows above which the silhouette is estimated


def cluster(
    method: str,
    vectors: ArrayLike,
    *,
    k: int | None = None,
    min_size: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Clustering:
    """Group `vectors` (n, d). `k` is KMeans' number of clusters, `min_size` the smallest group of HDBSCAN and EVoC;
    None chooses from the vectors. Raises `InvalidInput` for what the method does not take or cannot do."""
    if method not in METHODS:
        raise InvalidInput(f"Groups are found by one of {', '.join(METHODS)}, not {method!r}.")
    if k is not None and method != "kmeans":
        raise InvalidInput(f"{method} finds the number of groups by itself: leave k out, or use kmeans.")
    if min_size is not None and method == "kmeans":
        raise InvalidInput("kmeans takes the number of groups, k, and no smallest size.")
    unit = unit_rows(checked(vectors))
    progress("clusters", 0, None)
    if not len(unit):
        return Clustering(np.empty(0, np.int32), method, {}, seed, None, ())
    if method == "kmeans":
        groups, parameters = methods.kmeans(unit, k, seed, progress)
    elif method == "hdbscan":
        groups, parameters = methods.hdbscan(unit, min_size, seed)
    else:
        groups, parameters = methods.evoc(unit, min_size, seed)
    labels = _by_size(groups)
    count = int(labels.max()) + 1
    note = "" if count else "No group is dense enough; every image counts as noise. Try a smaller size, or kmeans."
    return Clustering(
        labels,
        method,
        parameters,
        seed,
        _silhouette(unit, labels, seed),
        tuple(_exemplars(unit, np.flatnonzero(labels == group)) for group in range(count)),
        note=note,
    )


def evaluate(clustering: Clustering, labels: Sequence[str | None]) -> Clustering:
    """Return `clustering` with `nmi` and `purity` against `labels` (n,); images without a label are left out."""
    from dataclasses import replace

    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.metrics.cluster import contingency_matrix

    if len(labels) != clustering.n:
        raise InvalidInput(f"There must be one label an image: {len(labels):,} for {clustering.n:,}.")
    known = np.array([label is not None for label in labels], dtype=bool)
    if not known.any():
        return replace(clustering, nmi=None, purity=None)
    true = np.array([label or "" for label in labels])[known]
    found = clustering.labels[known]
    grouped = found != NOISE
    purity = None
    if grouped.any():
        purity = float(contingency_matrix(true[grouped], found[grouped]).max(axis=0).sum() / grouped.sum())
    return replace(clustering, nmi=float(normalized_mutual_info_score(true, found)), purity=purity)


def centroids(vectors: ArrayLike, labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the mean vector (c, d) of every cluster, for an encoder's `categories`."""
    array = checked(vectors)
    count = int(labels.max(initial=NOISE)) + 1
    means = np.empty((count, array.shape[1]), dtype=np.float32)
    for group in range(count):
        means[group] = array[labels == group].mean(axis=0)
    return means


def _by_size(groups: NDArray[np.int64]) -> NDArray[np.int32]:
    """Renumber: the largest group is 0; of equal ones the one that comes first."""
    found, first, sizes = np.unique(groups[groups >= 0], return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    number = {int(found[position]): rank for rank, position in enumerate(order)}
    return np.array([number.get(int(group), NOISE) for group in groups], dtype=np.int32)


def _silhouette(unit: NDArray[np.float32], labels: NDArray[np.int32], seed: int) -> float | None:
    from sklearn.metrics import silhouette_score

    rows = np.flatnonzero(labels >= 0)
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, SAMPLE, replace=False))
    kept = labels[rows]
    if not 2 <= len(np.unique(kept)) < len(kept):
        return None
    return float(silhouette_score(unit[rows], kept, metric="cosine"))


def _exemplars(unit: NDArray[np.float32], rows: NDArray[np.int64]) -> tuple[int, ...]:
    """The row nearest to the group's middle, then typical ones that are not copies of those chosen already."""
    members = unit[rows]
    typical = members @ members.mean(axis=0)
    chosen: list[int] = []
    likeness = np.full(len(rows), -np.inf)
    for _ in range(min(EXEMPLARS, len(rows))):
        # Beyond .95 two images are near copies, and the second one would say nothing new.
        score = typical - 10.0 * np.maximum(likeness - 0.95, 0)
        score[chosen] = -np.inf
        best = int(np.argmax(score))
        chosen.append(best)
        likeness = np.maximum(likeness, members @ members[best])
    return tuple(int(rows[one]) for one in chosen)
