"""How far the classes lie apart in an embedding, without any classifier between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.evaluate.similarities import drawn, labelled_rows
from embedding_core.quality.probing.probe import reduced
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.quality.probing.probe import Reduced

CLUSTERED = 50_000  # images that are grouped; of more so many are drawn


@dataclass(frozen=True, eq=False, slots=True)
class Separation:
    """Silhouettes of labels, and how far groups that were found without labels agree with them."""

    silhouettes: NDArray[np.float32]  # (n,) of each image, −1 to 1; NaN for one without a class
    nmi: float
    ari: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "silhouettes", read_only(self.silhouettes))

    @property
    def silhouette(self) -> float:
        """The mean over images, −1 to 1: above 0.25 classes lie clearly apart, near 0 they overlap, below 0 images lie
        nearer to another class. Photographs under networks for general use rarely pass 0.2."""
        return float(np.nanmean(self.silhouettes))


def separation(vectors: ArrayLike, codes: ArrayLike, *, axes: Reduced | None = None, seed: int = 0) -> Separation:
    """Hold `vectors` (n, d) against classes `codes` (n,), −1 for none, which are left out.

    `axes` are the vectors reduced, for whoever has them: groups are found on the first of their principal axes.

    NMI and ARI are those of KMeans into as many groups as there are classes: NMI from 0 (nothing in common) to 1 (the
    same), above 0.5 is good; Strehl & Ghosh 2002, "Cluster ensembles". ARI is 0 by chance and 1 for the same; Hubert &
    Arabie 1985, "Comparing partitions". Raises `InvalidVectors`, and `InvalidInput` for fewer than two classes.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    from embedding_core.clusters import kmeans

    unit, classes, rows = labelled_rows(vectors, codes)
    found = np.full(len(np.asarray(codes)), np.nan, np.float32)
    found[rows] = silhouettes(unit, classes)
    some = drawn(len(rows), CLUSTERED, seed)
    points = (reduced(unit).rows if axes is None else axes.rows[rows])[some, : kmeans.DIMENSIONS]
    with threads.for_rows(len(some)):
        groups = kmeans.fitted(points, len(np.unique(classes[some])), seed).labels_
    nmi = float(normalized_mutual_info_score(classes[some], groups))
    return Separation(found, nmi, float(adjusted_rand_score(classes[some], groups)))


def silhouettes(unit: NDArray[np.float32], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """The silhouette (n,) of each of `unit` (n, d) in its class under cosine distance; 0 for one alone in its class.

    Rousseeuw 1987, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis". A mean of
    cosines is the cosine with a mean, so this takes n × c products and not n × n, and equals scikit-learn's.
    """
    there, place = np.unique(classes, return_inverse=True)
    counts = np.bincount(place)
    member = np.zeros((len(there), len(unit)), np.float32)
    member[place, np.arange(len(unit))] = 1
    sums = (member @ unit).astype(np.float64)
    near = unit.astype(np.float64) @ sums.T  # (n, c) summed cosines
    every = np.arange(len(unit))
    own = counts[place]
    itself = np.einsum("nd,nd->n", unit, unit, dtype=np.float64)
    inside = 1 - (near[every, place] - itself) / np.maximum(own - 1, 1)
    outside = 1 - near / counts
    outside[every, place] = np.inf
    nearest = outside.min(axis=1)
    larger = np.maximum(inside, nearest)
    found = np.where(own > 1, (nearest - inside) / np.where(larger > 0, larger, 1), 0)
    return found.astype(np.float32)
