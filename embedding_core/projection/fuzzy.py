"""The weighted graph that UMAP draws, from neighbours and their similarities.

McInnes, Healy & Melville 2018 (arXiv:1802.03426), section 3.1; `umap.umap_.fuzzy_simplicial_set` with local
connectivity 1, for distances 1 - similarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAME = 1e-6  # distances that float32 cannot tell from 0


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of n points; those of point i are the entries `starts[i]` to `starts[i + 1]`."""

    starts: NDArray[np.int64]  # (n + 1,)
    tails: NDArray[np.int32]  # (m,)
    weight: NDArray[np.float32]  # (m,) in (0, 1]

    def above(self, least: float) -> Edges:
        """Those whose weight is at least `least`."""
        kept = self.weight >= least
        before = np.concatenate([[0], np.cumsum(kept)])
        return Edges(before[self.starts].astype(np.int64), self.tails[kept], self.weight[kept])


def union(rows: NDArray[np.int32], similarity: NDArray[np.float32]) -> Edges:
    """The graph of n points with neighbours `rows` (n, k): an edge is there if either end has it, and is symmetric.

    Of two weights w and v for the ends it has w + v - w v.
    """
    import scipy.sparse

    n, k = rows.shape
    starts = np.arange(0, n * k + 1, max(k, 1), dtype=np.int64) if k else np.zeros(n + 1, np.int64)
    one_way = scipy.sparse.csr_array((membership(similarity).ravel(), rows.ravel(), starts), shape=(n, n))
    other_way = one_way.T.tocsr()
    both = (one_way + other_way - one_way.multiply(other_way)).tocsr()
    both.eliminate_zeros()
    both.sort_indices()
    return Edges(both.indptr.astype(np.int64), both.indices.astype(np.int32), both.data.astype(np.float32))


def membership(similarity: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each of a point's k neighbours is one, (n, k) in (0, 1], from their similarities, best first.

    The nearest has 1; further ones fall off so that a row's weights sum to log2(k + 1).
    """
    n, k = similarity.shape
    distance = np.maximum(1 - similarity, 0).astype(np.float32)
    distance[distance < _SAME] = 0
    away = distance > 0
    nearest = np.where(away.any(axis=1), distance[np.arange(n), away.argmax(axis=1)], 0).astype(np.float32)
    excess = np.maximum(distance - nearest[:, None], 0)
    mean = np.where(nearest > 0, distance.sum(axis=1), distance.sum() / max(n, 1)) / (k + 1)
    scale = np.maximum(_bandwidth(excess, np.log2(k + 1)), 1e-3 * mean)[:, None]
    weight: NDArray[np.float32] = np.where(excess == 0, 1, np.exp(-excess / np.where(scale > 0, scale, 1)))
    return weight.astype(np.float32)


@lru_cache(maxsize=64)
def curve(min_dist: float) -> tuple[float, float]:
    """The a and b with which 1 / (1 + a d^2b) is nearest to 1 up to `min_dist` and exp(min_dist - d) beyond.

    As `umap.umap_.find_ab_params` with spread 1, by Gauss-Newton steps: to import scipy.optimize for two numbers takes
    a tenth of the time in which a first map is there.
    """
    d = np.linspace(0, 3, 300)[1:]  # at 0 the curve is 1 whatever a and b are
    wanted = np.where(d < min_dist, 1.0, np.exp(min_dist - d))
    a, b = 1.0, 1.0
    for _ in range(100):
        power = d ** (2 * b)
        near = 1 / (1 + a * power)
        slopes = np.stack([-power, -2 * a * power * np.log(d)], axis=1) * (near**2)[:, None]
        more_a, more_b = np.linalg.lstsq(slopes, wanted - near, rcond=None)[0].tolist()
        a, b = a + more_a, b + more_b
        if max(abs(more_a), abs(more_b)) < 1e-9:
            break
    return a, b


def _bandwidth(excess: NDArray[np.float32], target: float) -> NDArray[np.float64]:
    """The scale (n,) at which sum(exp(-excess / scale)) over each row (n, k) is `target`, by bisection."""
    n = len(excess)
    low, high, middle = np.zeros(n), np.full(n, np.inf), np.ones(n)
    active = np.arange(n)
    for _ in range(64):
        total = np.exp(-excess[active] / middle[active, None]).sum(axis=1)
        wrong = np.abs(total - target) >= 1e-5
        active, above = active[wrong], total[wrong] > target
        if not len(active):
            break
        high[active[above]] = middle[active[above]]
        low[active[~above]] = middle[active[~above]]
        far = np.isinf(high[active])
        middle[active[far]] *= 2
        near = active[~far]
        middle[near] = (low[near] + high[near]) / 2
    return middle
