"""What several encoders came to together: each way of joining them against the best one alone, gains beside costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from embedding_core.effect.intervals import differences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.effect.intervals import Difference

Kind = Literal["single", "concatenated", "averaged", "stacked", "views_vectors", "views_probabilities"]

JOINED: tuple[Kind, ...] = ("concatenated", "averaged", "stacked")  # what takes more than one encoder
VIEWED: tuple[Kind, ...] = ("views_vectors", "views_probabilities")  # what looks more than once

_ARRAYS = ("truth", "clusters")


@dataclass(frozen=True, slots=True)
class Cost:
    """What an encoder takes."""

    encoder: str
    dim: int
    seconds_per_image: float | None  # measured here; None where it does not run here
    size_mb: float  # of the weights


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """One way of predicting."""

    kind: Kind
    encoders: tuple[str, ...]
    validation: float | None  # accuracy out of fold on the training part; None where that is not known
    right: NDArray[np.bool_]  # (k,) of the test images
    looks: int = 1  # times that each image is embedded

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())


@dataclass(frozen=True, eq=False)
class Ensembles:
    """Ways in the order in which they were tried, those of one encoder first."""

    ways: tuple[Way, ...]
    truth: NDArray[np.int32]  # (k,)
    clusters: NDArray[np.int64]  # (k,)
    costs: tuple[Cost, ...]  # of each encoder
    classes: tuple[str, ...]
    trained: int  # images

    @cached_property
    def best(self) -> int:
        """The single encoder that is best out of fold. The test part has no say in it."""
        return max(range(len(self.costs)), key=lambda at: (self.ways[at].validation or 0.0, -at))

    @cached_property
    def chosen(self) -> int:
        """The way that is best out of fold, the simpler one of equals; likewise. Views are not known out of fold."""
        known = [(way.validation or 0.0, -at) for at, way in enumerate(self.ways) if way.kind not in VIEWED]
        return -max(known)[1]

    @cached_property
    def gains(self) -> tuple[Difference, ...]:
        """What each way gains on the test part over the best single encoder, paired, with its interval."""
        against = self.ways[self.best].right[None]
        found = [
            differences(against, way.right[None], self.truth, self.clusters, len(self.classes)) for way in self.ways
        ]
        found[self.best] = found[self.best].none()
        return tuple(one.accuracy for one in found)

    def dim(self, at: int) -> int:
        """Numbers that a way reads of each image."""
        return sum(self._cost(one).dim for one in self.ways[at].encoders)

    def size_mb(self, at: int) -> float:
        return sum(self._cost(one).size_mb for one in self.ways[at].encoders)

    def seconds_per_image(self, at: int) -> float | None:
        """Of embedding, for a way; None where that of one of its encoders is not known."""
        each = [self._cost(one).seconds_per_image for one in self.ways[at].encoders]
        known = [one for one in each if one is not None]
        return None if len(known) < len(each) else self.ways[at].looks * sum(known)

    def _cost(self, encoder: str) -> Cost:
        return next(one for one in self.costs if one.encoder == encoder)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"right": np.stack([way.right for way in self.ways]), **{name: getattr(self, name) for name in _ARRAYS}}

    def facts(self) -> dict[str, Any]:
        return {
            "ways": [
                {"kind": one.kind, "encoders": list(one.encoders), "validation": one.validation, "looks": one.looks}
                for one in self.ways
            ],
            "costs": [asdict(one) for one in self.costs],
            "classes": list(self.classes),
            "trained": self.trained,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        ways = tuple(
            Way(one["kind"], tuple(one["encoders"]), one["validation"], right, one["looks"])
            for one, right in zip(facts["ways"], arrays["right"], strict=True)
        )
        costs = tuple(Cost(**one) for one in facts["costs"])
        return cls(
            ways, **{name: arrays[name] for name in _ARRAYS}, costs=costs, classes=tuple(facts["classes"]),
            trained=facts["trained"],
        )  # fmt: skip
