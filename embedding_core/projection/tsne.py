"""t-SNE.

van der Maaten & Hinton 2008, "Visualizing data using t-SNE"; Barnes-Hut by scikit-learn, started from the principal
components as Kobak & Berens 2019 advise ("The art of using t-SNE for single-cell transcriptomics").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.projection.base import Layout, Method, Parameter
from embedding_core.projection.pca import components, turned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

PERPLEXITY = Parameter(
    "perplexity",
    "Perplexity",
    "About how many look-alikes each image minds. Few show fine detail, many the overall shape.",
    default=30,
    low=5,
    high=50,
    step=1,
)

_DIMENSIONS = 50  # principal components that distances are taken over; the rest is mostly noise, and slow


def draw(
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> Layout:
    """See `Draw`. `perplexity` is bounded by (n - 1) / 3; its 3 × perplexity neighbours are more than the graph has."""
    from sklearn.manifold import TSNE

    n = len(vectors)
    perplexity = max(1.0, min(float(parameters.get("perplexity", PERPLEXITY.default)), (n - 1) / 3))
    reduced, _ = components(vectors, min(_DIMENSIONS, *vectors.shape))
    begin = np.zeros((n, dims), np.float32)
    width = min(dims, reduced.shape[1])
    begin[:, :width] = reduced[:, :width]
    spread = begin[:, 0].std()
    begin *= 1e-4 / spread if spread > 0 else 0
    begin += np.random.RandomState(seed).normal(scale=1e-6, size=begin.shape)  # copies must be able to part
    model = TSNE(dims, perplexity=perplexity, init=begin, learning_rate="auto", method="barnes_hut", random_state=seed)
    with threads.for_rows(n):
        points: NDArray[np.float32] = model.fit_transform(reduced)
    return Layout(turned(points), {"perplexity": perplexity})


METHOD = Method(
    name="tsne",
    title="t-SNE",
    explanation="Draws small groups of look-alikes well apart. Slower than UMAP; gaps between groups mean nothing.",
    draw=draw,
    parameters=(PERPLEXITY,),
    smallest=16,
)
