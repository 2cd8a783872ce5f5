"""Where a set is thin, and where it has more than it needs: both read off the neighbour graph.

An image is thin where its neighbours are far. It is covered when one that is kept is at least so similar as the
`radius`; the fewest that cover all are found greedily, the one that covers most of what is left first, which needs at
most ln n times as many as the best choice would (Johnson, "Approximation algorithms for combinatorial problems", 1974).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.quality.composition.columns import Column

NEIGHBOURS = 10  # whose mean distance says how thin the set is around an image
SPREAD = 2.5  # robust standard deviations from the median to the line
QUARTILE = 0.6745  # standard deviations of a normal distribution between its median and its quartile


@dataclass(frozen=True, slots=True)
class Thin:
    """How much of one class lies where the set is thin."""

    label: str
    images: int
    thin: int
    distance: float  # the middle one of its images'


@dataclass(frozen=True, eq=False, slots=True)
class Cover:
    """How a set of n images covers what it shows."""

    ids: NDArray[np.int64]  # (n,)
    distance: NDArray[np.float32]  # (n,) 1 − cosine, mean over the nearest; 0 with none but copies around
    line: float  # distance beyond which the set is thin
    radius: float  # similarity from which one image stands for another
    order: NDArray[np.int32]  # (m,) rows to keep, the one that stands for most first; all of them cover every image
    covered: NDArray[np.int64]  # (m,) images that the first 1, 2, … of them cover

    def __post_init__(self) -> None:
        for name in ("ids", "distance", "order", "covered"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def sparse(self, line: float | None = None) -> NDArray[np.int64]:
        """Rows (m,) where the set is thin, beyond the line or another one, the thinnest first."""
        rows = np.flatnonzero(self.distance > (self.line if line is None else line))
        return rows[np.argsort(-self.distance[rows], kind="stable")]

    def by_class(self, labels: Column) -> list[Thin]:
        """Each class, the one with the largest thin part first."""
        thin = np.zeros(len(self.ids), bool)
        thin[self.sparse()] = True
        found = []
        for code, name in enumerate(labels.values):
            rows = labels.codes == code
            if rows.any():
                middle = float(np.median(self.distance[rows]))
                found.append(Thin(name, int(rows.sum()), int(thin[rows].sum()), middle))
        return sorted(found, key=lambda one: (-one.thin / one.images, -one.distance))

    def reason(self, row: int) -> str:
        value, middle = float(self.distance[row]), float(np.median(self.distance))
        times = f"{value / middle:.1f} times as far as usual" if middle > 0 else "while others have copies around them"
        return f"Its nearest {NEIGHBOURS} images are at distance {value:.2f} on average, {times}."

    def kept(self, share: float = 1.0) -> NDArray[np.int32]:
        """The fewest rows (m,) found that cover such a share of all images, the most useful first.

        Raises `InvalidInput` for a share outside 0 to 1.
        """
        if not 0 <= share <= 1:
            raise InvalidInput(f"The share that stays covered is 0 to 1, not {share}.")
        wanted = int(np.ceil(share * len(self.ids) - 1e-9))
        return self.order[: int(np.searchsorted(self.covered, wanted)) + 1] if wanted else self.order[:0]

    def redundant(self, share: float = 1.0) -> NDArray[np.int64]:
        """Rows that could go with such a share of all images still covered, in the order of the set."""
        rest = np.ones(len(self.ids), bool)
        rest[self.kept(share)] = False
        return np.flatnonzero(rest)

    def curve(self, points: int = 100) -> list[tuple[float, float]]:
        """Share of images kept → share covered, at so many steps from none to all that are needed."""
        n, m = max(1, len(self.ids)), len(self.order)
        at = np.unique(np.linspace(min(1, m), m, min(points, m)).astype(int)).tolist()
        return [(0.0, 0.0), *((one / n, int(self.covered[one - 1]) / n) for one in at)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids, "distance": self.distance, "order": self.order, "covered": self.covered}

    def facts(self) -> dict[str, Any]:
        return {"line": self.line, "radius": self.radius, "sparse": len(self.sparse()), "kept": len(self.order)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(
            arrays["ids"], arrays["distance"], facts["line"], facts["radius"], arrays["order"], arrays["covered"]
        )


def cover(ids: NDArray[np.int64], graph: NeighbourGraph, *, radius: float | None = None) -> Cover:
    """Say where a set (n,) is thin and which images stand for it, from its cosine graph.

    `radius` is the similarity from which one image stands for another; without one, it is that of the middle image to
    its nearest: what is as alike as look-alikes of this set are. Raises `InvalidInput` for one outside −1 to 1 and for
    a graph of other images.
    """
    if graph.n != len(ids):
        raise InvalidInput(f"The graph is of {graph.n:,} images and {len(ids):,} ids came with it.")
    if radius is not None and not -1 <= radius <= 1:
        raise InvalidInput(f"A radius is a cosine similarity, −1 to 1, not {radius}.")
    n = len(ids)
    if graph.k == 0:
        alone = np.arange(n, dtype=np.int32)
        return Cover(ids, np.zeros(n, np.float32), 0.0, 1.0 if radius is None else radius, alone, 1 + np.arange(n))
    distance = (1 - graph.similarity[:, :NEIGHBOURS].mean(axis=1)).clip(0).astype(np.float32)
    middle, quartile = np.quantile(distance.astype(np.float64), [0.5, 0.75])
    line = float(middle + SPREAD * max(quartile - middle, 1e-3) / QUARTILE)
    near = float(np.median(graph.similarity[:, 0])) if radius is None else radius
    from embedding_core.quality.composition.covering import greedy

    order, covered = greedy(graph.rows, graph.similarity >= np.float32(near))
    return Cover(ids, distance, line, near, order, covered)
