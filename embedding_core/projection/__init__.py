"""Maps: vectors (n, d) in, a `Projection` with its trust out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import trust
from embedding_core.errors import InvalidInput
from embedding_core.projection import pca, tsne, umap
from embedding_core.projection.base import Layout, Method, Parameter, Projection
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

__all__ = ["METHODS", "Layout", "Method", "Parameter", "Projection", "project"]

METHODS: dict[str, Method] = {one.METHOD.name: one.METHOD for one in (umap, pca, tsne)}

GRID = 4  # fewer images than this stand in a row


def project(
    method: str,
    vectors: ArrayLike,
    graph: NeighbourGraph,
    *,
    dims: int = 2,
    seed: int = 0,
    parameters: Mapping[str, float] | None = None,
    progress: Progress = silent,
) -> Projection:
    """Draw `vectors` (n, d) in 2 or 3 `dims` and measure how far the map can be trusted.

    `graph` is that of the same vectors. `parameters` are those that the method lists (`METHODS[method].parameters`).
    The same arguments give the same array. Fewer than 16 images are drawn by PCA, fewer than 4 as a grid without
    trust; `note` says so. Raises `InvalidInput` for an unknown method or parameter and dims other than 2 and 3, and
    `InvalidVectors`.
    """
    given = dict(parameters or {})
    _check(method, dims, given)
    array = checked(vectors)
    n = len(array)
    if graph.n != n:
        raise InvalidInput(f"Vectors and graph must be of the same images: {n:,} and {graph.n:,}.")
    progress("map", 0, None)
    if n < GRID:
        note = f"{n} image{'' if n == 1 else 's'} are too few for a map and stand side by side."
        return Projection(_row(n, dims), "grid", {}, seed, None, None, 0, None, note)
    chosen, note = METHODS[method], ""
    if n < chosen.smallest:
        note = f"{chosen.title} wants at least {chosen.smallest} images; these {n} are drawn by PCA."
        chosen, given = METHODS["pca"], {}
    drawn = chosen.draw(unit_rows(array), graph, dims=dims, seed=seed, parameters=given)
    progress("trust", 0, None)
    k = trust.largest_k(n)
    overall, sample = trust.trustworthiness(array, drawn.points, k, seed=seed) if k >= 1 else (None, 0)
    return Projection(
        points=drawn.points,
        method=chosen.name,
        parameters=drawn.parameters,
        seed=seed,
        trust=trust.per_point(drawn.points, graph),
        trustworthiness=overall,
        trust_sample=sample,
        explained_variance=drawn.explained_variance,
        note=note,
    )


def _check(method: str, dims: int, parameters: dict[str, float]) -> None:
    if method not in METHODS:
        raise InvalidInput(f"A map is drawn by one of {', '.join(METHODS)}, not {method!r}.")
    if dims not in (2, 3):
        raise InvalidInput(f"A map has 2 or 3 dimensions, not {dims}.")
    known = {one.name: one for one in METHODS[method].parameters}
    for name, value in parameters.items():
        if name not in known:
            takes = f"takes {', '.join(known)}" if known else "takes no parameters"
            raise InvalidInput(f"{METHODS[method].title} {takes}, and not {name!r}.")
        low, high = known[name].low, known[name].high
        if not low <= value <= high:
            raise InvalidInput(f"{name} lies between {low:g} and {high:g}, and {value:g} does not.")


def _row(n: int, dims: int) -> NDArray[np.float32]:
    points = np.zeros((n, dims), dtype=np.float32)
    points[:, 0] = np.arange(n) - (n - 1) / 2
    return points
