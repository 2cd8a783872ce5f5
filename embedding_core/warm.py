"""Pay once per machine, instead of in front of the first user, what is compiled, converted and tried out."""

from __future__ import annotations

import numpy as np


def compile_all() -> None:
    """Load the default encoder; draw every kind of map and find every kind of cluster on a few random vectors.

    The encoder's network is converted and the fastest way to run it is found; numba caches what it compiles.
    """
    from embedding_core import clusters, neighbours, projection
    from embedding_core.encoders import registry
    from embedding_core.quality.composition.cover import cover
    from embedding_core.quality.duplicates.matching import nearest_two

    registry.load(registry.DEFAULT)

    vectors = np.random.default_rng(0).normal(size=(200, 64)).astype(np.float32)
    graph = neighbours.graph(vectors)
    cover(np.arange(len(vectors)), graph)
    nearest_two(np.zeros((2, 32), np.uint8), np.zeros((2, 32), np.uint8))
    for method in projection.METHODS:
        for dims in (2, 3):
            projection.project(method, vectors, graph, dims=dims)
    for name in clusters.METHODS:
        clusters.cluster(name, vectors)
