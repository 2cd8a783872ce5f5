"""From points to a `Projection`: how far the map can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import trust
from embedding_core.projection.base import Layout, Placement, Projection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

FEWEST = 16  # images; below, k = 15 neighbours are everyone


def judged(
    layout: Layout,
    unit: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    method: str,
    seed: int,
    placement: Placement | None = None,
    note: str = "",
) -> Projection:
    """The map of `unit` (n, d), n at least `FEWEST`, with its trust by their `graph`."""
    k = trust.largest_k(len(unit))
    near = trust.map_neighbours(layout.points, k, graph.among)
    among_all = near if graph.among is None else None
    value, sample = trust.trustworthiness(unit, layout.points, k, near=among_all, seed=seed)
    return Projection(
        points=layout.points,
        method=method,
        parameters=layout.parameters,
        seed=seed,
        trust=trust.per_point(layout.points, graph, k, near=near),
        trustworthiness=value,
        trust_sample=sample,
        explained_variance=layout.explained_variance,
        note=note,
        placement=placement,
        misplaced=trust.misplaced(unit, layout.points, k, near=near, seed=seed),
    )
