"""Images ranked by how unlike the others they are: re-thresholded and told without computing again."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.review.cases import Case, Suggestion
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LINE = 2.5  # score from which an image is flagged: Leys et al. 2013, "Detecting outliers"


@dataclass(frozen=True, eq=False, slots=True)
class Outliers:
    """How unlike all others each of n images is. Row i of every array is the image `ids[i]`."""

    ids: NDArray[np.int64]  # (n,)
    names: tuple[str, ...]  # (c,) classes
    codes: NDArray[np.int32]  # (n,) the class of each image, −1 for none
    score: NDArray[np.float32]  # (n,) standard deviations farther from the others than the middle image is
    distance: NDArray[np.float32]  # (n,) cosine distance within which the nearest fiftieth of all images lies
    own: NDArray[
        np.float32
    ]  # (n,) within which the nearest tenth of its class lies; NaN without a class, or a small one
    nearest: NDArray[np.int32]  # (n, up to 5) rows of its neighbours
    likeness: NDArray[np.float32]  # (n, up to 5) their cosine similarity
    line: float = LINE

    def __post_init__(self) -> None:
        for name in _arrays():
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def at(self, line: float) -> Outliers:
        """The same with another line."""
        return replace(self, line=line)

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """(n,) which images lie at or above the line."""
        return self.score >= self.line

    @property
    def ranked(self) -> NDArray[np.int64]:
        """All rows (n,), worst first."""
        return np.argsort(-self.score, kind="stable")

    def reason(self, row: int, paths: Mapping[int, str] | None = None) -> str:
        """Why, in one sentence; it names the nearest image where `paths` by id say what it is called."""
        of_class = bool(self.own[row] > self.distance[row])
        fellows = self.codes == self.codes[row]
        others = (int(np.count_nonzero(fellows)) if of_class else len(self.ids)) - 1
        measured, among = (self.own, fellows) if of_class else (self.distance, np.ones(len(self.ids), bool))
        whom = f"the other {others:,} images" + (f" of {self.names[self.codes[row]]}" if of_class else "")
        how = "Nothing like" if self.flagged[row] else "Not much like" if self.score[row] > 1 else "As usual among"
        usual = _alike(float(np.median(measured[among])))
        near = f"those nearest to it are {_alike(float(measured[row]))} alike, where {usual} is usual"
        return f"{how} {whom}: {near}; nearest is {self._nearest(row, paths or {})}."

    def case(self, row: int) -> Case:
        """One image that a person decides on."""
        image = int(self.ids[row])
        return Case(
            finding="outliers",
            ids=(image,),
            score=float(self.score[row]),
            reason=self.reason(row),
            suggestion=Suggestion("remove", (image,)),
            evidence=tuple(self.ids[self.nearest[row]].tolist()),
            said=tuple(map(self._said, self.nearest[row].tolist(), self.likeness[row].tolist())),
        )

    def cases(self) -> list[Case]:
        """The flagged images, worst first."""
        return [self.case(row) for row in self.ranked[self.flagged[self.ranked]].tolist()]

    def _said(self, other: int, near: float) -> str:
        label = f"{self.names[self.codes[other]]}, " if self.codes[other] >= 0 else ""
        return f"{label}{near:.0%} alike"

    def _nearest(self, row: int, paths: Mapping[int, str]) -> str:
        other, near = int(self.nearest[row, 0]), float(self.likeness[row, 0])
        called = paths.get(int(self.ids[other]), "")
        if called:
            return f"{called}, {near:.0%} alike"
        label = f"an image of {self.names[self.codes[other]]}" if self.codes[other] >= 0 else "an image"
        return f"{label}, {near:.0%} alike"

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {**{name: getattr(self, name) for name in _arrays()}, "names": np.array(self.names, np.str_)}

    def facts(self) -> dict[str, Any]:
        return {"line": self.line}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        kept = {name: arrays[name] for name in _arrays()}
        return cls(**kept, names=tuple(arrays["names"].tolist()), line=facts["line"])


def _alike(distance: float) -> str:
    return f"{1 - distance:.0%}"


def _arrays() -> list[str]:
    return [one.name for one in fields(Outliers) if one.name not in ("names", "line")]
