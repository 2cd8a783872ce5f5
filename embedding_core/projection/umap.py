"""UMAP from a known neighbour graph.

McInnes, Healy & Melville 2018, "UMAP: Uniform manifold approximation and projection" (arXiv:1802.03426). Neighbours are
known already; `fuzzy` weighs them and `layout` draws. Why not umap-learn: docs/decisions/0009-a-layout-of-our-own.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.projection import fuzzy
from embedding_core.projection.base import Layout, Method, Parameter
from embedding_core.projection.pca import principal_axes, turned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

N_NEIGHBORS = Parameter(
    "n_neighbors",
    "Neighbours",
    "How many look-alikes each image is held to. Few show fine detail, many the overall shape.",
    default=15,
    low=5,
    high=30,
    step=1,
)
MIN_DIST = Parameter(
    "min_dist",
    "Min dist",
    "How close look-alikes may be drawn. Little packs groups tightly, more spreads them out.",
    default=0.1,
    low=0.0,
    high=0.9,
    step=0.05,
)

# umap-learn's default repulsion of 1 lets strangers sink between look-alikes. With 4, trustworthiness rises from .929
# to .946 (3,781 photographs of clothing) and from .892 to .902 (711 emoji), in the same time.
_REPULSION = 4.0
_SMALL = 1_500  # rows up to which time allows more strangers
_STEPS = 750_000  # rows × epochs that a small set is worth: more epochs still help it, and take no second
_FEW, _MANY = 200, 1_400  # epochs
_STARTERS = 500  # rows that say which way the others start


def draw(
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> Layout:
    """See `Draw`. `n_neighbors` counts the image itself, as in umap-learn, and is bounded by the graph's k + 1."""
    n = len(vectors)
    neighbours = max(2, min(int(parameters.get("n_neighbors", N_NEIGHBORS.default)), graph.k + 1))
    min_dist = float(parameters.get("min_dist", MIN_DIST.default))
    epochs = int(np.clip(_STEPS // n, _FEW, _MANY))
    edges = fuzzy.union(graph.rows[:, : neighbours - 1], graph.similarity[:, : neighbours - 1])
    most = float(edges.weight.max(initial=0))
    begin = start(vectors, dims, np.random.RandomState(seed), extent=10.0, noise=1e-4)
    points = run(
        begin,
        edges.above(most / epochs),  # an edge weaker than this would never be drawn
        min_dist=min_dist,
        epochs=epochs,
        negatives=10 if n <= _SMALL else 8,
        seed=seed,
    )
    return Layout(
        turned(points), {"n_neighbors": neighbours, "min_dist": min_dist, "epochs": epochs, "repulsion": _REPULSION}
    )


def run(
    begin: NDArray[np.float32],
    edges: fuzzy.Edges,
    *,
    min_dist: float,
    epochs: int,
    negatives: int,
    seed: int,
    fixed: int = 0,
    first_step: float = 1.0,
) -> NDArray[np.float32]:
    """The points (n, dims) after all epochs, from `begin` (n, dims); the first `fixed` of them stay."""
    from embedding_core.projection import layout

    points = np.zeros((len(begin), 3), np.float32)
    points[:, : begin.shape[1]] = begin
    often = edges.weight / edges.weight.max(initial=np.finfo(np.float32).tiny)
    a, b = fuzzy.curve(min_dist)
    with threads.compiled_for_rows(len(begin) - fixed):
        layout.epochs(
            points,
            edges.starts,
            edges.tails,
            often,
            fixed,
            epochs,
            first_step,
            np.float32(a),
            np.float32(b),
            np.float32(_REPULSION),
            negatives,
            seed,
        )
    return np.ascontiguousarray(points[:, : begin.shape[1]])


def start(
    vectors: NDArray[np.float32], dims: int, random: np.random.RandomState, *, extent: float, noise: float
) -> NDArray[np.float32]:
    """Return where points (n, dims) start, within ±extent and shaken so that copies part.

    That is on the principal components of some of them, which are as good to start from as those of all.
    """
    some = vectors if len(vectors) <= _STARTERS else vectors[random.choice(len(vectors), _STARTERS, replace=False)]
    points = vectors @ principal_axes(some, dims)[0]
    points -= points.mean(axis=0, dtype=np.float64).astype(np.float32)
    largest = np.abs(points).max(initial=0)
    scaled = points * (extent / largest) if largest > 0 else points
    shaken: NDArray[np.float32] = (scaled + random.normal(scale=noise, size=points.shape)).astype(np.float32)
    return shaken


METHOD = Method(
    name="umap",
    title="UMAP",
    explanation="Draws look-alikes side by side and shows groups clearly. Sizes of gaps between groups mean little.",
    draw=draw,
    parameters=(N_NEIGHBORS, MIN_DIST),
    smallest=16,
)
