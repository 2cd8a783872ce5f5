"""Axes and properties taken out of an embedding, fewer axes kept, scales evened: one affine map, fitted on some rows.

A property is taken out by the direction in which vectors and property vary together. What is left is uncorrelated with
it, so that no linear model can tell it: Shao et al. 2023, "Gold doesn't always glitter: spectral removal of linear and
nonlinear guarded attribute information"; Belrose et al. 2023, "LEACE: perfect linear concept erasure in closed form".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.axes.components import fit_space
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.axes.components import Space
    from embedding_core.evaluate.axes.meaning import Said


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to vectors, in this order."""

    axes: tuple[int, ...] = ()  # numbers of the axes that are taken out, the first is 1
    properties: tuple[str, ...] = ()  # names of columns and image properties that are taken out
    keep: int | None = None  # how many of the axes that are left are kept; None for all
    whiten: bool = False  # every axis as wide as every other one
    denoise: bool = False  # drawn back to as many numbers as before

    def __post_init__(self) -> None:
        if self.keep is not None and self.keep < 1:
            raise InvalidInput(f"At least one axis is kept, not {self.keep}.")
        if any(axis < 1 for axis in self.axes):
            raise InvalidInput(f"Axes are numbered from 1, and {min(self.axes)} is below.")
        if self.whiten and self.denoise:
            raise InvalidInput("Whitened axes are not drawn back: choose either to whiten or to take out noise.")

    @property
    def nothing(self) -> bool:
        return self == Treatment()

    @property
    def words(self) -> str:
        """As "without axes 1 and 3, without brightness, 64 axes kept"."""
        said = []
        if self.axes:
            said.append(
                f"without {'axis' if len(self.axes) == 1 else 'axes'} {listed([str(one) for one in self.axes])}"
            )
        if self.properties:
            said.append(f"without {listed(self.properties)}")
        if self.keep is not None:
            said.append(f"{self.keep:,} {'axis' if self.keep == 1 else 'axes'} kept")
        said += ["noise taken out"] * self.denoise + ["whitened"] * self.whiten
        return ", ".join(said) or "nothing taken out"


def listed(words: Sequence[str]) -> str:
    """As "1, 3 and 4"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@dataclass(frozen=True, eq=False, slots=True)
class Reduction:
    """An affine map of vectors (n, d), scaled to length 1: (v − mean) · axes, and back where noise is taken out."""

    mean: NDArray[np.float32]  # (d,)
    axes: NDArray[np.float32]  # (d, k)
    back: bool = False  # · axesᵀ + mean, so that d numbers come out

    @property
    def dim(self) -> int:
        """How many numbers come out."""
        return int(self.axes.shape[0 if self.back else 1])

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors (n, d) in the new space (n, `dim`)."""
        return self.back_to(self.on(unit_rows(vectors)))

    def on(self, unit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where unit vectors (n, d) lie on the axes (n, k)."""
        placed: NDArray[np.float32] = np.subtract(unit, self.mean) @ self.axes
        return placed

    def back_to(self, placed: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self.back:
            return placed
        drawn: NDArray[np.float32] = placed @ self.axes.T + self.mean
        return drawn


def fit(
    unit: NDArray[np.float32],
    treatment: Treatment,
    *,
    known: Space,
    said: Sequence[Said] = (),
) -> Reduction:
    """Fit a treatment on unit vectors (n, d) alone.

    Axes are numbered as in `known`, which shows them: of these rows the axis is taken that is most like it. `said` are
    the columns that the treatment names, of the same rows. Raises `InvalidInput` for an axis that there is not, and
    where nothing would be left.
    """
    if treatment.axes and max(treatment.axes) > known.axes.shape[1]:
        raise InvalidInput(f"There are {known.axes.shape[1]:,} axes, and no axis {max(treatment.axes)}.")
    space = fit_space(unit)
    out = [_alike(space, known, treatment.axes), *(together(unit, one) for one in said)]
    gone = _orthonormal(np.concatenate(out, axis=1))
    left = space.axes.shape[1] - gone.shape[1]
    if left < 1:
        raise InvalidInput("Nothing would be left of the vectors. Take out less.")
    if gone.shape[1]:
        centred = np.subtract(unit, space.mean)
        # Not one axis more than are left: what was taken out leaves rounding, which must not come back as one.
        space = fit_space(np.subtract(centred, (centred @ gone) @ gone.T), left)
    axes = np.subtract(space.axes, gone @ (gone.T @ space.axes))[:, : treatment.keep]
    variance = space.variance[: treatment.keep]
    mean = unit.mean(axis=0, dtype=np.float64).astype(np.float32)
    if treatment.whiten:
        axes = np.divide(axes, np.sqrt(variance).astype(np.float32))
    return Reduction(read_only(mean), read_only(axes.astype(np.float32)), treatment.denoise)


def together(unit: NDArray[np.float32], said: Said) -> NDArray[np.float32]:
    """The directions (d, c) in which unit vectors (n, d) and a column vary together, over the rows with a value."""
    there = said.known
    rows = np.subtract(unit[there], unit[there].mean(axis=0, dtype=np.float64).astype(np.float32))
    values = said.columns()[there]
    values = values - values.mean(axis=0)
    directions: NDArray[np.float32] = rows.T @ values.astype(np.float32)
    return directions


def _alike(space: Space, known: Space, numbers: Sequence[int]) -> NDArray[np.float32]:
    """Those axes (d, a) of `space` that are most like the axes of `known` with these numbers, each one once."""
    from scipy.optimize import linear_sum_assignment

    wanted = known.axes[:, [number - 1 for number in numbers]]
    if not len(numbers):
        return wanted
    cosines = np.abs(wanted.T @ space.axes)
    found: NDArray[np.float32] = space.axes[:, linear_sum_assignment(-cosines)[1]]
    return found


def _orthonormal(directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """A basis (d, r) of what the directions (d, c) span; those of no length are left out."""
    lengths = np.linalg.norm(directions, axis=0)
    directions = directions[:, lengths > 1e-8] / np.maximum(lengths[lengths > 1e-8], 1e-12)
    if not directions.shape[1]:
        return directions
    left, values, _ = np.linalg.svd(directions.astype(np.float64), full_matrices=False)
    basis: NDArray[np.float32] = left[:, values > 1e-6 * values[0]].astype(np.float32)
    return basis
