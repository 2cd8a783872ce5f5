"""Which way to compare vectors finds images of the same label, and what fewer bytes cost, on the same images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.effect.words import points
from embedding_core.evaluate.comparison import paired
from embedding_core.evaluate.comparison.votes import ranked
from embedding_core.evaluate.comparison.ways import WAYS, seen
from embedding_core.quality.groups import witnesses
from embedding_core.quality.intervals import clustered
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.effect.intervals import Difference
    from embedding_core.quality.intervals import Interval
    from embedding_core.records import Progress

K = 5  # neighbours that vote
JUDGED = 2_000  # images at most that are asked about; more make the intervals hardly narrower
FIRST = "cosine"  # which the others are held against
SMALLER = ("int8", "hamming")  # the same vectors in fewer bytes
TITLES: Mapping[str, str] = {
    "cosine": "Cosine",
    "euclidean": "Euclidean",
    "dot": "Dot product",
    "manhattan": "Manhattan",
    "whitened": "Whitened",
    "int8": "8-bit",
    "hamming": "Bits (Hamming)",
}


@dataclass(frozen=True, eq=False, slots=True)
class Metrics:
    """m ways, each asked about the same q images: what the 5 nearest say, and how well the class is retrieved."""

    ways: tuple[str, ...]  # (m,) of `ways.WAYS`; the first is cosine
    ids: NDArray[np.int64]  # (q,)
    clusters: NDArray[np.int64]  # (q,) images with the same number are no independent witnesses
    right: NDArray[np.bool_]  # (m, q) the vote was the image's label
    precision: NDArray[np.float32]  # (m, q) average precision; NaN where no other image has the label
    nbytes: tuple[int, ...]  # (m,) an image
    images: int  # of the whole set
    among: int  # labelled images that were searched

    def accuracy(self, way: str) -> float:
        return float(self.right[self._at(way)].mean())

    def interval(self, way: str) -> Interval:
        """Of the accuracy, at 95 %."""
        return clustered(self.right[self._at(way)], self.clusters)

    def retrieval(self, way: str) -> float:
        """Mean average precision, from 0 to 1; NaN where no label has two images."""
        known = self._known
        return float(self.precision[self._at(way), known].mean(dtype=np.float64)) if known.any() else float("nan")

    def retrieval_interval(self, way: str) -> Interval:
        known = self._known
        return paired.mean(self.precision[self._at(way), known], self.clusters[known])

    def differences(self) -> Mapping[str, Difference]:
        """In accuracy, of each other way to cosine. With 95 % none that is equal to it is called different."""
        first, *others = self.right
        found = paired.differences([(first, one) for one in others], self.clusters)
        return dict(zip(self.ways[1:], found, strict=True))

    def retrieval_differences(self) -> Mapping[str, Difference]:
        """Likewise in mean average precision."""
        first, *others = self.precision[:, self._known]
        found = paired.differences([(first, one) for one in others], self.clusters[self._known])
        return dict(zip(self.ways[1:], found, strict=True))

    def same(self, way: str) -> bool:
        """Whether it ranks all images as cosine does, as Euclidean does on vectors of one length."""
        first, other = self._at(FIRST), self._at(way)
        close = np.isclose(self.precision[first], self.precision[other], atol=1e-4, equal_nan=True)
        return bool((self.right[first] == self.right[other]).all() and close.all())

    def bytes_of(self, way: str) -> int:
        """That an image takes."""
        return self.nbytes[self._at(way)]

    @property
    def _known(self) -> NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.precision[0]))

    def _at(self, way: str) -> int:
        return self.ways.index(way)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids, "clusters": self.clusters, "right": self.right, "precision": self.precision}

    def facts(self) -> dict[str, Any]:
        return {"ways": list(self.ways), "nbytes": list(self.nbytes), "images": self.images, "among": self.among}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        lists: dict[str, Any] = {name: tuple(facts[name]) for name in ("ways", "nbytes")}
        named: dict[str, Any] = {name: arrays[name] for name in ("ids", "clusters", "right", "precision")}
        return cls(**named, **lists, images=facts["images"], among=facts["among"])


def compare_metrics(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    codes: NDArray[np.int64],
    groups: NDArray[np.integer],
    *,
    judges: NDArray[np.bool_] | None = None,
    images: int | None = None,
    seed: int = 0,
    progress: Progress,
) -> Metrics:
    """Ask every way about up to `JUDGED` images of those in `judges` (n,), by default all that have a label.

    `ids` (n,) and `vectors` (n, d) of images with classes `codes` (n,), −1 for none, and `groups` (n,) of
    near-duplicates, −1 for an image that is alone. `images` are in the whole set, by default n. Raises `InvalidInput`
    without two classes or with fewer than 20 images that judge.
    """
    chance = np.random.default_rng(seed)
    # In an order of chance, so that equals are not those that come first by name, which are of one class.
    order = chance.permutation(np.flatnonzero(codes >= 0))
    may = np.ones(len(codes), bool) if judges is None else judges
    asked = np.flatnonzero(may[order])[:JUDGED]
    paired.enough(codes[order][asked])
    labels, together = codes[order], groups[order]
    right, precision, nbytes = [], [], []
    for number, way in enumerate(WAYS):
        progress("comparing metrics", number, len(WAYS))
        ready = seen(vectors[order], way)
        found = ranked(ready, labels, together, asked, k=K)
        right.append(found.voted == labels[asked])
        precision.append(found.precision)
        nbytes.append(ready.nbytes)
    progress("comparing metrics", len(WAYS), len(WAYS))
    return Metrics(
        WAYS,
        read_only(ids[order][asked]),
        read_only(witnesses(together[asked])),
        read_only(np.stack(right)),
        read_only(np.stack(precision)),
        tuple(nbytes),
        len(ids) if images is None else images,
        len(order),
    )


def sentences(found: Metrics) -> list[str]:
    """Which way to take, and what the bits cost."""
    differences = found.differences()
    others = [way for way in found.ways if way != FIRST and not found.same(way)]
    better = [way for way in others if way not in SMALLER and differences[way].better]
    if better:
        best = max(better, key=found.accuracy)
        answer = f"{TITLES[best]} finds the right label more often than cosine: {points(differences[best])}"
        answer += _searched(found, best)
    elif others:
        nearest = max((way for way in others if way not in SMALLER), key=found.accuracy, default=others[0])
        answer = (
            f"Stay with cosine: no other metric is better. The nearest is {TITLES[nearest]}, "
            f"{points(differences[nearest])}{_searched(found, nearest)}"
        )
    else:
        answer = "All metrics rank these images alike."
    same = [TITLES[way].lower() for way in found.ways if way != FIRST and found.same(way)]
    if same and others:
        answer += f" {' and '.join(same).capitalize()} rank as cosine does."
    return [answer, *(_cost(found, way, differences[way]) for way in SMALLER if way in found.ways)]


def _searched(found: Metrics, way: str) -> str:
    """The end of a sentence: what a way that is as good by votes loses in a search."""
    lost = found.retrieval_differences()[way]
    if not lost.worse:
        return "."
    return f", but a search finds less: mean average precision {lost.after:.2f} instead of {lost.before:.2f}."


def _cost(found: Metrics, way: str, lost: Difference) -> str:
    """As "Bits take 32 times less room, at −2.1 points (…)"."""
    smaller = found.bytes_of(FIRST) / found.bytes_of(way)
    clear = "" if lost.better or lost.worse else ", which may be chance"
    what = {"hamming": "As bits", "int8": "As 8-bit numbers"}[way]
    return f"{what} the vectors take {smaller:.0f} times less room, and accuracy changes by {points(lost)}{clear}."
