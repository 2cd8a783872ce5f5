"""The five ways to compare two images by their vectors, and how each is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidQuery
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

METRICS = ("cosine", "dot", "euclidean", "manhattan", "hamming")

_CELLS = 2**22  # entries of the largest block that is held at once, 32 MB of float64


def known(metric: str) -> None:
    """Raises `InvalidQuery` for a metric that there is not."""
    if metric not in METRICS:
        raise InvalidQuery(f"No metric is called {metric!r}. Known: {', '.join(METRICS)}.")


def similarities(
    metric: str,
    vectors: NDArray[np.float32],
    places: NDArray[np.integer],
    query: NDArray[np.float32],
    middle: NDArray[np.float64],
) -> NDArray[np.float32]:
    """How alike the rows `places` (m,) of `vectors` (n, d) are to `query` (d,): (m,), higher for what is more alike.

    Computed in float64 row by row and rounded once, so equal rows get equal numbers wherever they lie in a set.
    `middle` (d,) is where hamming cuts each value to high or low; the other metrics do not look at it.
    """
    found = np.empty(len(places), np.float32)
    size = max(1, _CELLS // vectors.shape[1])
    for start in range(0, len(places), size):
        found[start : start + size] = _block(metric, vectors[places[start : start + size]], query, middle)
    return found


def _block(
    metric: str, rows: NDArray[np.float32], query: NDArray[np.float32], middle: NDArray[np.float64]
) -> NDArray[np.float64]:
    if metric == "hamming":
        return np.asarray(((rows > middle) == (query > middle)).mean(axis=1, dtype=np.float64))
    wide, asked = rows.astype(np.float64), query.astype(np.float64)
    if metric in ("cosine", "dot"):
        product = np.einsum("md,d->m", wide, asked)
        if metric == "dot":
            limit = np.finfo(np.float32).max
            return np.asarray(np.clip(product, -limit, limit))
        lengths = np.sqrt(np.einsum("md,md->m", wide, wide)) * np.sqrt(asked @ asked)
        return np.asarray(np.clip(product / np.where(lengths > 0, lengths, 1), -1, 1))
    # Differences, not expanded squares: those would put a picture at a distance of 0.03 from itself.
    wide -= asked
    if metric == "euclidean":
        return np.asarray(0 - np.sqrt(np.einsum("md,md->m", wide, wide)))
    return np.asarray(0 - np.abs(wide).sum(axis=1))


def mean_query(vectors: ArrayLike, metric: str = "cosine") -> NDArray[np.float32]:
    """Return one query (d,) that stands for several images (m, d): their mean, of unit vectors under cosine.

    Raises `InvalidVectors`, and `InvalidQuery` for no images or an unknown metric.
    """
    known(metric)
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
    known(metric)
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
