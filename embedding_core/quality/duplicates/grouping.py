"""From pairs to groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Union:
    """Disjoint sets of the rows 0 … n - 1, by path halving (Tarjan and van Leeuwen 1984)."""

    def __init__(self, n: int) -> None:
        self._above: dict[int, int] = {}  # only of rows that have met another: nearly all are alone
        self._sizes: dict[int, int] = {}
        self.n = n

    def find(self, row: int) -> int:
        above = self._above
        while (parent := above.get(row, row)) != row:
            above[row] = above.get(parent, parent)
            row = above[row]
        return row

    def size(self, row: int) -> int:
        """Of the set that the row is in."""
        return self._sizes.get(self.find(row), 1)

    def join(self, first: int, second: int) -> None:
        one, other = sorted((self.find(first), self.find(second)))
        if one != other:
            self._sizes[one] = self._sizes.get(one, 1) + self._sizes.get(other, 1)
            self._above[other] = one
            self._above.setdefault(one, one)

    def numbers(self) -> NDArray[np.int32]:
        """(n,) the number of each row's set, counted by their first rows; −1 for a row that is alone."""
        numbers = np.full(self.n, -1, np.int32)
        known: dict[int, int] = {}
        for row in sorted(self._above):
            numbers[row] = known.setdefault(self.find(row), len(known))
        return numbers


def joined(n: int, pairs: Iterable[tuple[int, int]]) -> Union:
    """The sets that follow from these pairs."""
    sets = Union(n)
    for first, second in pairs:
        sets.join(first, second)
    return sets


class Apart:
    """Which sets must not be joined, since a picture in the one is known to differ from one in the other."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        self._from: dict[int, set[int]] = {}  # by the row that names a set, as `Union.find` says
        for first, second in pairs:
            if first != second:
                self._from.setdefault(first, set()).add(second)
                self._from.setdefault(second, set()).add(first)

    def parts(self, one: int, other: int) -> bool:
        return other in self._from.get(one, ())

    def follow(self, old: int, new: int) -> None:
        """The set `old` has become part of `new`, which now is apart from all that `old` was apart from."""
        for other in self._from.pop(old, ()):
            self._from[other].remove(old)
            self._from[other].add(new)
            self._from.setdefault(new, set()).add(other)


def grouped(
    contents: NDArray[np.uint64],
    exact: NDArray[np.int32],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    score: NDArray[np.float32],
    strong: float,
    apart: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> NDArray[np.int32]:
    """The group of each row (n,), −1 alone: images with the same pixels, and those that links (m,) join, best first.

    A link of less than `strong` brings one more picture into a group; two groups are never joined by it, so that a
    chain of weak likenesses does not make one group of what has little in common. No link joins what holds both rows of
    a pair of `apart` (k,), (k,), which are different pictures: a grey heart is a copy of the red and of the blue one,
    and goes with the one that it is more like. Images with the same pixels count as one picture. `contents` (n,) decide
    between equals, so that the order of the rows does not.
    """
    n = len(contents)
    sets = joined(n, chains(exact))
    pictures = Union(n)  # sizes in pictures, in step with `sets`
    order = np.lexsort((contents[second], contents[first], -score))
    standing = _standing(exact)
    known = Apart(zip(*(standing[rows].tolist() for rows in apart), strict=True))
    for one, other, strength in zip(
        standing[first[order]].tolist(), standing[second[order]].tolist(), score[order].tolist(), strict=True
    ):
        if strength < strong and min(pictures.size(one), pictures.size(other)) > 1:
            continue
        old = pictures.find(one), pictures.find(other)
        if old[0] == old[1] or known.parts(*old):
            continue
        pictures.join(one, other)
        sets.join(one, other)
        known.follow(max(old), pictures.find(one))
    return sets.numbers()


def members(numbers: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """The rows of each group, ascending."""
    order = np.argsort(numbers, kind="stable")
    order = order[numbers[order] >= 0]
    cuts = np.flatnonzero(np.diff(numbers[order])) + 1
    return np.split(order, cuts) if len(order) else []


def chains(numbers: NDArray[np.int32]) -> Iterable[tuple[int, int]]:
    for rows in members(numbers):
        for row in rows[1:].tolist():
            yield int(rows[0]), row


def _standing(exact: NDArray[np.int32]) -> NDArray[np.int64]:
    """(n,) the row that stands for all with the same pixels."""
    standing = np.arange(len(exact))
    for rows in members(exact):
        standing[rows] = rows[0]
    return standing
