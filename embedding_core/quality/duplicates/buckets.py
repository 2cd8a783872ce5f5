"""Pairs of hashes that differ in few bits, by looking up instead of comparing each with each.

Multi-index hashing (Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014): 64
bits are cut into parts, and two hashes that differ in few bits agree in at least two whole parts. Of every two parts
there is a table; who shares a key is compared. That finds all pairs up to (parts - 2) bits apart and most beyond, and
how many is measured on a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.hashing import BITS, SYMMETRIES, Symmetry, hamming, turned
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Progress

FEW = 100_000  # hashes up to which there are 28 tables of keys of 16 bits; above, 15 of 21, whose buckets are smaller
MOST = 32  # others in a bucket that one is compared with; even pictures fill a bucket by the thousand
SAMPLE = 200  # hashes compared with all others to measure the recall
_AT_ONCE = 2**18


@dataclass(frozen=True, slots=True)
class Alike:
    """Pairs of hashes: the second, turned by the symmetry, is so many bits from the first."""

    first: NDArray[np.int32]  # (m,) rows; each pair once, `first` < `second`, in ascending order
    second: NDArray[np.int32]  # (m,)
    symmetry: NDArray[np.int8]  # (m,) places in `SYMMETRIES`
    distance: NDArray[np.uint8]  # (m,)
    recall: float  # of pairs of a sample that are so near: the share that is among them


def alike(hashes: NDArray[np.uint64], most: int, *, progress: Progress = silent) -> Alike:
    """The pairs of `hashes` (n,) that differ in at most `most` bits under one of the eight symmetries, nearest first.

    Memory is a few arrays of n and the pairs that are found.
    """
    n = len(hashes)
    found = np.empty((0, 4), np.int32)
    turns = [turned(hashes, symmetry) for symmetry in SYMMETRIES]
    tables = list(_tables(n))
    for done, table in enumerate(tables):
        progress("comparing hashes", done, len(tables))
        pieces = [found]
        keys = _keys(hashes, table)
        order = np.lexsort((hashes, keys))
        ascending = keys[order]
        for number in range(len(SYMMETRIES)):
            asked = keys if number == 0 else _keys(turns[number], table)
            for first, second in _met(ascending, order, asked, itself=number == 0):
                distance = hamming(hashes[first], turns[number][second])
                near = (distance <= most) & (first != second)
                pieces.append(_ordered(first[near], second[near], number, distance[near]))
        found = _nearest(np.concatenate(pieces), n)
    recall = _recall(hashes, turns, found, most)
    return Alike(found[:, 0], found[:, 1], found[:, 2].astype(np.int8), found[:, 3].astype(np.uint8), recall)


def nearest_symmetry(
    first: NDArray[np.uint64], second: NDArray[np.uint64]
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Which symmetry of `second` (m,) is nearest to `first` (m,), and how many bits that differs."""
    distances = np.stack([hamming(first, turned(second, symmetry)) for symmetry in SYMMETRIES])
    best = distances.argmin(axis=0)
    return best.astype(np.int8), distances.min(axis=0)


def _tables(n: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Two spans of bits each, as (from, to)."""
    parts = 8 if n <= FEW else 6
    edges = np.linspace(0, BITS, parts + 1).round().astype(int).tolist()
    yield from combinations(list(pairwise(edges)), 2)


def _keys(hashes: NDArray[np.uint64], table: tuple[tuple[int, int], tuple[int, int]]) -> NDArray[np.uint32]:
    key = np.zeros(len(hashes), np.uint64)
    for start, stop in table:
        part = (hashes >> np.uint64(start)) & np.uint64((1 << (stop - start)) - 1)
        key = (key << np.uint64(stop - start)) | part
    return key.astype(np.uint32)


def _met(
    ascending: NDArray[np.uint32], order: NDArray[np.int64], asked: NDArray[np.uint32], *, itself: bool
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Who lies in the bucket of each key that is asked for: rows of the table, rows of those who ask.

    In a table of the hashes themselves each asks for those behind it alone, so that a pair is met once.
    """
    rows = order if itself else np.arange(len(asked))
    for start in range(0, len(asked), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        stop = np.searchsorted(ascending, asked[some], "right")
        begin = np.arange(start + 1, start + len(some) + 1) if itself else np.searchsorted(ascending, asked[some])
        counts = np.minimum(stop - begin, MOST).clip(min=0)
        within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        yield order[np.repeat(begin, counts) + within], np.repeat(some, counts)


def _ordered(
    first: NDArray[np.int64], second: NDArray[np.int64], number: int, distance: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """(m, 4): pairs with the smaller row first. Turning the other of two pictures takes the inverse."""
    swapped = first > second
    symmetry = np.where(swapped, INVERSE[number], number)
    return np.stack([np.minimum(first, second), np.maximum(first, second), symmetry, distance], axis=1).astype(np.int32)


def _nearest(found: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Each pair once, under its nearest symmetry."""
    found = found[np.lexsort((found[:, 2], found[:, 3]))]
    _, kept = np.unique(found[:, 0].astype(np.int64) * n + found[:, 1], return_index=True)
    return found[kept]


def _recall(hashes: NDArray[np.uint64], turns: list[NDArray[np.uint64]], found: NDArray[np.int32], most: int) -> float:
    n = len(hashes)
    known = found[:, 0].astype(np.int64) * n + found[:, 1]  # ascending
    wanted = np.empty(0, np.int64)
    for row in np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64)):
        near = np.zeros(n, dtype=bool)
        for other in turns:
            near |= hamming(hashes[row], other) <= most
        others = np.flatnonzero(near & (np.arange(n) != row))
        wanted = np.concatenate([wanted, np.minimum(others, row) * n + np.maximum(others, row)])
    return float(np.isin(wanted, known).mean()) if len(wanted) else 1.0


def _inverse(symmetry: Symmetry) -> Symmetry:
    """Undoes a symmetry. Mirrored first and transposed then is transposed first and mirrored the other way."""
    if not symmetry.transposed:
        return symmetry
    return Symmetry(True, across=symmetry.down, down=symmetry.across)


INVERSE = tuple(SYMMETRIES.index(_inverse(symmetry)) for symmetry in SYMMETRIES)
