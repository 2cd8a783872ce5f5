"""Whether an embedding holds still where it should: when a picture is changed a little, and when others come.

No label is needed. The first asks that a changed copy is nearest to its original among all images, as in instance
discrimination: Wu et al. 2018, "Unsupervised feature learning via non-parametric instance discrimination". The second
asks that groups found in one half of the images are found in the other: Ben-Hur, Elisseeff & Guyon 2002, "A stability
based method for discovering structure in clustered data".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import threads
from embedding_core.evaluate.card.intervals import Figure, figure
from embedding_core.quality.probing.probe import Reduced, reduced
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SAMPLE = 100  # images that are changed and encoded again
WAYS = ("mirrored", "cropped", "brighter")  # as `images.altering` makes them
HALVES = 5  # times that the images are parted
GROUPED = 20_000  # images that are grouped; of more so many are drawn


@dataclass(frozen=True, slots=True)
class Way:
    """What became of pictures that were changed in one way."""

    name: str
    found: Figure  # share whose nearest of all images is their original; above 0.95 is steady
    cosine: float  # mean likeness of copy and original, −1 to 1

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Way:
        return cls(facts["name"], Figure(**facts["found"]), facts["cosine"])


def sampled(n: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Rows (m,) of the images to change, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:SAMPLE])


def steady(
    name: str,
    vectors: ArrayLike,
    rows: NDArray[np.int64],
    copies: ArrayLike,
    *,
    groups: ArrayLike | None = None,
) -> Way:
    """Hold `copies` (m, d) of the images `rows` (m,) against all `vectors` (n, d), changed in the way `name`.

    A near-duplicate of the original is as good as itself: `groups` (n,), −1 for an image that is alone. Raises
    `InvalidVectors`.
    """
    unit, changed = unit_rows(checked(vectors)), unit_rows(checked(copies))
    likeness = changed @ unit.T
    own = likeness[np.arange(len(rows)), rows]
    others = likeness.copy()
    others[np.arange(len(rows)), rows] = -np.inf
    if groups is not None:
        together = np.asarray(groups)
        others[(together[rows][:, None] == together) & (together[rows][:, None] >= 0)] = -np.inf
    return Way(name, figure(own >= others.max(axis=1) - 1e-6), float(own.mean()))


def cluster_stability(vectors: ArrayLike | Reduced, k: int, *, seed: int = 0) -> float:
    """How alike two groupings of `vectors` (n, d) into k are that were each found in another half of the images.

    Mean adjusted Rand index over `HALVES` partings, at most 1: above 0.8 groups are real, near 0 they are drawn anew
    each time. Both groupings are of all images, each of which belongs to the nearest centre. NaN where a half holds
    fewer than k images. Raises `InvalidVectors`.
    """
    from sklearn.metrics import adjusted_rand_score

    from embedding_core.clusters import kmeans

    points = (vectors if isinstance(vectors, Reduced) else reduced(vectors)).rows[:, : kmeans.DIMENSIONS]
    rng = np.random.default_rng(seed)
    if len(points) > GROUPED:
        points = points[np.sort(rng.choice(len(points), GROUPED, replace=False))]
    if k < 2 or len(points) // 2 < k:
        return float("nan")
    found = []
    with threads.for_rows(len(points) // 2):
        for _ in range(HALVES):
            order = rng.permutation(len(points))
            halves = order[: len(order) // 2], order[len(order) // 2 :]
            one, two = (kmeans.fitted(points[half], k, seed, starts=3).predict(points) for half in halves)
            found.append(adjusted_rand_score(one, two))
    return float(np.mean(found))
