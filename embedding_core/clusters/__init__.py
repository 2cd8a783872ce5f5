"""Groups: vectors (n, d) in, a `Clustering` out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import neighbours, threads
from embedding_core.clusters import evoc, hdbscan, judge, kmeans
from embedding_core.clusters.base import NOISE, Clustering, Find, Found, Method
from embedding_core.errors import InvalidInput
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

__all__ = ["METHODS", "NOISE", "Clustering", "Find", "Found", "Method", "centroids", "cluster", "evaluate"]

_WORDS = {"k": "the number of groups (k)", "min_size": "the size of the smallest group (min_size)"}

METHODS: dict[str, Method] = {one.name: one for one in (kmeans.METHOD, hdbscan.METHOD, evoc.METHOD)}


def cluster(
    method: str,
    vectors: ArrayLike,
    *,
    k: int | None = None,
    min_size: int | None = None,
    seed: int = 0,
    graph: Callable[[], NeighbourGraph] | None = None,
    progress: Progress = silent,
) -> Clustering:
    """Group `vectors` (n, d) by direction. The same arguments give the same groups.

    `k` is KMeans' number of clusters, 1 to n; `min_size` the smallest group of HDBSCAN and EVoC, 2 to n / 2; None
    chooses from the vectors. `graph` gives their neighbour graph to a method that wants it; None makes one. Fewer than
    16 images are grouped by KMeans; `note` says so. Raises `InvalidInput` for an unknown method, a parameter that it
    does not take and one out of its bounds, and `InvalidVectors`.
    """
    if method not in METHODS:
        raise InvalidInput(f"No clustering is called {method!r}. Known: {', '.join(METHODS)}.")
    chosen = METHODS[method]
    unit = unit_rows(checked(vectors))
    n = len(unit)
    for name, value, least, most in (("k", k, 1, n), ("min_size", min_size, 2, max(2, n // 2))):
        if value is not None and chosen.takes != name:
            raise InvalidInput(f"{chosen.title} takes {_WORDS[chosen.takes]}, and not {_WORDS[name]}.")
        if value is not None and not least <= value <= most:
            raise InvalidInput(f"For {n:,} images {name} must lie in {least} to {most:,}, not {value:,}.")
    note = ""
    if n < chosen.smallest:
        note = f"{n} image{'s are' if n != 1 else ' is'} too few for {chosen.title}, so KMeans grouped them."
        chosen = kmeans.METHOD
    if n == 0:
        return Clustering(np.zeros(0, np.int32), chosen.name, {}, seed, None, (), note=note)
    progress("clusters", 0, None)
    with threads.for_rows(n):
        found = chosen.find(unit, k=k, min_size=min_size, seed=seed, graph=graph or (lambda: neighbours.graph(unit)))
        labels = judge.by_size(found.labels)
        silhouette = judge.silhouette(unit, labels, seed=seed)
    if (labels == NOISE).all():
        note = "No group is dense enough: every image counts as noise. Try a smaller size, or KMeans."
    return Clustering(
        labels=labels,
        method=chosen.name,
        parameters=found.parameters,
        seed=seed,
        silhouette=silhouette,
        exemplars=judge.exemplars(unit, labels),
        note=note,
    )


def evaluate(clustering: Clustering, labels: Sequence[str | None]) -> Clustering:
    """Return `clustering` with `nmi` and `purity` against `labels` (n,); images without a label are left out.

    Raises `InvalidInput` for another number of labels.
    """
    if len(labels) != clustering.n:
        raise InvalidInput(f"One label for each of {clustering.n:,} images is wanted, not {len(labels):,}.")
    nmi, purity = judge.agreement(clustering.labels, labels)
    return replace(clustering, nmi=nmi, purity=purity)


def centroids(vectors: ArrayLike, labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the mean vector (c, d) of every cluster in `labels` (n,), for an encoder's `categories`."""
    array = checked(vectors)
    means = [array[labels == cluster].mean(axis=0) for cluster in range(int(labels.max(initial=NOISE)) + 1)]
    return np.stack(means) if means else np.zeros((0, array.shape[1]), np.float32)
