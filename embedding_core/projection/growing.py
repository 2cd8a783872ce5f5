"""Maps that are not drawn all at once: of a sketch, and of a set that has grown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import neighbours
from embedding_core.errors import InvalidInput
from embedding_core.neighbours import NeighbourGraph
from embedding_core.projection import judging, placing, umap
from embedding_core.projection.base import Layout, Method, Placement, Projection
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress


def by_landmarks(
    method: Method,
    unit: NDArray[np.float32],
    sketch: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> tuple[Layout, Placement]:
    """Draw the landmarks of a sketch of `unit` (n, d), and put all others down beside their neighbours among them.

    Landmark MDS does the same for distances (de Silva & Tenenbaum 2004, "Sparse multidimensional scaling using landmark
    points").
    """
    landmarks = sketch.among
    if landmarks is None:
        raise InvalidInput("A map by landmarks wants a graph of neighbours among some of the images.")
    rows = np.searchsorted(landmarks, sketch.rows).astype(np.int32)
    among = NeighbourGraph(rows[landmarks], sketch.similarity[landmarks], sketch.recall)
    drawn = method.draw(unit[landmarks], among, dims=dims, seed=seed, parameters=parameters)
    others = np.ones(len(unit), bool)
    others[landmarks] = False
    points = np.empty((len(unit), dims), np.float32)
    points[landmarks] = drawn.points
    points[others] = placing.place(
        drawn.points,
        rows[others, : placing.NEIGHBOURS],
        sketch.similarity[others, : placing.NEIGHBOURS],
        min_dist=_min_dist(method.name, drawn.parameters),
        seed=seed,
    )
    nowhere = Placement(others, np.zeros(len(unit), bool))
    return Layout(points, {**drawn.parameters, "landmarks": len(landmarks)}), nowhere


def grown(
    drawn: Projection,
    kept: NDArray[np.int64],
    vectors: ArrayLike,
    graph: NeighbourGraph,
    *,
    progress: Progress = silent,
) -> Projection:
    """The map `drawn` of an earlier set, with the new images of a later one on it; those that stayed do not move.

    `kept` (n,) says in which row of `drawn` each of `vectors` (n, d) was, −1 for new ones; `graph` is theirs. Raises
    `InvalidInput` where none stayed, and `InvalidVectors`.
    """
    unit = unit_rows(checked(vectors))
    new, stayed = np.flatnonzero(kept < 0), np.flatnonzero(kept >= 0)
    if not len(stayed):
        raise InvalidInput("None of the images is on the map that the new ones were to be placed on. Draw a new one.")
    progress("map", 0, None)
    on_map = drawn.points[kept[stayed]]
    there = unit[stayed]
    rows, similarity, _ = neighbours.among(unit[new], there, min(placing.NEIGHBOURS, len(stayed)), progress=progress)
    points = np.empty((len(unit), drawn.dims), np.float32)
    points[stayed] = on_map
    min_dist = _min_dist(drawn.method, drawn.parameters)
    points[new] = placing.place(on_map, rows, similarity, min_dist=min_dist, seed=drawn.seed)
    placed, outside = kept < 0, np.zeros(len(unit), bool)
    outside[new] = placing.far(similarity[:, 0], _usual(graph, kept >= 0))
    if drawn.placement is not None:
        placed[stayed] = drawn.placement.placed[kept[stayed]]
        outside[stayed] = drawn.placement.outside[kept[stayed]]
    progress("trust", 0, None)
    return judging.judged(
        Layout(points, drawn.parameters),
        unit,
        graph,
        method=drawn.method,
        seed=drawn.seed,
        placement=Placement(placed, outside),
    )


def _usual(graph: NeighbourGraph, stayed: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How similar each image that stayed is to the nearest other one that did: (s,), of those that have one near."""
    others = stayed[graph.rows[stayed]]
    found = others.any(axis=1)
    nearest: NDArray[np.float32] = graph.similarity[stayed][found, others[found].argmax(axis=1)]
    return nearest


def _min_dist(method: str, parameters: Mapping[str, object]) -> float | None:
    value = parameters.get(umap.MIN_DIST.name)
    return float(value) if method == umap.METHOD.name and isinstance(value, int | float) else None
