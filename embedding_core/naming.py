"""Names for clusters: from the images' labels, else from what an encoder's ImageNet head sees, else by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Categories = "Sequence[Sequence[tuple[str, float]]]"


@dataclass(frozen=True, slots=True)
class ClusterNames:
    """A name for each of c clusters, no two alike."""

    names: tuple[str, ...]  # (c,)
    shares: tuple[float | None, ...]  # (c,) in [0, 1]: share with the majority label, or probability of the category
    source: str  # "labels", "categories" or "numbers"


def from_labels(clusters: NDArray[np.int32], labels: Sequence[str | None]) -> ClusterNames:
    """Name each cluster in `clusters` (n,) by the majority label of its labelled images."""
    raise NotImplementedError


def from_categories(
    categories: Sequence[Sequence[tuple[str, float]]], overall: Sequence[tuple[str, float]] = ()
) -> ClusterNames:
    """Name each cluster by the category (name, probability) that sets it apart from `overall`, that of all images."""
    raise NotImplementedError


def numbered(count: int) -> ClusterNames:
    """Name `count` clusters "Cluster 1", "Cluster 2", …"""
    raise NotImplementedError
