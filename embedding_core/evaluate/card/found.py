"""The report card of an embedding: everything that was found, in one frozen result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.evaluate.card.confusion import Confusion
from embedding_core.evaluate.card.controls import Controls
from embedding_core.evaluate.card.intervals import Figure
from embedding_core.evaluate.card.shape import Shape
from embedding_core.evaluate.card.stability import Way
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.evaluate.card.confusion import Row

_ARRAYS = ("ids", "codes", "predicted", "confidence", "knn_right", "silhouettes")


@dataclass(frozen=True, slots=True)
class Leakage:
    """What near-duplicates feign: how much higher a score comes out where they may vouch for each other, in shares."""

    knn: float  # accuracy of 5 neighbours, plain less grouped; never far below 0
    probe: float  # accuracy of the probe, folds that part copies less folds that do not
    low: float  # of `probe`, with 95 %
    high: float
    copies: int  # labelled images that have a near-duplicate


@dataclass(frozen=True, slots=True)
class Scores:
    """What labels say of an embedding. Accuracies from 0 to 1."""

    knn: Mapping[str, Figure]  # by the number of neighbours: plain leave-one-out accuracy
    knn_grouped: Mapping[str, Figure]  # likewise, near-duplicates not voting
    probe: Figure  # accuracy out of fold, near-duplicates in one fold; above 0.9 is very good for ten classes
    balanced: float  # mean of the classes' recall: rare ones count as much as common ones
    silhouette: float
    nmi: float
    ari: float
    map: float
    recall: Mapping[str, float]  # by k
    map_grouped: float  # likewise, an image's near-duplicates not there to be found
    recall_grouped: Mapping[str, float]
    controls: Controls
    leakage: Leakage
    evened: Figure | None = None  # `balanced` of a probe told that all classes come alike; of older cards not known


@dataclass(frozen=True, slots=True)
class LabelFree:
    """What can be said without labels. NaN or None is what could not be found."""

    shape: Shape
    stability: tuple[Way, ...]  # empty where the network that made the vectors is not here
    groups: int  # that KMeans was asked for
    cluster_stability: float


@dataclass(frozen=True, eq=False)
class ReportCard:
    """How good an embedding of n images is; row i is the image `ids[i]`. Without labels `scores` is None."""

    ids: NDArray[np.int64]  # (n,)
    codes: NDArray[np.int64]  # (n,) classes, −1 for none
    predicted: NDArray[np.int32]  # (n,) by the probe, out of fold; −1 for an image without a class
    confidence: NDArray[np.float32]  # (n,) probability of what was predicted; 0 likewise
    knn_right: NDArray[np.bool_]  # (n,) five neighbours are right, near-duplicates not voting
    silhouettes: NDArray[np.float32]  # (n,) NaN for an image without a class
    classes: tuple[str, ...]  # (c,)
    scores: Scores | None
    free: LabelFree
    seed: int

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def labelled(self) -> int:
        """How many images have a label."""
        return int(np.count_nonzero(self.codes >= 0))

    @cached_property
    def confusion(self) -> Confusion:
        return Confusion(self.codes, self.predicted, self.confidence, self.classes)

    @cached_property
    def table(self) -> list[Row]:
        """Every class, the weakest first; empty without labels."""
        return [] if self.scores is None else self.confusion.table(self.knn_right, self.silhouettes)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

    def facts(self) -> dict[str, Any]:
        return {
            "classes": list(self.classes),
            "scores": None if self.scores is None else asdict(self.scores),
            "free": asdict(self.free),
            "seed": self.seed,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        scores, free = facts["scores"], facts["free"]
        return cls(
            **{name: arrays[name] for name in _ARRAYS},
            classes=tuple(facts["classes"]),
            scores=None if scores is None else _scores(scores),
            free=LabelFree(
                Shape(**free["shape"]),
                tuple(map(Way.restored, free["stability"])),
                free["groups"],
                free["cluster_stability"],
            ),
            seed=facts["seed"],
        )


def _scores(facts: Mapping[str, Any]) -> Scores:
    figures = {name: {k: Figure(**one) for k, one in facts[name].items()} for name in ("knn", "knn_grouped")}
    rest = {
        "probe": Figure(**facts["probe"]),
        "controls": Controls.restored(facts["controls"]),
        "leakage": Leakage(**facts["leakage"]),
        "map_grouped": facts.get("map_grouped", facts["map"]),  # older cards have the plain ones alone
        "recall_grouped": facts.get("recall_grouped", facts["recall"]),
        "evened": Figure(**facts["evened"]) if facts.get("evened") else None,
    }
    return Scores(**{**facts, **figures, **rest})
