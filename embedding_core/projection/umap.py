"""UMAP from the exact neighbour graph.

McInnes, Healy & Melville 2018, "UMAP: Uniform manifold approximation and projection" (arXiv:1802.03426). The layout is
umap-learn's own. What comes before it is ours: neighbours are exact and known already, and the weights of the graph
are a few lines of numpy, where umap-learn compiles for 8 seconds in every new process.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.projection.base import Layout, Method, Parameter
from embedding_core.projection.pca import components, turned

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
_SMALL = 1_500  # rows up to which time allows twice the negative samples
_STEPS = 700_000  # rows × epochs that a small set is worth: more epochs still help it, and take a second
_FEW, _MANY = 200, 1_000  # epochs
_SAME = 1e-6  # distances that float32 cannot tell from 0


def draw(
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> Layout:
    """See `Draw`. `n_neighbors` counts the image itself, as in umap-learn, and is bounded by the graph's k + 1."""
    layouts, find_ab = _compiled()
    n = len(vectors)
    neighbours = max(2, min(int(parameters.get("n_neighbors", N_NEIGHBORS.default)), graph.k + 1))
    min_dist = float(parameters.get("min_dist", MIN_DIST.default))
    epochs = int(np.clip(_STEPS // n, _FEW, _MANY))
    negatives = 10.0 if n <= _SMALL else 5.0

    random = np.random.RandomState(seed)
    points = start(vectors, dims, random, extent=10.0, noise=1e-4)
    head, tail, weight = membership(graph.rows[:, : neighbours - 1], graph.similarity[:, : neighbours - 1])
    kept = weight >= weight.max() / epochs  # an edge weaker than this would never be drawn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the curve fit warns when it is exact
        a, b = find_ab(1.0, min_dist)
    layouts.optimize_layout_euclidean(
        points,
        points,
        head[kept],
        tail[kept],
        epochs,
        n,
        weight.max() / weight[kept].astype(np.float64),
        a,
        b,
        random.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max, 3).astype(np.int64),
        gamma=_REPULSION,
        initial_alpha=1.0,
        negative_sample_rate=negatives,
        parallel=False,  # threads race, and the same seed would give another map
        move_other=True,
    )
    return Layout(
        turned(points), {"n_neighbors": neighbours, "min_dist": min_dist, "epochs": epochs, "repulsion": _REPULSION}
    )


def start(
    vectors: NDArray[np.float32], dims: int, random: np.random.RandomState, *, extent: float, noise: float
) -> NDArray[np.float32]:
    """Return where points (n, dims) start: principal components within ±extent, shaken so that copies part."""
    points, _ = components(vectors, dims)
    largest = np.abs(points).max(initial=0)
    scaled = points * (extent / largest) if largest > 0 else points
    shaken: NDArray[np.float32] = (scaled + random.normal(scale=noise, size=points.shape)).astype(np.float32)
    return shaken


def membership(
    rows: NDArray[np.int32], similarity: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return UMAP's fuzzy graph of neighbours `rows` (n, k) as its edges: heads, tails, weights in (0, 1], each (m,).

    The nearest other image has weight 1; further ones fall off so that a row's weights sum to log2(k + 1).
    As `umap.umap_.fuzzy_simplicial_set` with local connectivity 1, for distances 1 - similarity.
    """
    import scipy.sparse

    n, k = rows.shape
    distance = np.maximum(1 - similarity, 0).astype(np.float32)
    distance[distance < _SAME] = 0
    away = distance > 0
    nearest = np.where(away.any(axis=1), distance[np.arange(n), away.argmax(axis=1)], 0).astype(np.float32)
    excess = np.maximum(distance - nearest[:, None], 0)
    mean = np.where(nearest > 0, distance.sum(axis=1), distance.sum() / n) / (k + 1)
    scale = np.maximum(_bandwidth(excess, np.log2(k + 1)), 1e-3 * mean)[:, None]
    weight = np.where(excess == 0, 1, np.exp(-excess / np.where(scale > 0, scale, 1))).astype(np.float32)
    one_way = scipy.sparse.csr_array((weight.ravel(), (np.repeat(np.arange(n), k), rows.ravel())), shape=(n, n))
    other_way = one_way.T.tocsr()
    both = (one_way + other_way - one_way.multiply(other_way)).tocoo()
    both.eliminate_zeros()
    return both.row.astype(np.int32), both.col.astype(np.int32), both.data.astype(np.float32)


def _bandwidth(excess: NDArray[np.float32], target: float) -> NDArray[np.float64]:
    """The scale (n,) at which sum(exp(-excess / scale)) over each row (n, k) is `target`, by bisection."""
    n = len(excess)
    low, high, middle = np.zeros(n), np.full(n, np.inf), np.ones(n)
    active = np.ones(n, bool)
    for _ in range(64):
        total = np.exp(-excess / middle[:, None]).sum(axis=1)
        active &= np.abs(total - target) >= 1e-5
        if not active.any():
            break
        above = total > target
        high = np.where(active & above, middle, high)
        low = np.where(active & ~above, middle, low)
        with np.errstate(invalid="ignore"):
            next_ = np.where(np.isinf(high), middle * 2, (low + high) / 2)
        middle = np.where(active, next_, middle)
    return middle


def _compiled() -> tuple[Any, Any]:
    """umap-learn's layouts and its curve fit, with numba told to keep on disk what it compiles.

    umap-learn marks this function for no cache, and every new process would compile it for a second or two.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the absence of TensorFlow
        from umap import layouts
        from umap.umap_ import find_ab_params
    with suppress(RuntimeError):  # nowhere to write a cache: compile each time
        layouts._nb_optimize_layout_euclidean_single_epoch.enable_caching()
    return layouts, find_ab_params


METHOD = Method(
    name="umap",
    title="UMAP",
    explanation="Draws look-alikes side by side and shows groups clearly. Sizes of gaps between groups mean little.",
    draw=draw,
    parameters=(N_NEIGHBORS, MIN_DIST),
    smallest=16,
)
