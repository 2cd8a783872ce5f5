"""What a model says of images, in their order: labels with probabilities, or numbers with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.train.loading import Loaded
    from embedding_core.train.probes.family import Task

RUNNERS_UP = 3  # labels that are kept of each image, the likeliest first
PICTURED = 600  # images whose small pictures are kept, of those that are in no dataset

_BLOCK = 4_096  # images that are answered for at once


@dataclass(frozen=True, eq=False, slots=True)
class Predicted:
    """The answers for n images."""

    task: Task
    target: str
    classes: tuple[str, ...]
    model: str  # name
    margin: float  # of a number, at 95 %
    dataset: str  # uuid of what holds the images; empty for images that were only passed through
    paths: NDArray[np.str_]  # (n,)
    ids: NDArray[np.int64]  # (n,) in that dataset; −1 otherwise
    codes: NDArray[np.int32]  # (n, r) the likeliest classes, likeliest first; r is 0 for numbers
    probabilities: NDArray[np.float32]  # (n, r) theirs
    values: NDArray[np.float64]  # (n,) numbers; (0,) for classes
    distances: NDArray[np.float32]  # (n,) to the nearest training images
    unlike: NDArray[np.bool_]  # (n,) unlike anything that the model was trained on
    pictures: NDArray[np.uint8]  # thumbnails, one after the other
    ends: NDArray[np.int64]  # (p,) where each ends in `pictures`, of the first p images
    rejected: tuple[tuple[str, str], ...]  # path and reason of files that are no images

    def __len__(self) -> int:
        return len(self.paths)

    def label(self, row: int) -> str | None:
        return self.classes[int(self.codes[row, 0])] if self.codes.shape[1] else None

    def labels(self) -> list[str]:
        """(n,) of a model that tells labels apart."""
        return [self.classes[code] for code in self.codes[:, 0].tolist()]

    def picture(self, row: int) -> bytes | None:
        """The small picture of an image that was passed through, if it was kept."""
        if row >= len(self.ends):
            return None
        return self.pictures[int(self.ends[row - 1]) if row else 0 : int(self.ends[row])].tobytes()

    def rows(self) -> Iterable[dict[str, Any]]:
        """One for each image, as tables hold them: path, label, probability, value, low, high, unlike."""
        for row, path in enumerate(self.paths.tolist()):
            told: dict[str, Any] = {"path": path}
            if self.task == "regression":
                value = float(self.values[row])
                told |= {"value": value, "low": value - self.margin, "high": value + self.margin}
            else:
                told |= {"label": self.label(row), "probability": round(float(self.probabilities[row, 0]), 4)}
            yield {**told, "unlike": bool(self.unlike[row])}

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

    def facts(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("task", "target", "model", "margin", "dataset")}
        return {**named, "classes": list(self.classes), "rejected": [list(one) for one in self.rejected]}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        rejected = tuple((str(path), str(reason)) for path, reason in facts["rejected"])
        whole = {**facts, "classes": tuple(facts["classes"]), "rejected": rejected}
        return cls(**whole, **{name: arrays[name] for name in _ARRAYS})


_ARRAYS = ("paths", "ids", "codes", "probabilities", "values", "distances", "unlike", "pictures", "ends")


@dataclass(slots=True)
class Answers:
    """Collects what a model says, a block of images at a time."""

    loaded: Loaded
    name: str  # of the model
    dataset: str = ""

    def of(
        self,
        paths: list[str],
        vectors: Iterable[NDArray[np.float32]],
        *,
        ids: NDArray[np.int64] | None = None,
        pictures: Iterable[bytes] = (),
        rejected: Iterable[tuple[str, str]] = (),
    ) -> Predicted:
        """The answers for images with these `paths`, whose vectors come in blocks (b, d), in their order.

        What is given of the images may become known only as the blocks are read.
        """
        model = self.loaded.model
        parts = [
            model.predict(block[start : start + _BLOCK]) for block in vectors for start in range(0, len(block), _BLOCK)
        ]
        kept = min(RUNNERS_UP, len(model.classes))
        codes, shares, values, distances, unlike = [], [], [], [], []
        for part in parts:
            best = np.argsort(-part.probabilities, axis=1, kind="stable")[:, :kept]
            codes.append(best.astype(np.int32))
            shares.append(np.take_along_axis(part.probabilities, best, axis=1))
            values.append(part.values)
            distances.append(part.distances)
            unlike.append(part.unlike)
        small = list(pictures)
        return Predicted(
            model.task,
            model.target,
            model.classes,
            self.name,
            model.margin,
            self.dataset,
            np.array(paths, dtype=str) if paths else np.empty(0, "<U1"),
            np.full(len(paths), -1, np.int64) if ids is None else ids,
            _joined(codes, (0, kept), np.int32),
            _joined(shares, (0, kept), np.float32),
            _joined(values, (0,), np.float64),
            _joined(distances, (0,), np.float32),
            _joined(unlike, (0,), np.bool_),
            read_only(np.frombuffer(b"".join(small), np.uint8)),
            read_only(np.cumsum([len(one) for one in small], dtype=np.int64)),
            tuple(rejected),
        )


def _joined(parts: list[NDArray[Any]], empty: tuple[int, ...], of: type[Any]) -> NDArray[Any]:
    return read_only(np.concatenate(parts)) if parts else np.empty(empty, of)
