"""KMeans on unit vectors, its number of clusters chosen by silhouette unless given."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.clusters.base import Found, Method
from embedding_core.clusters.judge import silhouette
from embedding_core.projection.pca import components

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from sklearn.cluster import KMeans

    from embedding_core.neighbours import NeighbourGraph

CANDIDATES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)

DIMENSIONS = 50  # principal components that hold the groups: NMI against labels rises by .01 to .03, and it is faster
_STARTS = 4
_SAMPLE = 20_000  # rows that the number of clusters is chosen on
_NEARLY = 0.9  # of the best silhouette


def find(
    vectors: NDArray[np.float32], *, k: int | None, min_size: int | None, seed: int, graph: Callable[[], NeighbourGraph]
) -> Found:
    """See `Find`."""
    points, _ = components(vectors, min(DIMENSIONS, *vectors.shape))
    count = _choose(points, seed) if k is None else k
    return Found(fitted(points, count, seed).labels_, {"k": count, "chosen": k is None})


def _choose(points: NDArray[np.float32], seed: int) -> int:
    """The largest candidate up to sqrt(n) whose silhouette is nearly the best: of equals, finer groups say more."""
    if len(points) > _SAMPLE:
        points = points[np.random.default_rng(seed).choice(len(points), _SAMPLE, replace=False)]
    bound = max(2, int(len(points) ** 0.5))
    scores = {}
    for k in CANDIDATES:
        if k <= bound and k < len(points):
            score = silhouette(points, fitted(points, k, seed, starts=1).labels_, seed=seed)
            if score is not None:
                scores[k] = score
    if not scores:
        return 1
    best = max(scores.values())
    enough = best * _NEARLY if best > 0 else best
    return max(k for k, score in scores.items() if score >= enough)


def fitted(points: NDArray[np.float32], k: int, seed: int, *, starts: int = _STARTS) -> KMeans:
    """scikit-learn's KMeans over `points` (n, r), the best of several starts; `labels_` are the groups, 0 … k − 1."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different vectors than clusters: some stay empty
        return KMeans(k, n_init=starts, random_state=seed).fit(points)


METHOD = Method(
    name="kmeans",
    title="KMeans",
    explanation="Puts every image into exactly one of k groups of similar extent.",
    find=find,
    takes="k",
)
