"""Names for clusters: from the images' labels, else from what an encoder's ImageNet head sees, else by number."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedding_core.clusters.base import NOISE
from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_UNSEEN = 1e-4  # probability of a category that an encoder did not list among the likeliest
_TELLING = 0.02  # a category less likely than this, of a thousand, says nothing
_TITULAR = 1 / 3  # of a cluster's labelled images: from this share on a label gives it its name
_PLAIN = {"nipple": "bottle teat"}  # ImageNet's word for the top of a baby's bottle


@dataclass(frozen=True, slots=True)
class ClusterNames:
    """A name for each of c clusters, no two alike."""

    names: tuple[str, ...]  # (c,)
    shares: tuple[float | None, ...]  # (c,) in [0, 1]: share with the majority label, or probability of the category
    source: str  # "labels", "categories" or "numbers"


def from_labels(clusters: NDArray[np.int32], labels: Sequence[str | None]) -> ClusterNames:
    """Name each cluster in `clusters` (n,) by the majority label of its labelled images, and give that label's share.

    Of labels that are equally frequent, the first in the alphabet. Clusters with the same majority are told apart by
    numbers: "sport", "sport 2". One in which no label makes up a third is "mixed", its largest label in brackets, and
    a cluster without any label is "unlabelled".
    Raises `InvalidInput` for another number of labels.
    """
    if len(labels) != len(clusters):
        raise InvalidInput(f"One label for each of {len(clusters):,} images is wanted, not {len(labels):,}.")
    counts: list[Counter[str]] = [Counter() for _ in range(int(clusters.max(initial=NOISE)) + 1)]
    for cluster, label in zip(clusters.tolist(), labels, strict=True):
        if cluster != NOISE and label is not None:
            counts[cluster][label] += 1
    names: list[str] = []
    shares: list[float | None] = []
    for count in counts:
        label, images = min(count.items(), key=lambda one: (-one[1], one[0]), default=("unlabelled", 0))
        share = images / count.total() if images else None
        names.append(label if share is None or share >= _TITULAR else f"mixed ({label})")
        shares.append(share)
    return ClusterNames(_apart(names), tuple(shares), "labels")


def from_categories(
    categories: Sequence[Sequence[tuple[str, float]]], overall: Sequence[tuple[str, float]] = ()
) -> ClusterNames:
    """Name each cluster by the category that sets it apart, and give that category's probability in it.

    `categories` holds for each of c clusters (name, probability) pairs, `overall` those of all images. A category
    scores p · log(p / p_overall), its part of the relative entropy between the two: likely here, and not everywhere.
    The clearest cluster chooses first; the others avoid names that are taken, as long as another says at least half as
    much as their best. A cluster in which no category reaches 2 % is called by its number.
    """
    usual = dict(overall)
    ranked = [
        sorted(
            ((_distinction(p, usual.get(name, _UNSEEN)), p, name) for name, p in each if p >= _TELLING), reverse=True
        )
        for each in categories
    ]
    names = [f"Cluster {number}" for number in range(1, len(ranked) + 1)]
    shares: list[float | None] = [None] * len(ranked)
    taken: set[str] = set()
    for cluster in sorted(range(len(ranked)), key=lambda one: ranked[one][0][0] if ranked[one] else -1.0, reverse=True):
        options = [one for one in ranked[cluster] if one[0] >= ranked[cluster][0][0] / 2]
        if not options:
            continue
        _, probability, name = next((one for one in options if one[2] not in taken), options[0])
        taken.add(name)
        names[cluster], shares[cluster] = _PLAIN.get(name, name), probability
    return ClusterNames(_apart(names), tuple(shares), "categories")


def numbered(count: int) -> ClusterNames:
    """Name `count` clusters "Cluster 1", "Cluster 2", …"""
    return ClusterNames(tuple(f"Cluster {number}" for number in range(1, count + 1)), (None,) * count, "numbers")


def _distinction(here: float, everywhere: float) -> float:
    return here * math.log(here / max(everywhere, _UNSEEN))


def _apart(names: Sequence[str]) -> tuple[str, ...]:
    """Number repeated names, in the order of clusters, past names that are taken already."""
    known = set(names)
    given: set[str] = set()
    apart = []
    for name in names:
        one, number = name, 2
        while one in given or (one != name and one in known):
            one, number = f"{name} {number}", number + 1
        given.add(one)
        apart.append(one)
    return tuple(apart)
