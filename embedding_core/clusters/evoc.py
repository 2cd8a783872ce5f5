"""EVoC: density clustering made for embeddings, from the authors of UMAP and HDBSCAN (github.com/TutteInstitute/evoc).

Its first use on a machine compiles for a minute or more; numba keeps the result on disk.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.clusters.base import Found, Method
from embedding_core.clusters.hdbscan import smallest_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

_COLUMNS = 16  # EVoC wants a few


def find(
    vectors: NDArray[np.float32], *, k: int | None, min_size: int | None, seed: int, graph: Callable[[], NeighbourGraph]
) -> Found:
    """See `Find`. Of EVoC's layers, the most persistent one."""
    n, d = vectors.shape
    size = smallest_group(n) if min_size is None else min_size
    if d < _COLUMNS:  # zeros change no cosine
        vectors = np.pad(vectors, ((0, 0), (0, _COLUMNS - d)))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # it divides by zero where images are alike, and recovers
        from evoc import EVoC

        labels = EVoC(base_min_cluster_size=size, random_state=seed).fit_predict(vectors)
    return Found(np.asarray(labels), {"min_size": size})


METHOD = Method(
    name="evoc",
    title="EVoC",
    explanation="Made for embeddings: finds dense groups at their most stable scale; other images belong to none.",
    find=find,
    takes="min_size",
    smallest=16,
)
