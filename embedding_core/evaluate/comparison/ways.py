"""Ways to compare vectors, each as a product of what is made of the vectors once; Manhattan alone is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

WAYS = ("cosine", "euclidean", "dot", "manhattan", "whitened", "int8", "hamming")
AXES = 256  # that whitening keeps at most
FOR_AXIS = 4  # images wanted for each: of as many axes as images, whitened images are all equally far apart


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """Vectors made ready to be compared in one way: how alike i and j are is rows[i] · rows[j] + offset[j]."""

    rows: NDArray[np.float32]  # (n, r)
    offset: NDArray[np.float32]  # (n,)
    nbytes: int  # that an image takes when it is stored for this
    steps: bool = False  # the negated sum of differences along the axes instead of the product


def seen(vectors: ArrayLike, way: str) -> Seen:
    """`vectors` (n, d) as one of `WAYS` sees them.

    "hamming" compares bits as `neighbours` does: whether a value lies above its column's mean. "whitened" is cosine
    after the mean is removed and each principal axis, `AXES` at most, scaled to variance 1 (Jégou & Chum 2012,
    "Negative evidences and co-occurences in image retrieval"). "int8" is cosine of values rounded to 255 steps, each
    vector by its largest. Raises `InvalidVectors`, and `InvalidInput` for another way.
    """
    if way not in WAYS:
        raise InvalidInput(f"No way to compare is called {way!r}. Known: {', '.join(WAYS)}.")
    rows = checked(vectors)
    n, d = rows.shape
    nbytes, offset = 4 * d, np.zeros(n, np.float32)
    if way == "cosine":
        rows = unit_rows(rows)
    elif way == "euclidean":  # in this order are the distances: centred, so that products lose nothing
        rows = rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        offset = -np.einsum("nd,nd->n", rows, rows) / 2
    elif way == "whitened":
        rows = unit_rows(whitened(rows))
        nbytes = 4 * rows.shape[1]
    elif way == "int8":
        peak = np.abs(rows).max(axis=1, keepdims=True)
        steps = np.rint(rows * (127 / np.where(peak > 0, peak, 1)))
        rows, nbytes = unit_rows(steps.astype(np.float32)), d
    elif way == "hamming":
        high = rows > rows.mean(axis=0, dtype=np.float64)
        rows, nbytes = np.where(high, np.float32(1), np.float32(-1)), -(-d // 8)
    return Seen(rows, offset, nbytes, steps=way == "manhattan")


def whitened(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vectors` (n, d) on their principal axes (n, r), of mean 0 and variance 1 on each; r is at most a fourth of n."""
    from embedding_core.projection.pca import principal_axes

    n, d = vectors.shape
    axes, variance, whole = principal_axes(vectors, max(1, min(AXES, d, n // FOR_AXIS)))
    kept = variance > 1e-7 * max(whole, np.finfo(np.float64).tiny)  # below that rounding is scaled up
    kept[0] = True
    scaled = axes[:, kept] / np.sqrt(np.maximum(variance[kept], 1e-30)).astype(np.float32)
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    return np.asarray((vectors - mean) @ scaled)


def similarities(of: Seen, asked: NDArray[np.integer]) -> NDArray[np.float32]:
    """How alike all n images are to the rows `asked` (q,), (q, n): higher is more alike, within a row."""
    if not of.steps:
        return np.asarray(of.rows[asked] @ of.rows.T + of.offset)
    from embedding_core.evaluate.comparison.steps import negated_steps

    return negated_steps(of.rows[asked], of.rows)
