"""Search for callers that have nothing but arrays. Who asks of the same set again makes a `Flat` and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.neighbours.flat import Flat

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from embedding_core.neighbours.answers import Neighbours, Ranks
    from embedding_core.neighbours.flat import Excluded


def search(
    vectors: ArrayLike, queries: ArrayLike, k: int, metric: str = "cosine", *, exclude: Excluded = ()
) -> Neighbours:
    """Return the `k` rows of `vectors` (n, d) most similar to each of `queries`, as `Flat.search`. Exact.

    Raises `InvalidVectors`, and as that does.
    """
    return Flat(vectors).search(queries, k, metric, exclude=exclude)  # type: ignore[arg-type]


def ranks(vectors: ArrayLike, first: int, second: int, metric: str = "cosine") -> Ranks:
    """Return how near two rows of `vectors` (n, d) are among all, as `Flat.ranks`. Exact.

    Raises `InvalidVectors`, and as that does.
    """
    return Flat(vectors).ranks(first, second, metric)  # type: ignore[arg-type]
