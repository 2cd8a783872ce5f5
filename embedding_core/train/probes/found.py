"""What came of training probes and judging each once by a part that none was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.train.probes.calibration import Bin, bins
from embedding_core.train.probes.scores import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.train.probes.family import Task
    from embedding_core.train.space import Value


@dataclass(frozen=True, slots=True)
class Judged:
    """One family."""

    family: str
    name: str
    parameters: Mapping[str, Value]
    inner: float  # accuracy or R² by cross-validation over the training part
    scores: Mapping[str, Figure]  # on the test part
    calibration: str  # none, temperature or isotonic
    margin: float  # of a number, see `Model`
    seconds: float  # that choosing and training took


@dataclass(frozen=True, slots=True)
class OfClass:
    """How one class fares."""

    label: str
    images: int  # of the test part
    precision: float | None  # of what is called so, the share that is; None where nothing is
    recall: float | None  # of what is so, the share that is called so
    f1: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Probed:
    """f probes, judged by k images."""

    task: Task
    target: str
    classes: tuple[str, ...]
    families: tuple[Judged, ...]  # (f,)
    baseline: Mapping[str, Figure]  # of always saying the most common label, or the mean
    ids: NDArray[np.int64]  # (k,)
    truth: NDArray[np.float64]  # (k,) class or number
    predicted: NDArray[np.float64]  # (f, k) likewise
    confidence: NDArray[np.float32]  # (f, k) of the predicted class; 0 for numbers
    before: NDArray[np.float32]  # (f, k) likewise, before calibration
    trained: int  # images
    chosen: str  # how the test part came about: split or drawn
    left_out: int  # images of the test part that a decision has touched
    version: str

    @property
    def best(self) -> int:
        """The family that is best by cross-validation: the test part has no say."""
        return max(range(len(self.families)), key=lambda at: self.families[at].inner)

    def at(self, family: str) -> int | None:
        return next((at for at, one in enumerate(self.families) if one.family == family), None)

    def right(self, at: int) -> NDArray[np.bool_]:
        """Which test images (k,) a probe gives the right class."""
        found: NDArray[np.bool_] = self.predicted[at] == self.truth
        return found

    def wrong(self, at: int) -> NDArray[np.int64]:
        """The test images that it gets wrong, the surest mistakes first; of numbers all, the farthest off first."""
        if self.task == "regression":
            return np.argsort(-np.abs(self.predicted[at] - self.truth), kind="stable")
        rows = np.flatnonzero(~self.right(at))
        return rows[np.argsort(-self.confidence[at, rows], kind="stable")]

    def confusion(self, at: int) -> NDArray[np.int64]:
        """Test images by class and what a probe says of them (c, c)."""
        count = len(self.classes)
        pairs = self.truth.astype(np.int64) * count + self.predicted[at].astype(np.int64)
        return np.bincount(pairs, minlength=count * count).reshape(count, count)

    def table(self, at: int) -> list[OfClass]:
        """How each class fares that is tested or told."""
        counts = self.confusion(at)
        found = []
        for code, label in enumerate(self.classes):
            hits, of, said = int(counts[code, code]), int(counts[code].sum()), int(counts[:, code].sum())
            if of or said:
                found.append(
                    OfClass(label, of, hits / said if said else None, hits / of if of else None, 2 * hits / (of + said))
                )
        return found

    def reliability(self, at: int, *, before: bool = False) -> list[Bin]:
        """How often a probe is right where it is so sure."""
        return bins((self.before if before else self.confidence)[at], self.right(at))

    def arrays(self) -> dict[str, NDArray[Any]]:
        names = ("ids", "truth", "predicted", "confidence", "before")
        return {name: getattr(self, name) for name in names}

    def facts(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in ("task", "target", "trained", "chosen", "left_out", "version")},
            "classes": list(self.classes),
            "families": [asdict(one) for one in self.families],
            "baseline": {name: asdict(one) for name, one in self.baseline.items()},
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        families = [Judged(**{**one, "scores": _figures(one["scores"])}) for one in facts["families"]]
        more = {
            "classes": tuple(facts["classes"]),
            "families": tuple(families),
            "baseline": _figures(facts["baseline"]),
        }
        return cls(**{**facts, **more}, **arrays)


def _figures(stored: Mapping[str, Any]) -> dict[str, Figure]:
    return {name: Figure(**one) for name, one in stored.items()}
