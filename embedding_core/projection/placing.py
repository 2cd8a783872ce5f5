"""New points on a map that stays: each goes to its neighbours among those that are there.

As `UMAP.transform` does (McInnes, Healy & Melville 2018, arXiv:1802.03426): a point starts at the mean of its
neighbours, weighed by how near they are, and is then drawn like any other, while they stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.projection import fuzzy, umap

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 14  # of each new point, as many as UMAP draws by default
OUTSIDE = 0.01  # share of the points of the map that are as far from all others

_EPOCHS = 100
_FIRST_STEP = 0.25  # umap-learn's: a quarter of that of a new map


def place(
    points: NDArray[np.float32],
    rows: NDArray[np.int32],
    similarity: NDArray[np.float32],
    *,
    min_dist: float | None = umap.MIN_DIST.default,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Where new points go, (m, dims), on the map `points` (l, dims).

    `rows` (m, k) are their nearest ones on it, best first, and `similarity` (m, k) how near. Each is placed by these
    alone, so it does not matter which others come with it, but for chance. `min_dist` is that of the map; on one that
    UMAP did not draw it is None, and each stays at the mean. Raises `InvalidInput` without neighbours.
    """
    count, k = rows.shape
    if not k:
        raise InvalidInput("A new image is placed by its neighbours on the map, and there are none on it.")
    weight = fuzzy.membership(similarity)
    share = weight / weight.sum(axis=1, keepdims=True)
    begin: NDArray[np.float32] = np.einsum("mk,mkd->md", share, points[rows]).astype(np.float32)
    if min_dist is None:
        return begin
    still = len(points)
    edges = fuzzy.Edges(
        starts=np.concatenate([np.zeros(still, np.int64), np.arange(0, count * k + 1, k, dtype=np.int64)]),
        tails=rows.ravel(),
        weight=weight.ravel(),
    )
    whole = umap.run(
        np.concatenate([points, begin]),
        edges,
        min_dist=min_dist,
        epochs=_EPOCHS,
        negatives=8,
        seed=seed,
        fixed=still,
        first_step=_FIRST_STEP,
    )
    return whole[still:]


def far(nearest: NDArray[np.float32], usual: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which new points (m,) lie outside what was there: less like anything on the map than 99 % of it.

    `nearest` (m,) is the similarity of each to the nearest one on the map, `usual` (l,) that of those on it to each
    other. Of points like those on the map one in a hundred lies outside.
    """
    if not len(usual):
        return np.zeros(len(nearest), bool)
    return nearest < np.quantile(usual, OUTSIDE)
