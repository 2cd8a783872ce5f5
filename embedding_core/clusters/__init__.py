"""Groups: vectors (n, d) in, a `Clustering` out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.clusters.base import NOISE, Clustering
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

__all__ = ["NOISE", "METHODS", "Clustering", "centroids", "cluster", "evaluate"]

METHODS = ("kmeans", "hdbscan", "evoc")


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
    raise NotImplementedError


def evaluate(clustering: Clustering, labels: Sequence[str | None]) -> Clustering:
    """Return `clustering` with `nmi` and `purity` against `labels` (n,); images without a label are left out."""
    raise NotImplementedError


def centroids(vectors: ArrayLike, labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the mean vector (c, d) of every cluster, for an encoder's `categories`."""
    raise NotImplementedError
