"""t-SNE (van der Maaten & Hinton 2008; Barnes-Hut, 2014), scikit-learn's, on the first 50 principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.projection.base import Layout, Method, Parameter
from embedding_core.vectors import principal_components

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

COMPONENTS = 50


def draw(
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> Layout:
    from sklearn.manifold import TSNE

    n = len(vectors)
    perplexity = min(float(parameters.get("perplexity", PERPLEXITY.default)), (n - 1) / 3)
    reduced, _ = principal_components(vectors, COMPONENTS, seed)
    spread = float(np.std(reduced[:, 0]))
    if spread == 0.0:  # all alike: scaling the start would divide by zero
        return Layout(np.zeros((n, dims), np.float32), {"perplexity": perplexity})
    start = np.zeros((n, dims))
    start[:, : min(dims, reduced.shape[1])] = reduced[:, :dims] / spread * 1e-4
    points = TSNE(dims, perplexity=perplexity, init=start, random_state=seed).fit_transform(reduced)
    return Layout(points.astype(np.float32), {"perplexity": perplexity})


PERPLEXITY = Parameter(
    name="perplexity",
    title="Perplexity",
    explanation="Roughly how many neighbours each image minds. Few show fine detail, many the large picture.",
    default=30,
    low=5,
    high=50,
    step=1,
)
METHOD = Method(
    name="tsne",
    title="t-SNE",
    explanation="Keeps the closest neighbours together, better than any other. Slow above some ten thousand images.",
    draw=draw,
    parameters=(PERPLEXITY,),
    smallest=16,
)
