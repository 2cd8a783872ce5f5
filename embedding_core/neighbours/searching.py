"""Search: the rows most like a query under any of five metrics, exact, with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidQuery
from embedding_core.ids import distinct
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

METRICS = ("cosine", "dot", "euclidean", "manhattan", "hamming")

_CELLS = 2**24  # entries of the largest block that is held at once, 64 MB of float32


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k most similar rows for each of q queries, best first.

    `similarity` is higher for what is more alike, whatever the metric:
    cosine in [-1, 1]; dot, the raw product; euclidean and manhattan, the distance negated, so at most 0; hamming,
    the share of equal bits in [0, 1]. `words` says one of them as people read it.
    """

    rows: NDArray[np.int32]  # (q, k) rows of the searched set
    similarity: NDArray[np.float32]  # (q, k), falling along each row
    metric: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_only(self.rows))
        object.__setattr__(self, "similarity", read_only(self.similarity))

    @property
    def k(self) -> int:
        return int(self.rows.shape[1])


@dataclass(frozen=True, slots=True)
class Ranks:
    """How near two rows are among all others."""

    second: int  # place of the second among the neighbours of the first, 1 … others
    first: int  # place of the first among the neighbours of the second
    others: int  # rows beside the one that is asked for
    similarity: float  # of the two, as `Neighbours.similarity`
    metric: str


def search(
    vectors: ArrayLike,
    queries: ArrayLike,
    k: int,
    metric: str = "cosine",
    *,
    exclude: Sequence[int] | NDArray[np.integer] = (),
) -> Neighbours:
    """Return the `k` rows of `vectors` (n, d) most similar to each of `queries` (q, d) or (d,). Exact, in blocks.

    Rows in `exclude` are never returned. Hamming compares bits: whether a value lies above its dimension's mean over
    `vectors`. Raises `InvalidVectors`, and `InvalidQuery` for a query of another width or that is not finite, for an
    unknown metric, an excluded row that is not there, and for k outside 1 to n less the excluded.
    """
    array = checked(vectors)
    n, d = array.shape
    asked = _checked_queries(queries, d)
    left_out = distinct(np.asarray(exclude, dtype=np.int64))
    if left_out.size and not (left_out[0] >= 0 and left_out[-1] < n):
        raise InvalidQuery(f"Rows to leave out must lie in 0 to {n - 1}, not {left_out[0]} to {left_out[-1]}.")
    available = n - left_out.size
    if not 1 <= k <= available:
        raise InvalidQuery(f"Ask for 1 to {available} results, not {k}.")
    measure = _measure(metric, array)
    rows = np.empty((len(asked), k), np.int32)
    similarity = np.empty((len(asked), k), np.float32)
    some_queries = max(1, _CELLS // n)
    for first in range(0, len(asked), some_queries):
        scores = _scores(array, asked[first : first + some_queries], measure)
        scores[:, left_out] = -np.inf
        best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(scores, best, axis=1)
        order = np.lexsort((best, -found), axis=1)  # equals by row number, so that answers repeat
        rows[first : first + some_queries] = np.take_along_axis(best, order, axis=1)
        similarity[first : first + some_queries] = np.take_along_axis(found, order, axis=1)
    return Neighbours(rows, similarity, metric)


def ranks(vectors: ArrayLike, first: int, second: int, metric: str = "cosine") -> Ranks:
    """Return how near two rows of `vectors` (n, d) are among all, seen from either. Exact, in blocks.

    A rank is the place that `search` gives the one when it is asked for the other, 1 for the nearest of all; neither
    need be like the other, since one image may lie in a crowd. Raises `InvalidVectors`, and `InvalidQuery` for an
    unknown metric, a row that is not there, and for one row twice.
    """
    array = checked(vectors)
    n = len(array)
    if first == second or not (0 <= first < n and 0 <= second < n):
        raise InvalidQuery(f"Ranks are those of two different rows in 0 to {n - 1}, not {first} and {second}.")
    measure = _measure(metric, array)
    found = []
    for query, other in ((first, second), (second, first)):
        scores = _scores(array, array[query : query + 1], measure)[0]
        like = scores[other]
        before = scores > like
        before[:other] |= scores[:other] == like  # equals by row number, as in a search
        before[query] = False
        found.append((1 + int(np.count_nonzero(before)), float(like)))
    return Ranks(found[0][0], found[1][0], n - 1, found[0][1], metric)


def mean_query(vectors: ArrayLike, metric: str = "cosine") -> NDArray[np.float32]:
    """Return one query (d,) that stands for several images (m, d): their mean, of unit vectors under cosine.

    Raises `InvalidVectors`, and `InvalidQuery` for no images or an unknown metric.
    """
    _known(metric)
    array = checked(vectors)
    if not len(array):
        raise InvalidQuery("A query of several images wants at least one.")
    several = unit_rows(array) if metric == "cosine" else array
    mean: NDArray[np.float32] = several.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def words(metric: str, similarity: float) -> str:
    """Say one of `Neighbours.similarity` as people read it. Raises `InvalidQuery` for an unknown metric.

    >>> words("cosine", 0.8312), words("euclidean", -12.44), words("hamming", 0.97)
    ('similarity 0.83', 'distance 12.4', '97 % of bits equal')
    """
    _known(metric)
    if metric == "cosine":
        return f"similarity {similarity:.2f}"
    if metric == "hamming":
        return f"{similarity:.0%} of bits equal".replace("%", " %")
    value = abs(similarity) if metric in ("euclidean", "manhattan") else similarity
    return f"{'product' if metric == 'dot' else 'distance'} {_three_digits(value)}"


def _three_digits(value: float) -> str:
    """Three significant digits, without an exponent for what people meet."""
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _known(metric: str) -> None:
    if metric not in METRICS:
        raise InvalidQuery(f"No metric is called {metric!r}. Known: {', '.join(METRICS)}.")


def _checked_queries(queries: ArrayLike, d: int) -> NDArray[np.float32]:
    """`queries` as (q, d) float32; raises `InvalidQuery`."""
    given = np.asarray(queries)
    given = given[None] if given.ndim == 1 else given
    if given.ndim != 2 or given.shape[1] != d:
        raise InvalidQuery(f"Queries must have shape (q, {d}) or ({d},), not {np.shape(queries)}.")
    with np.errstate(over="ignore"):
        array = given.astype(np.float32)
    if not np.isfinite(array).all():
        raise InvalidQuery("Queries must be finite: one holds NaN or infinity.")
    return array


def _measure(
    metric: str, vectors: NDArray[np.float32]
) -> Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]:
    """A function of rows (b, d) and queries (q, d) that returns similarities (q, b), higher for what is more alike."""
    _known(metric)
    if metric == "cosine":
        return lambda rows, queries: np.clip(unit_rows(queries) @ unit_rows(rows).T, -1, 1)
    if metric == "dot":
        return lambda rows, queries: queries @ rows.T
    if metric == "hamming":
        middle = vectors.mean(axis=0, dtype=np.float64)
        return lambda rows, queries: _each(queries > middle, rows > middle, lambda row, query: (row == query).mean(1))
    # Differences, not expanded squares: those would put a picture at a distance of 0.03 from itself.
    if metric == "euclidean":
        return lambda rows, queries: _each(queries, rows, lambda row, query: 0 - np.linalg.norm(row - query, axis=1))
    return lambda rows, queries: _each(queries, rows, lambda row, query: 0 - np.abs(row - query).sum(axis=1))


def _scores(
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    measure: Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Similarity (q, n) of each of `queries` (q, d) to all `vectors` (n, d), some rows at a time."""
    n, d = vectors.shape
    scores = np.empty((len(queries), n), np.float32)
    size = max(1, _CELLS // (4 * d))
    for start in range(0, n, size):
        scores[:, start : start + size] = measure(vectors[start : start + size], queries)
    return scores


def _each(
    queries: NDArray[Any],
    rows: NDArray[Any],
    compare: Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """One query (d,) against all rows (b, d) at a time: (q, b), without a (q, b, d) in between."""
    return np.stack([compare(rows, query) for query in queries]).astype(np.float32)
