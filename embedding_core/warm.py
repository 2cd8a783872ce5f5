"""Pay numba's compilation once per machine instead of in front of the first user."""

from __future__ import annotations

import numpy as np


def compile_all() -> None:
    """Draw every kind of map and find every kind of cluster on a few random vectors; numba caches what it compiles."""
    from embedding_core import clusters, neighbours, projection

    vectors = np.random.default_rng(0).normal(size=(200, 64)).astype(np.float32)
    graph = neighbours.graph(vectors)
    for method in projection.METHODS:
        for dims in (2, 3):
            projection.project(method, vectors, graph, dims=dims)
    for name in clusters.METHODS:
        clusters.cluster(name, vectors)
