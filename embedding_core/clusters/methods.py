"""The three ways of finding groups. Unit vectors (n, d) in, a group number per row out; -1 is noise."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import principal_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Progress

COMPONENTS = 32  # that HDBSCAN and the choice of k see: distances in a thousand dimensions are all alike
SAMPLE = 3_000  # rows that the silhouette of a candidate k is computed on
STARTS = 3  # of KMeans for each candidate k
EVOC_SMALLEST = 64  # images below which EVoC has nothing to build its layers from

Found = tuple["NDArray[np.int64]", dict[str, int]]  # groups (n,), and the parameters as used


def kmeans(vectors: NDArray[np.float32], k: int | None, seed: int, progress: Progress) -> Found:
    """Lloyd's algorithm from k-means++ starts; without `k`, the one with the best silhouette."""
    n = len(vectors)
    if k is None:
        k = _best_k(vectors, seed, progress)
    if not 1 <= k <= n:
        raise InvalidInput(f"KMeans makes 1 to {n} groups of {n} images, not {k}.")
    return _lloyd(vectors, k, 2 * STARTS, seed), {"k": k}


def _lloyd(vectors: NDArray[np.float32], k: int, starts: int, seed: int) -> NDArray[np.int64]:
    from sklearn.cluster import KMeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct images than groups: the groups found are used
        groups = KMeans(k, n_init=starts, random_state=seed).fit_predict(vectors)
    return np.asarray(groups, dtype=np.int64)


def hdbscan(vectors: NDArray[np.float32], min_size: int | None, seed: int) -> Found:
    """HDBSCAN (Campello, Moulavi & Sander 2013) on the first 32 principal components."""
    from sklearn.cluster import HDBSCAN

    n = len(vectors)
    size = _min_size(n, min_size)
    if n < size + 1:
        return np.zeros(n, np.int64), {"min_size": size}
    reduced, _ = principal_components(vectors, COMPONENTS, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A core distance over few neighbours, and leaves rather than the trunk: embeddings have no empty space between.
        groups = HDBSCAN(size, min_samples=min(5, size), cluster_selection_method="leaf", copy=True).fit_predict(
            reduced
        )
    return np.asarray(groups, dtype=np.int64), {"min_size": size}


def evoc(vectors: NDArray[np.float32], min_size: int | None, seed: int) -> Found:
    """EVoC (McInnes, Tutte Institute): clustering made for embeddings, in layers; the one it finds best."""
    n = len(vectors)
    if n < EVOC_SMALLEST:
        raise InvalidInput(
            f"EVoC wants at least {EVOC_SMALLEST} images, and these are {n}. KMeans works with any number."
        )
    from evoc import EVoC

    size = _min_size(n, min_size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        groups = EVoC(base_min_cluster_size=size, random_state=seed).fit_predict(np.ascontiguousarray(vectors))
    return np.asarray(groups, dtype=np.int64), {"min_size": size}


def _min_size(n: int, wanted: int | None) -> int:
    if wanted is None:
        return max(3, min(25, n // 100))
    if not 2 <= wanted <= max(2, n // 2):
        raise InvalidInput(f"The smallest group of {n} images holds 2 to {max(2, n // 2)}, not {wanted}.")
    return wanted


def _best_k(vectors: NDArray[np.float32], seed: int, progress: Progress) -> int:
    """The candidate with the highest silhouette on a sample; the smaller of equal ones."""
    from sklearn.metrics import silhouette_score

    n = len(vectors)
    rows = np.random.default_rng(seed).permutation(n)[:SAMPLE]
    # The choice of k needs the gist alone, and a fortieth of the numbers makes it ten times faster.
    sample, _ = principal_components(vectors[np.sort(rows)], COMPONENTS, seed)
    distinct = len(np.unique(sample.round(4), axis=0))
    candidates = [k for k in _candidates(n) if k < distinct]
    scores = []
    for done, k in enumerate(candidates):
        progress("clusters", done, len(candidates))
        scores.append(float(silhouette_score(sample, _lloyd(sample, k, STARTS, seed))))
    return candidates[int(np.argmax(scores))] if candidates else distinct


def _candidates(n: int) -> list[int]:
    """About a dozen, ever further apart, up to 2 √n and at most 60."""
    highest = max(2, min(60, int(2 * np.sqrt(n)), n - 1))
    return sorted({round(k) for k in np.geomspace(2, highest, 12)})
