"""HDBSCAN: dense groups of any shape, and noise between them.

Campello, Moulavi & Sander 2013, "Density-based clustering based on hierarchical density estimates"; scikit-learn's. In
1,280 dimensions nothing is dense, so UMAP reduces to 3 first: with PCA instead, 40 to 70 % of images end as noise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embedding_core.clusters.base import Found, Method
from embedding_core.projection import umap

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

_DIMENSIONS = 3
_NEIGHBOURS = 15  # as for maps
_MIN_SAMPLES = 5


def smallest_group(n: int) -> int:
    """The default of `min_size`: half of sqrt(n), so that larger sets are not cut into ever more groups; at least 5."""
    return max(5, round(0.5 * math.sqrt(n)))


def find(
    vectors: NDArray[np.float32], *, k: int | None, min_size: int | None, seed: int, graph: Callable[[], NeighbourGraph]
) -> Found:
    """See `Find`."""
    from sklearn.cluster import HDBSCAN

    n = len(vectors)
    size = smallest_group(n) if min_size is None else min_size
    reduced = umap.draw(
        vectors, graph(), dims=_DIMENSIONS, seed=seed, parameters={"n_neighbors": _NEIGHBOURS, "min_dist": 0.0}
    )
    labels = HDBSCAN(min_cluster_size=size, min_samples=_MIN_SAMPLES, copy=True).fit_predict(reduced.points)
    return Found(labels, {"min_size": size})


METHOD = Method(
    name="hdbscan",
    title="HDBSCAN",
    explanation="Finds dense groups of any size and number; images between them belong to none.",
    find=find,
    takes="min_size",
    smallest=16,
)
