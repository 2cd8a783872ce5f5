"""The shape of an embedding, for which no label is needed: its dimension, its hubs, and how far it fills its space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.evaluate.similarities import drawn
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph

K = 10  # neighbours among which hubs are counted
ROWS = 20_000  # images that the effective rank is found on; of more so many are drawn
CUT = 0.1  # share of the largest ratios that Facco et al. leave out: there the fit is worst


@dataclass(frozen=True, slots=True)
class Shape:
    """NaN is what cannot be told of so few images."""

    dimension: float  # how many numbers would tell the images apart, at the scale of neighbours; see `dimension_of`
    hubness: float  # see `hubness_of`
    anisotropy: float  # see `anisotropy_of`
    effective_rank: float  # see `effective_rank_of`


def shape(vectors: ArrayLike, graph: NeighbourGraph, *, groups: ArrayLike | None = None, seed: int = 0) -> Shape:
    """The shape of `vectors` (n, d) with their cosine neighbours. `groups` (n,) are near-duplicates, −1 for none.

    Raises `InvalidVectors`.
    """
    unit = unit_rows(checked(vectors))
    together = np.full(len(unit), -1) if groups is None else np.asarray(groups)
    return Shape(
        dimension_of(unit, graph.rows, together),
        hubness_of(graph.rows[:, :K], len(unit)),
        anisotropy_of(unit),
        effective_rank_of(unit[drawn(len(unit), ROWS, seed)]),
    )


def dimension_of(
    unit: NDArray[np.float32], rows: NDArray[np.int32], groups: NDArray[np.integer] | None = None
) -> float:
    """Intrinsic dimension by TwoNN, above 0: photographs have 10 to 30 under most networks, whatever d.

    From the ratio of the distances to the two nearest, Facco et al. 2017, "Estimating the intrinsic dimension of
    datasets by a minimal neighborhood information". `rows` (n, k) are the neighbours of `unit` (n, d), the nearest
    first; of each of `groups` (n,) one image counts, and of exact copies none. NaN for fewer than ten images.
    """
    n = len(unit)
    if n < 10 or rows.shape[1] < 2:
        return float("nan")
    one = np.ones(n, bool) if groups is None else _one_of_each(groups)
    order = np.argsort(~one[rows], axis=1, kind="stable")[:, :2]
    two = np.take_along_axis(rows, order, axis=1)
    apart = unit.astype(np.float64)[:, None] - unit[two]
    first, second = np.sqrt(np.einsum("nkd,nkd->nk", apart, apart)).T
    known = (first > 1e-6) & (second > 1e-6) & one & one[two].all(axis=1)
    ratio = np.sort(np.maximum(second[known], first[known]) / np.minimum(first[known], second[known]))
    if len(ratio) < 10:
        return float("nan")
    kept = int(len(ratio) * (1 - CUT))
    x = np.log(ratio[:kept])
    y = -np.log1p(-np.arange(1, kept + 1) / len(ratio))
    return float((x * y).sum() / (x**2).sum()) if x.any() else float("nan")


def _one_of_each(groups: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which images (n,) are alone, or the first of their group."""
    found = groups < 0
    found[np.unique(groups, return_index=True)[1]] = True
    return found


def hubness_of(near: NDArray[np.integer], n: int) -> float:
    """Skewness of how often each of n images is among the k nearest of others, `near` (n, k); 0 is even.

    Above 2, a few images are neighbours of nearly everything and spoil searches. Radovanović et al. 2010, "Hubs in
    space". NaN where all come equally often or nobody has a neighbour.
    """
    counts = np.bincount(near.ravel(), minlength=n).astype(np.float64)
    spread = counts.std()
    return float((((counts - counts.mean()) / spread) ** 3).mean()) if spread else float("nan")


def anisotropy_of(unit: NDArray[np.float32]) -> float:
    """Mean cosine of two different images, −1 to 1, exact. Near 0 the whole space is used, near 1 one narrow cone.

    Ethayarajh 2019, "How contextual are contextualized word representations?". NaN for a single image.
    """
    n = len(unit)
    if n < 2:
        return float("nan")
    whole = unit.sum(axis=0, dtype=np.float64)
    own = np.einsum("nd,nd->", unit, unit, dtype=np.float64)
    return float((whole @ whole - own) / (n * (n - 1)))


def effective_rank_of(unit: NDArray[np.float32]) -> float:
    """How many directions the set makes use of, 1 to min(n, d): the exponential of the entropy of singular values.

    Of the centred vectors (n, d). Roy & Vetterli 2007, "The effective rank: a measure of effective dimensionality";
    the more of d it is, the less is idle.
    """
    n, d = unit.shape
    centred = unit - unit.mean(axis=0, dtype=np.float64).astype(np.float32)
    products = (centred.T @ centred if d <= n else centred @ centred.T).astype(np.float64)
    with threads.alone():  # threads wait for each other thousands of times here
        singular = np.sqrt(np.maximum(np.linalg.eigvalsh(products), 0))
    whole = singular.sum()
    if not whole:
        return float("nan")
    shares = singular[singular > 1e-9 * whole] / whole
    return float(np.exp(-(shares * np.log(shares)).sum()))
