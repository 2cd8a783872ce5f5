"""Maps: vectors (n, d) in, a `Projection` with its trust out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.projection import growing, judging, pca, tsne, umap
from embedding_core.projection.base import Draw, Fit, Layout, Method, Parameter, Placement, Projection
from embedding_core.projection.growing import grown
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

__all__ = ["METHODS", "Draw", "Fit", "Layout", "Method", "Parameter", "Placement", "Projection", "grown", "project"]

METHODS: dict[str, Method] = {one.name: one for one in (umap.METHOD, pca.METHOD, tsne.METHOD)}


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

    `graph` is that of the same vectors; of a sketch the landmarks are drawn, and the others placed. `parameters` are
    those that the method lists (`METHODS[method].parameters`). The same arguments give the same array. Fewer than 16
    images are drawn by PCA, fewer than 4 as a grid, both without trust; `note` says so. Raises `InvalidInput` for an
    unknown method or parameter, a value out of bounds, dims other than 2 and 3, and a graph of another size, and
    `InvalidVectors`.
    """
    asked = _checked(method, dims, parameters or {})
    array = checked(vectors)
    n = len(array)
    if graph.n != n:
        raise InvalidInput(f"Vectors and graph must be of the same images: {n:,} and {graph.n:,}.")
    chosen = METHODS[method]
    if n < pca.METHOD.smallest:
        return Projection(
            _grid(n, dims), "grid", {}, seed, None, None, 0, None, _too_few(n, chosen.title, "side by side")
        )
    note = ""
    if n < chosen.smallest:
        note = _too_few(n, chosen.title, "by PCA")
        chosen, asked = pca.METHOD, {}
    unit = unit_rows(array)
    progress("map", 0, None)
    layout, placement = _drawn(chosen, unit, graph, dims=dims, seed=seed, parameters=asked)
    if n < judging.FEWEST:
        note = note or _too_few(n, "a judgement of the map", "without one")
        return Projection(
            layout.points, chosen.name, layout.parameters, seed, None, None, 0, layout.explained_variance, note
        )
    progress("trust", 0, None)
    return judging.judged(layout, unit, graph, method=chosen.name, seed=seed, placement=placement, note=note)


def _drawn(
    method: Method,
    unit: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> tuple[Layout, Placement | None]:
    if graph.among is None or method.name == pca.METHOD.name:
        return method.draw(unit, graph, dims=dims, seed=seed, parameters=parameters), None
    return growing.by_landmarks(method, unit, graph, dims=dims, seed=seed, parameters=parameters)


def _checked(method: str, dims: int, parameters: Mapping[str, float]) -> Mapping[str, float]:
    if method not in METHODS:
        raise InvalidInput(f"No map is called {method!r}. Known: {', '.join(METHODS)}.")
    if dims not in (2, 3):
        raise InvalidInput(f"A map has 2 or 3 dimensions, not {dims}.")
    known = {one.name: one for one in METHODS[method].parameters}
    for name, value in parameters.items():
        if name not in known:
            raise InvalidInput(f"{method} takes no {name!r}. It takes: {', '.join(known) or 'nothing'}.")
        if not known[name].low <= value <= known[name].high:
            raise InvalidInput(f"{name} must lie in {known[name].low:g} to {known[name].high:g}, not {value:g}.")
    return parameters


def _grid(n: int, dims: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Points (n, dims) side by side, for so few images that any other picture would claim too much."""
    points = np.zeros((n, dims), np.float32)
    points[:, 0] = np.arange(n) - max(0, n - 1) / 2
    return points


def _too_few(n: int, what: str, instead: str) -> str:
    images = "One image is" if n == 1 else f"{n} images are"
    return f"{images} too few for {what}, so {'it is' if n == 1 else 'they are'} drawn {instead}."
