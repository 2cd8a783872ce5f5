"""What is known of every label after it has been judged: re-thresholded, ranked and told without computing again."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.review.cases import Case, Suggestion
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LINE = 0.9  # score from which a label is flagged: another one is nine times as likely


@dataclass(frozen=True, slots=True)
class Share:
    """How many labels are wrong, by an estimate, if mistakes are no likelier where images are hard to tell."""

    estimate: float  # in [0, 1]
    low: float  # of an interval of 95 % for chance, and for what is harder to tell
    high: float
    looked_at: int  # the images that are easiest to tell, from which it is estimated
    labelled: int  # images that it is an estimate for

    @property
    def images(self) -> tuple[int, int, int]:
        """The number of wrong labels: low, estimated, high."""
        low, middle, high = (round(one * self.labelled) for one in (self.low, self.estimate, self.high))
        return low, middle, high


@dataclass(frozen=True, eq=False, slots=True)
class LabelIssues:
    """The labels of n images, judged. Row i of every array is the image `ids[i]`."""

    ids: NDArray[np.int64]  # (n,)
    names: tuple[str, ...]  # (c,) the classes
    codes: NDArray[np.int32]  # (n,) the class an image is labelled, −1 for none
    suggested: NDArray[np.int32]  # (n,) the likeliest other class
    score: NDArray[np.float32]  # (n,) in [0, 1): above .5 the other is likelier; 0 where nothing can be said
    given: NDArray[np.float32]  # (n,) probability of the given label, by all opinions
    other: NDArray[np.float32]  # (n,) of the suggested one
    votes_given: NDArray[np.float32]  # (n,) share of the neighbours' votes for the given label
    votes_other: NDArray[np.float32]  # (n,) for the suggested one
    witnesses: NDArray[np.int32]  # (n, 5) rows of the nearest images with the suggested label, −1 where there are fewer
    likeness: NDArray[np.float32]  # (n, 5) their cosine similarity
    share: Share
    line: float = LINE
    moved_from: float | None = None  # the line that the check draws, where this one was put elsewhere

    def __post_init__(self) -> None:
        for name in _arrays():
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def at(self, line: float) -> LabelIssues:
        """The same with another line."""
        return replace(self, line=line, moved_from=self.drawn)

    @property
    def drawn(self) -> float:
        """The line that the check itself draws."""
        return self.line if self.moved_from is None else self.moved_from

    @property
    def fitting(self) -> float | None:
        """The line above which as many labels lie as are wrong by the estimate, the likeliest first.

        None where the line that the check draws takes as many already.
        """
        scores = np.sort(self.score[self.judged])[::-1]
        wanted = min(self.share.images[1], len(scores))
        return None if wanted <= int(np.count_nonzero(scores >= self.drawn)) else float(scores[wanted - 1])

    @property
    def judged(self) -> NDArray[np.bool_]:
        """(n,) which images have a label of which enough others speak."""
        return self.score > 0

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """(n,) which labels lie at or above the line."""
        return self.judged & (self.score >= self.line)

    @property
    def said(self) -> str:
        """How many labels are worth a look, and how many are wrong, in two sentences."""
        return f"{self.flagged.sum():,} of {self.share.labelled:,} labels are worth a look. {self.expected}"

    @property
    def expected(self) -> str:
        """How many labels are wrong, as far as can be told, and what that says of the flagged ones."""
        flagged, share = int(self.flagged.sum()), self.share
        low, middle, high = share.images
        count = f"about {middle:,} are wrong ({low:,} to {high:,})" if middle else f"at most {high:,} are wrong"
        if high < flagged:
            count += f", so expect {flagged - high:,} or more of these to be right"
        elif middle > flagged:
            count += ", so there are more than these" if low > flagged else ", so there may well be more than these"
        return f"Going by the {share.looked_at:,} images that are easiest to tell, {count}."

    @property
    def ranked(self) -> NDArray[np.int64]:
        """The rows (m,) of all labelled images, worst first; those of which nothing can be said last."""
        order = np.argsort(-self.score, kind="stable")
        return order[self.codes[order] >= 0]

    def reason(self, row: int) -> str:
        """Why, in one sentence."""
        label, other = self.names[self.codes[row]], self.names[self.suggested[row]]
        if not self.judged[row]:
            return f"Too few images are labelled {label} to judge."
        votes = f"{self.votes_other[row]:.0%} of its look-alikes' votes against {self.votes_given[row]:.0%}"
        chances = f"{self.other[row]:.0%} likely against {self.given[row]:.0%}"
        if self.score[row] > 0.5:
            return f"Labelled {label}, and rather {other}: {chances}, {votes}."
        return f"Labelled {label}; {other} is less likely: {chances}, {votes}."

    def case(self, row: int) -> Case:
        """One label that a person decides on."""
        image, label = int(self.ids[row]), self.names[self.suggested[row]]
        there = self.witnesses[row] >= 0
        return Case(
            finding="labels",
            ids=(image,),
            score=float(self.score[row]),
            reason=self.reason(row),
            suggestion=Suggestion("relabel", (image,), label),
            evidence=tuple(self.ids[self.witnesses[row][there]].tolist()),
            said=tuple(f"labelled {label}, {near:.0%} alike" for near in self.likeness[row][there].tolist()),
        )

    def cases(self) -> list[Case]:
        """The flagged labels, worst first."""
        return [self.case(row) for row in self.ranked[self.flagged[self.ranked]].tolist()]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {**{name: getattr(self, name) for name in _arrays()}, "names": np.array(self.names, np.str_)}

    def facts(self) -> dict[str, Any]:
        return {"line": self.line, "share": {one.name: getattr(self.share, one.name) for one in fields(Share)}}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        kept = {name: arrays[name] for name in _arrays()}
        return cls(**kept, names=tuple(arrays["names"].tolist()), share=Share(**facts["share"]), line=facts["line"])


def _arrays() -> list[str]:
    return [one.name for one in fields(LabelIssues) if one.name not in ("names", "share", "line", "moved_from")]
