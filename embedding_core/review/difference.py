"""What differs between two versions of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.ids import find
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.review.snapshots import Snapshot


@dataclass(frozen=True, eq=False, slots=True)
class Changed:
    """Images of both versions of which another thing is said in each. Row by row."""

    ids: NDArray[np.int64]  # (n,)
    before: NDArray[np.object_]  # (n,) str or None
    after: NDArray[np.object_]  # (n,)

    def __len__(self) -> int:
        return len(self.ids)

    def counts(self) -> list[tuple[str | None, str | None, int]]:
        """From, to and how many, most first."""
        pairs = Counter(zip(self.before.tolist(), self.after.tolist(), strict=True))
        return [(before, after, count) for (before, after), count in pairs.most_common()]


@dataclass(frozen=True, eq=False, slots=True)
class TagChange:
    """Images of both versions that only one has the tag on."""

    added: NDArray[np.int64]  # ids ascending
    removed: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Difference:
    """What the second of two versions has otherwise than the first. Ids are in the order of the images' paths."""

    before: str  # names of the versions
    after: str
    removed: NDArray[np.int64]  # in the first alone
    added: NDArray[np.int64]  # in the second alone
    relabelled: Changed
    moved: Changed  # to another split
    tags: Mapping[str, TagChange]  # of tags that differ
    labels: Mapping[str | None, tuple[int, int]]  # label → images with it in the first and in the second

    @property
    def empty(self) -> bool:
        """Whether the versions hold the same images of which the same is said."""
        return not (len(self.removed) or len(self.added) or len(self.relabelled) or len(self.moved) or self.tags)


def difference(first: Snapshot, second: Snapshot) -> Difference:
    """What differs from the first version to the second. A million images take about a second."""
    at = find(first.ids, second.ids)
    kept = at >= 0
    back = np.ones(len(second), bool)
    back[at[kept]] = False
    both = first.ids[kept]
    was, now = Counter(first.labels.tolist()), Counter(second.labels.tolist())
    return Difference(
        first.name,
        second.name,
        removed=read_only(first.ids[~kept]),
        added=read_only(second.ids[back]),
        relabelled=_changed(both, first.labels[kept], second.labels[at[kept]]),
        moved=_changed(both, first.splits[kept], second.splits[at[kept]]),
        tags=_tags(first, second, np.sort(both)),
        labels={label: (was[label], now[label]) for label in sorted({*was, *now}, key=lambda one: (one is None, one))},
    )


def _changed(ids: NDArray[np.int64], before: NDArray[np.object_], after: NDArray[np.object_]) -> Changed:
    other = before != after
    return Changed(read_only(ids[other]), read_only(before[other]), read_only(after[other]))


def _tags(first: Snapshot, second: Snapshot, both: NDArray[np.int64]) -> dict[str, TagChange]:
    """Among the images of both versions, `both` ascending."""
    nobody = np.empty(0, np.int64)
    found = {}
    for tag in sorted({*first.tags, *second.tags}):
        was, now = (np.intersect1d(one.tags.get(tag, nobody), both, assume_unique=True) for one in (first, second))
        changed = TagChange(
            read_only(np.setdiff1d(now, was, assume_unique=True)), read_only(np.setdiff1d(was, now, assume_unique=True))
        )
        if len(changed.added) or len(changed.removed):
            found[tag] = changed
    return found
