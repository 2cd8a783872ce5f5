"""What a search for duplicates has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.quality.duplicates.grouping import grouped, joined, members
from embedding_core.quality.duplicates.keeping import Choice, Copies, choose
from embedding_core.quality.duplicates.kinds import KINDS, Kind, keeps_up
from embedding_core.review.cases import Case, Suggestion

if TYPE_CHECKING:
    from numpy.typing import NDArray

LINE = 0.65  # score from which a pair is a copy
STRONG = 0.85  # score from which a link joins groups
POINTS = 18  # features that moved alike, from which two photographs show one scene


@dataclass(frozen=True, eq=False)
class DuplicatesFound:
    """Copies and bursts among n images. Row i of arrays (n,) is the image `ids[i]`."""

    ids: NDArray[np.int64]  # (n,)
    contents: NDArray[np.uint64]  # (n,) of the files, see `finding.Pictures`; they decide between equals
    widths: NDArray[np.int32]  # (n,) pixels
    heights: NDArray[np.int32]  # (n,)
    nbytes: NDArray[np.int64]  # (n,) of the files
    detail: NDArray[np.float32]  # (n,) see `inspecting.detail_of`; NaN of images without a copy
    chroma: NDArray[np.float32]  # (n,) see `photos.measuring`; NaN where it is unknown
    typical: NDArray[np.float32]  # (n,) how like the rest of the set, see `keeping.typical`; NaN of those alone
    exact: NDArray[np.int32]  # (n,) the number of those with the same pixels; −1 alone
    first: NDArray[np.int32]  # (m,) rows of pairs that were verified on the pixels
    second: NDArray[np.int32]  # (m,)
    kind: NDArray[np.int8]  # (m,) places in `KINDS`
    symmetry: NDArray[np.int8]  # (m,) by which the second was turned onto the first, places in `hashing.SYMMETRIES`
    score: NDArray[np.float32]  # (m,) structural similarity of the least alike hundredth of the overlap, at most 1
    cosine: NDArray[np.float32]  # (m,) of the embedding; NaN where they are not neighbours in the graph
    apart_first: NDArray[np.int32]  # (k,) rows of pairs alike in structure whose colours say that they are no copies
    apart_second: NDArray[np.int32]  # (k,)
    scene_first: NDArray[np.int32]  # (b,) rows of pairs that are two photographs of one scene
    scene_second: NDArray[np.int32]  # (b,)
    agreeing: NDArray[np.int32]  # (b,) features of both that moved alike
    graph_recall: float  # share of the true neighbours that the graph knows: 1 when exact
    hash_recall: float  # share of the pairs of alike hashes that were looked up, on a sample
    compared: int  # pairs whose thumbnails were compared
    examined: int  # pairs whose pictures were
    line: float = LINE  # score from which a pair counts

    def at(self, line: float) -> Self:
        """The same pairs under another line; nothing is compared again. Pairs below .5 are not kept."""
        return replace(self, line=line)

    @cached_property
    def counts(self) -> NDArray[np.bool_]:
        """(m,) which pairs are above the line"""
        return self.score >= self.line

    @cached_property
    def groups(self) -> NDArray[np.int32]:
        """(n,) the number of each image's group of copies, exact and near; −1 alone"""
        chosen = self.counts
        apart = self.apart_first, self.apart_second
        pairs = self.first[chosen], self.second[chosen]
        return grouped(self.contents, self.exact, *pairs, self.score[chosen], STRONG, apart)

    @cached_property
    def groups_with_bursts(self) -> NDArray[np.int32]:
        """(n,) likewise, photographs of one scene joined as well: what must not be parted between train and test"""
        pairs = [(int(rows[0]), int(row)) for rows in members(self.groups) for row in rows[1:]]
        pairs += zip(self.scene_first.tolist(), self.scene_second.tolist(), strict=True)
        return joined(len(self.ids), pairs).numbers()

    @cached_property
    def copies(self) -> list[NDArray[np.int64]]:
        """The rows of each of `groups`, ascending."""
        return members(self.groups)

    @cached_property
    def exact_sets(self) -> list[NDArray[np.int64]]:
        """The rows of each set of images with the same pixels, ascending."""
        return members(self.exact)

    @cached_property
    def near(self) -> list[int]:
        """The numbers of the groups that hold more than the same pixels."""
        return [number for number, rows in enumerate(self.copies) if len(self.links[number]) and len(rows) > 1]

    @cached_property
    def bursts(self) -> list[NDArray[np.int64]]:
        """Rows of different photographs of one scene, ascending; a copy of one of them is there as well."""
        whole = self.groups_with_bursts
        scenes = set(whole[np.concatenate([self.scene_first, self.scene_second])].tolist())
        return [rows for number, rows in enumerate(members(whole)) if number in scenes]

    @cached_property
    def links(self) -> list[NDArray[np.int64]]:
        """Of each group, the places of its pairs in `first` and `second`, best first."""
        places = np.flatnonzero(self.counts & (self.groups[self.first] == self.groups[self.second]))
        one, other = self.contents[self.first[places]], self.contents[self.second[places]]
        places = places[np.lexsort((other, one, -self.score[places]))]
        of_each: list[list[int]] = [[] for _ in self.copies]
        for place, number in zip(places.tolist(), self.groups[self.first[places]].tolist(), strict=True):
            of_each[number].append(place)
        return [np.array(one, np.int64) for one in of_each]

    def kind_of(self, number: int) -> Kind:
        """The kind that most pairs of a near group are of."""
        counts = np.bincount(self.kind[self.links[number]], minlength=len(KINDS))
        return KINDS[int(counts.argmax())]

    def score_of(self, number: int) -> float:
        """How alike the least alike pair is that holds a near group together."""
        sets, least = joined(len(self.ids), []), 1.0
        for place in self.links[number].tolist():
            one, other = int(self.first[place]), int(self.second[place])
            if sets.find(one) != sets.find(other):
                sets.join(one, other)
                least = float(self.score[place])
        return least

    def kept(self, number: int) -> int:
        """The row of the image of a group that is best kept."""
        return self._choice(number).row

    def reason(self, number: int) -> str:
        """What a group is, and why one of it is kept, in a sentence or two."""
        count = len(self.copies[number])
        same = not len(self.links[number])
        what = f"The same pixels in {count} files" if same else f"{count} copies of one picture, {self.kind_of(number)}"
        return what + self._choice(number).why

    def _choice(self, number: int) -> Choice:
        if number not in self._choices:
            rows = self.copies[number]
            self._choices[number] = choose(
                Copies(
                    rows,
                    self.widths[rows],
                    self.heights[rows],
                    self.nbytes[rows],
                    self.detail[rows],
                    self.chroma[rows],
                    self.typical[rows],
                    self._stand(number),
                )
            )
        return self._choices[number]

    @cached_property
    def _choices(self) -> dict[int, Choice]:
        return {}

    def _stand(self, number: int) -> NDArray[np.int32]:
        """(m,) of the members of a group, equal numbers for those that are the same way up."""
        rows, links = self.copies[number], self.links[number]
        alike = links[keeps_up(self.symmetry[links])]
        pairs = np.stack([self.first[alike], self.second[alike]], axis=1)
        together = joined(len(rows), np.searchsorted(rows, pairs).tolist())
        for place, exact in enumerate(self.exact[rows].tolist()):
            if exact >= 0:
                together.join(place, int(np.flatnonzero(self.exact[rows] == exact)[0]))
        return np.array([together.find(place) for place in range(len(rows))], np.int32)

    def cases(self) -> list[Case]:
        """One for each group of copies: the same pixels first, then the most alike."""
        cases = []
        for number, rows in enumerate(self.copies):
            kept = self.kept(number)
            others = tuple(int(self.ids[row]) for row in rows if row != kept)
            score = self.score_of(number) if len(self.links[number]) else 1.0
            remove = Suggestion("remove", others)
            ids = (int(self.ids[kept]), *others)
            cases.append(Case("duplicates", ids, round(score, 4), self.reason(number), remove))
        return sorted(cases, key=lambda case: (-case.score, case.ids))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FACTS}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(**{name: arrays[name] for name in _ARRAYS}, **{name: facts[name] for name in _FACTS})


_FACTS = ("graph_recall", "hash_recall", "compared", "examined", "line")
_ARRAYS = tuple(name for name in DuplicatesFound.__dataclass_fields__ if name not in _FACTS)
