"""Names for clusters: from the images' labels, else from what an encoder's ImageNet head sees, else by number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

RARE = 1e-3  # a probability that stands for "not among the likeliest"


@dataclass(frozen=True, slots=True)
class ClusterNames:
    """A name for each of c clusters, no two alike."""

    names: tuple[str, ...]  # (c,)
    shares: tuple[float | None, ...]  # (c,) in [0, 1]: share with the majority label, or probability of the category
    source: str  # "labels", "categories" or "numbers"


def from_labels(clusters: NDArray[np.int32], labels: Sequence[str | None]) -> ClusterNames:
    """Name each cluster in `clusters` (n,) by the majority label of its labelled images."""
    names: list[str] = []
    shares: list[float | None] = []
    for group in range(int(clusters.max(initial=-1)) + 1):
        found = Counter(labels[row] for row in np.flatnonzero(clusters == group).tolist())
        found.pop(None, None)
        if not found:
            names.append("unlabelled")
            shares.append(None)
            continue
        label, count = min(found.items(), key=lambda item: (-item[1], str(item[0])))
        names.append(str(label))
        shares.append(count / found.total())
    return ClusterNames(_distinct(names), tuple(shares), "labels")


def from_categories(
    categories: Sequence[Sequence[tuple[str, float]]], overall: Sequence[tuple[str, float]] = ()
) -> ClusterNames:
    """Name each cluster by the category (name, probability) that sets it apart from `overall`, that of all images."""
    usual = dict(overall)
    names: list[str] = []
    shares: list[float | None] = []
    for found in categories:
        # Likely here and not everywhere: probability times the square root of its lift.
        name, probability = max(found, key=lambda one: one[1] * (one[1] / max(usual.get(one[0], RARE), RARE)) ** 0.5)
        names.append(name)
        shares.append(probability)
    return ClusterNames(_distinct(names), tuple(shares), "categories")


def numbered(count: int) -> ClusterNames:
    """Name `count` clusters "Cluster 1", "Cluster 2", …"""
    return ClusterNames(tuple(f"Cluster {number}" for number in range(1, count + 1)), (None,) * count, "numbers")


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The first of each stays as it is, further ones get a number that no other name has."""
    names = list(names)
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        unique, number = name, 2
        while unique in seen:
            unique = f"{name} {number}"
            if unique in taken:
                unique = name
            number += 1
        seen.add(unique)
        result.append(unique)
    return tuple(result)
