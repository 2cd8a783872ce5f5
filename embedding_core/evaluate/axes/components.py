"""The principal axes of an embedding, how much each explains, and how many of them are more than noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.errors import InvalidInput
from embedding_core.records import silent
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

FITTED = 50_000  # rows at most that axes are fitted on; more change nothing that can be seen
SHUFFLED = 4_000  # rows at most that are shuffled to see what noise explains
SHUFFLES = 10
LEVEL = 0.95  # quantile of the shuffles that an axis must exceed

_NOTHING = 1e-10  # share of the variance below which an axis is rounding


@dataclass(frozen=True, eq=False, slots=True)
class Space:
    """Principal axes of unit vectors, by falling variance. Of every axis the largest loading is positive."""

    mean: NDArray[np.float32]  # (d,)
    axes: NDArray[np.float32]  # (d, r) orthonormal
    variance: NDArray[np.float64]  # (r,)
    whole: float  # variance of all axes, also of those that were left out

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of all variance (r,) that each axis explains."""
        return self.variance / max(self.whole, np.finfo(np.float64).tiny)

    def on(self, unit: NDArray[np.float32], count: int | None = None) -> NDArray[np.float32]:
        """Where unit vectors (n, d) lie on the first `count` axes (n, count)."""
        placed: NDArray[np.float32] = np.subtract(unit, self.mean) @ self.axes[:, :count]
        return placed


def fit_space(unit: NDArray[np.float32], most: int | None = None) -> Space:
    """The principal axes of unit vectors (n, d), at most `most`; those along which nothing varies are left out.

    Agrees with scikit-learn's `PCA` but for signs. Of more than `FITTED` rows every so manieth is read.
    """
    from embedding_core.projection.pca import principal_axes

    drawn = unit if len(unit) <= FITTED else unit[:: -(-len(unit) // FITTED)]
    with threads.for_rows(len(drawn)):
        axes, variance, whole = principal_axes(drawn, min(most or unit.shape[1], unit.shape[1], len(drawn)))
    there = variance > _NOTHING * whole if whole > 0 else np.zeros(len(variance), bool)
    mean = drawn.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Space(read_only(mean), read_only(axes[:, there]), read_only(variance[there]), whole)


def space_of(vectors: ArrayLike) -> tuple[NDArray[np.float32], Space]:
    """Vectors (n, d) at length 1, and their space. Raises `InvalidVectors`, and `InvalidInput` where all are alike."""
    unit = unit_rows(checked(vectors))
    space = fit_space(unit) if len(unit) > 1 else None
    if space is None or not len(space.variance):
        raise InvalidInput("All vectors are alike, so there is no axis along which images differ.")
    return unit, space


def broken_stick(shares: NDArray[np.float64], d: int) -> int:
    """How many leading axes explain more than the pieces of a stick that is broken at random into `d`.

    Frontier 1976, "Étude de la décroissance des valeurs propres"; Jackson 1993, "Stopping rules in principal components
    analysis". It errs towards few.
    """
    pieces = np.cumsum(1 / np.arange(d, 0, -1))[::-1] / d
    return leading(shares, pieces[: len(shares)])


def noise_levels(unit: NDArray[np.float32], *, seed: int = 0, progress: Progress = silent) -> NDArray[np.float64]:
    """What axes explain where there is nothing but noise: variances (r,) that one of twenty shuffles exceeds.

    Parallel analysis: Horn 1965, "A rationale and test for the number of factors"; by shuffling every column on its
    own, which asks for no distribution: Buja and Eyuboglu 1992, "Remarks on parallel analysis". Of vectors (n, d).
    """
    from scipy.linalg import eigvalsh

    n, d = unit.shape
    rng = np.random.default_rng(seed)
    centred = (unit - unit.mean(axis=0, dtype=np.float64)).astype(np.float32)
    found = []
    with threads.for_rows(n):
        for done in range(SHUFFLES):
            progress("shuffling", done, SHUFFLES)
            shuffled = rng.permuted(centred, axis=0)
            products = (shuffled.T @ shuffled if n > d else shuffled @ shuffled.T).astype(np.float64) / n
            found.append(np.maximum(eigvalsh(products, overwrite_a=True, check_finite=False)[::-1], 0))
    levels: NDArray[np.float64] = np.quantile(found, LEVEL, axis=0)
    return levels


def more_than_noise(
    unit: NDArray[np.float32], *, seed: int = 0, progress: Progress = silent
) -> tuple[int, NDArray[np.float64]]:
    """How many leading axes of vectors (n, d) explain more than noise, and what noise explains, as shares (r,)."""
    rows = np.arange(len(unit))
    if len(rows) > SHUFFLED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, SHUFFLED, replace=False))
    space = fit_space(unit[rows])
    levels = noise_levels(unit[rows], seed=seed, progress=progress)
    count = leading(space.variance, levels[: len(space.variance)])
    return count, levels / max(space.whole, np.finfo(np.float64).tiny)


def leading(values: NDArray[np.float64], limits: NDArray[np.float64]) -> int:
    """How many of the first values exceed their limits before one does not."""
    above = values[: len(limits)] > limits[: len(values)]
    return int(len(above) if above.all() else above.argmin())
