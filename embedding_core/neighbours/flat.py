"""Exact search in a set that is asked often: checked and measured once, then one product a query."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.errors import InvalidQuery
from embedding_core.neighbours.answers import Neighbours, Ranks
from embedding_core.neighbours.estimates import Estimates
from embedding_core.neighbours.metrics import known, similarities
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Excluded = Sequence[int] | NDArray[np.integer] | NDArray[np.bool_]

FEW = 0.25  # share of the rows up to which those alone are compared that are not left out


@dataclass(frozen=True, eq=False)
class Flat:
    """Vectors made ready for exact search. They are not copied, and must not be changed.

    Memory is that of the vectors and 8 bytes a row; hamming takes another 32nd of the vectors once it is asked for.
    Raises `InvalidVectors`.
    """

    vectors: NDArray[np.float32]  # (n, d) in whichever order
    rows: NDArray[np.int32] | None = None  # (n,) which row of the set each vector is; None when they are in order
    _estimates: Estimates = field(init=False, repr=False)

    def __post_init__(self) -> None:
        estimates = Estimates(self.vectors)
        object.__setattr__(self, "_estimates", estimates)
        object.__setattr__(self, "vectors", estimates.vectors)
        if self.rows is not None:
            object.__setattr__(self, "rows", read_only(self.rows))

    def __len__(self) -> int:
        return len(self.vectors)

    def of_rows(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """The vectors (m, d) of these rows of the set."""
        return self.vectors[self.places(rows)]

    def search(self, queries: ArrayLike, k: int, metric: str = "cosine", *, exclude: Excluded = ()) -> Neighbours:
        """Return the `k` rows most similar to each of `queries` (q, d) or (d,). Exact.

        `exclude` names rows that are never returned, or is a mask (n,) that is true for them. Hamming compares bits:
        whether a value lies above its dimension's mean over the set. Raises `InvalidQuery` for a query of another
        width or that is not finite, for an unknown metric, for an excluded row that is not there or a mask of another
        length, and for k outside 1 to n less the excluded.
        """
        asked, allowed = self.checked(queries, k, metric, exclude)
        found = [self._exact(query, k, metric, allowed) for query in asked]
        return Neighbours(*gathered(found, k), metric)

    def ranks(self, first: int, second: int, metric: str = "cosine") -> Ranks:
        """Return how near two rows are among all, seen from either. Exact.

        A rank is the place that `search` gives the one when it is asked for the other, 1 for the nearest of all;
        neither need be like the other, since one image may lie in a crowd. Raises `InvalidQuery` for an unknown metric,
        a row that is not there, and for one row twice.
        """
        known(metric)
        n = len(self)
        if first == second or not (0 <= first < n and 0 <= second < n):
            raise InvalidQuery(f"Ranks are those of two different rows in 0 to {n - 1}, not {first} and {second}.")
        one, two = self.places(np.array([first, second])).tolist()
        (rank, similarity), (back, _) = self._rank(one, two, metric), self._rank(two, one, metric)
        return Ranks(rank, back, n - 1, similarity, metric)

    # -- for searches that look at a part ---------------------------------------------------------------------------

    def places(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """Where the vectors (m,) of these rows lie."""
        return np.asarray(rows, np.int64) if self.rows is None else self._place[rows]

    def checked(
        self, queries: ArrayLike, k: int, metric: str, exclude: Excluded
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
        """`queries` as (q, d), and which vectors (n,) may be returned, None for all. Raises as `search`."""
        known(metric)
        asked = _queries(queries, self.vectors.shape[1])
        allowed = self._allowed(exclude)
        available = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if not 1 <= k <= available:
            raise InvalidQuery(f"Ask for 1 to {available} results, not {k}.")
        return asked, allowed

    def best(
        self,
        query: NDArray[np.float32],
        k: int,
        metric: str,
        parts: Sequence[slice | NDArray[np.int64]],
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The best rows (k,) for a query (d,) among the vectors in `parts`, and their similarity; fewer if need be."""
        largest = max(part.stop - part.start if isinstance(part, slice) else len(part) for part in parts)
        with threads.for_products(largest * len(query)):
            estimated = [self._estimates.of(metric, query, part) for part in parts]
        likeness, error = (np.concatenate(some) for some in zip(*estimated, strict=True))
        least, most = likeness - error, likeness + error
        within = None if allowed is None else np.concatenate([allowed[part] for part in parts])
        if within is not None:
            least[~within] = -np.inf
        count = min(k, len(least))
        bound = np.partition(least, len(least) - count)[len(least) - count]
        chance = most >= bound
        candidates = np.flatnonzero(chance if within is None else chance & within)
        places = _located(parts, candidates)
        similar = similarities(metric, self.vectors, places, query, self._middle(metric))
        rows = places if self.rows is None else self.rows[places]
        order = np.lexsort((rows, -similar))[:k]
        return rows[order].astype(np.int32, copy=False), similar[order]

    def _exact(
        self, query: NDArray[np.float32], k: int, metric: str, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        whole: slice | NDArray[np.int64] = slice(0, len(self))
        if allowed is not None and np.count_nonzero(allowed) <= FEW * len(self):
            return self.best(query, k, metric, [np.flatnonzero(allowed)], None)
        return self.best(query, k, metric, [whole], allowed)

    def _rank(self, query: int, other: int, metric: str) -> tuple[int, float]:
        """The place of the vector at `other` among the neighbours of the one at `query`, and their similarity."""
        asked = self.vectors[query]
        likeness, error = self._estimates.of(metric, asked, slice(0, len(self)))
        least, most = likeness - error, likeness + error
        surely = least > most[other]
        surely[[query, other]] = False
        perhaps = (most >= least[other]) & ~surely
        perhaps[query] = False
        places = np.flatnonzero(perhaps)
        similar = similarities(metric, self.vectors, places, asked, self._middle(metric))
        like = similar[np.searchsorted(places, other)]
        rows = places if self.rows is None else self.rows[places]
        own = other if self.rows is None else self.rows[other]
        before = (similar > like) | ((similar == like) & (rows < own))  # equals by row number, as in a search
        return 1 + int(np.count_nonzero(surely)) + int(np.count_nonzero(before)), float(like)

    def _middle(self, metric: str) -> NDArray[np.float64]:
        return self._estimates.middle if metric == "hamming" else np.empty(0)

    def _allowed(self, exclude: Excluded) -> NDArray[np.bool_] | None:
        """Which vectors (n,), as they lie, may be returned; None for all."""
        n, given = len(self), np.asarray(exclude)
        if given.dtype == bool:
            if given.shape != (n,):
                raise InvalidQuery(f"A mask of rows to leave out must have shape ({n},), not {given.shape}.")
            return ~given if self.rows is None else ~given[self.rows]
        if not given.size:
            return None
        left_out = given.astype(np.int64)
        if left_out.min() < 0 or left_out.max() >= n:
            raise InvalidQuery(f"Rows to leave out must lie in 0 to {n - 1}, not {left_out.min()} to {left_out.max()}.")
        allowed = np.ones(n, bool)
        allowed[self.places(left_out)] = False
        return allowed

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """Where the vector of each row (n,) lies; the inverse of `rows`."""
        place = np.empty(len(self), np.int64)
        place[self.rows] = np.arange(len(self))
        return place


def gathered(
    found: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """What was found for each of q queries as rows (q, k) and similarities (q, k)."""
    rows, similarity = np.empty((len(found), k), np.int32), np.empty((len(found), k), np.float32)
    for line, (one, like) in enumerate(found):
        rows[line], similarity[line] = one, like
    return rows, similarity


def _queries(queries: ArrayLike, d: int) -> NDArray[np.float32]:
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


def _located(parts: Sequence[slice | NDArray[np.int64]], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where in the set those lie that were chosen by their places in the joined parts."""
    if len(parts) == 1 and isinstance(parts[0], slice):
        return np.asarray(chosen + parts[0].start)
    spread = [np.arange(one.start, one.stop) if isinstance(one, slice) else one for one in parts]
    located: NDArray[np.int64] = np.concatenate(spread)
    return located[chosen]
