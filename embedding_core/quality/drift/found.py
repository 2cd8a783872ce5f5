"""What a second set of images is against a first one: re-thresholded and told without computing again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.review.cases import Case
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

QUANTILE = 0.99  # of the first's own distances, above which an image is new
SURE = 0.05  # chance of a false alarm of the kernel test
CLEAR = 0.55  # AUC that the whole interval lies above


@dataclass(frozen=True, slots=True)
class First:
    """What a second set is held against."""

    dataset: str = ""  # UUID of the dataset that its images are of
    name: str = ""  # what it is called

    @property
    def called(self) -> str:
        return f"“{self.name}”" if self.name else "the first set"


@dataclass(frozen=True, slots=True)
class Seen:
    """How many images each figure was worked out from. Of many a sample is drawn, by a seed."""

    first: int  # images of the first set
    second: int
    probe: tuple[int, int]  # of either that the probe was shown
    kernel: tuple[int, int]  # of either that the kernel test compared
    own: int  # of the first whose distances to their nearest others say what is usual there
    recall: float = 1.0  # share of the true neighbours that the search for the nearest finds

    @property
    def all(self) -> bool:
        """Whether nothing was left to a sample or to an approximate search."""
        whole = (self.first, self.second)
        return self.probe == self.kernel == whole and self.own == self.first and self.recall == 1

    @property
    def said(self) -> str:
        """What was drawn and what was not, in a sentence or two."""
        search = (
            "all of them"
            if self.recall == 1
            else f"all of them by a search that finds {self.recall:.1%} of true neighbours"
        )
        return (
            f"Of {self.first:,} images and {self.second:,} the probe saw {_both(self.probe)}, drawn by chance, and the "
            f"kernel test {_both(self.kernel)}; what is usual was measured on {self.own:,} of the first. The nearest "
            f"image was looked for among {search}."
        )

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Seen:
        return cls(**{**facts, "probe": tuple(facts["probe"]), "kernel": tuple(facts["kernel"])})


@dataclass(frozen=True, eq=False, slots=True)
class Drift:
    """The second set, image by image, and whether it as a whole is another than the first."""

    ids: NDArray[np.int64]  # (m,) of the second set
    distance: NDArray[np.float32]  # (m,) cosine distance to the nearest image of the first, 0 to 2
    nearest: NDArray[np.int64]  # (m,) its id
    own: NDArray[np.float32]  # (q,) rising: the first's own distances to nearest others, at evenly spread quantiles
    auc: float  # of the probe, out of fold: .5 where nothing tells them apart
    interval: Interval  # of the AUC, 95 %
    mmd: float  # squared and unbiased, so that it is around 0 where nothing tells them apart
    p: float  # of the kernel test, by permutation
    seen: Seen | None = None  # None for a comparison of before this was kept
    first: First = field(default_factory=First)

    def __post_init__(self) -> None:
        for name in ("ids", "distance", "nearest", "own"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def line(self, quantile: float = QUANTILE) -> float:
        """The distance that this share of the first's images do not exceed among themselves."""
        return float(np.interp(quantile, np.linspace(0, 1, len(self.own)), self.own))

    def scores(self, quantile: float = QUANTILE) -> NDArray[np.float32]:
        """(m,) The distance in units of the line: above 1 an image is unlike anything before."""
        return (self.distance / max(self.line(quantile), 1e-6)).astype(np.float32)

    def similarity(self, row: int) -> float:
        """Cosine similarity of an image and the nearest of the first, -1 to 1."""
        return 1 - float(self.distance[row])

    def new(self, quantile: float = QUANTILE) -> NDArray[np.int64]:
        """Rows of what is unlike anything before, the farthest first."""
        scores = self.scores(quantile)
        order = np.argsort(-scores, kind="stable")
        return order[scores[order] > 1]

    @property
    def drifted(self) -> bool:
        """Whether both tests say so, or the probe so clearly that the kernel, which sees less, need not agree."""
        return self.interval[0] > (0.5 if self.p < SURE else CLEAR)

    @property
    def verdict(self) -> str:
        """In one sentence or two."""
        told = f"a probe tells the two sets apart with an AUC of {self.auc:.2f} ({_between(self.interval)})"
        if self.drifted:
            said = f"The second set is not like {self.first.called}: {told}."
        elif self.interval[0] > 0.5 or self.p < SURE:
            said = f"Perhaps the second set differs a little from {self.first.called}: {told}"
            said += f", and the kernel test has p = {self.p:.3f}."
        else:
            said = f"No sign of drift from {self.first.called}: {told}, where .5 is chance."
        count, expected = len(self.new()), (1 - QUANTILE) * len(self.ids)
        new = f"{count:,} of {len(self.ids):,} images are unlike anything before; chance gives {expected:.0f}."
        # A few images that are new move neither test, which are of the sets as wholes.
        return f"{new} {said}" if count > expected + 4 * (expected + 1) ** 0.5 else f"{said} {new}"

    def reason(self, row: int, quantile: float = QUANTILE) -> str:
        """Why one of `new` is, in one sentence."""
        return (
            f"The nearest image of {self.first.called} is only {self.similarity(row):.0%} alike; there, {quantile:.0%} "
            f"of the images have another one at least {1 - self.line(quantile):.0%} alike."
        )

    def cases(self, limit: int = 200, quantile: float = QUANTILE) -> list[Case]:
        """What is unlike anything before, the farthest first, each with the nearest image of the first set."""
        scores = self.scores(quantile)
        return [
            Case(
                finding="new",
                ids=(int(self.ids[row]),),
                score=float(scores[row]),
                reason=self.reason(int(row), quantile),
                evidence=(int(self.nearest[row]),),
                said=(f"{self.similarity(int(row)):.0%} alike",),
                evidence_of=self.first.dataset,
            )
            for row in self.new(quantile)[:limit]
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids, "distance": self.distance, "nearest": self.nearest, "own": self.own}

    def facts(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("auc", "mmd", "p")}
        seen = None if self.seen is None else asdict(self.seen)
        return {**named, "interval": list(self.interval), "seen": seen, "first": asdict(self.first)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Drift:
        named = {name: facts[name] for name in ("auc", "mmd", "p")}
        seen = Seen.restored(facts["seen"]) if facts.get("seen") else None
        first = First(**facts.get("first", {}))
        return cls(**arrays, **named, interval=tuple(facts["interval"]), seen=seen, first=first)


def _between(interval: Interval) -> str:
    return f"{interval[0]:.2f} to {interval[1]:.2f}"


def _both(counts: tuple[int, int]) -> str:
    first, second = counts
    return f"{first:,} of each" if first == second else f"{first:,} and {second:,}"
