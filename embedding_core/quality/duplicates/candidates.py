"""Which pairs of images are worth a look: neighbours under the embedding, and hashes that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.duplicates.buckets import alike, nearest_symmetry
from embedding_core.quality.hashing import hamming
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

NEAREST = 3  # neighbours of each image that are looked at …
SIMILAR = 0.75  # … from this cosine on
CERTAIN = 0.97  # cosine from which all neighbours in the graph are looked at
# Below this cosine hashes have to agree a little as well, unless one of both is the nearest neighbour of the other; and
# if they do, such a nearest one is looked at whatever its cosine. Of crops of 5 to 15 % 999 in 1,000 are nearest to
# their original, down to a cosine of .51, and 98 in 100 differ in so few bits; of different photographs half do.
ALIKE = 0.85
UPRIGHT, EITHER_WAY = 28, 12  # bits, as the pictures are and under the symmetry that is nearest
# Bits that hashes of copies may differ in, by the number of images up to which. Among photographs of one sort a pair in
# 6,000 is 10 bits apart by chance, one in 40,000 still 4 bits: of very many images the others cost too much.
BITS = ((20_000, 10), (200_000, 6))
FEWEST = 3  # bits, of more
PARTNERS = 4  # of more than the first number, pairs that are among the nearest so many by hash of one of both


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of rows. The second one, turned by the symmetry, has the hash that is nearest to that of the first."""

    first: NDArray[np.int32]  # (m,) rows; each pair once, in ascending order
    second: NDArray[np.int32]  # (m,)
    cosine: NDArray[np.float32]  # (m,) NaN where they are no neighbours in the graph
    symmetry: NDArray[np.int8]  # (m,) places in `hashing.SYMMETRIES`
    distance: NDArray[np.uint8]  # (m,) bits
    closest: NDArray[np.bool_]  # (m,) is one of both the nearest neighbour of the other?
    recall: float  # of the look-up by hashes

    def __len__(self) -> int:
        return len(self.first)


def candidates(
    graph: NeighbourGraph,
    hashes: NDArray[np.uint64],
    contents: NDArray[np.uint64],
    same: NDArray[np.int32],
    *,
    progress: Progress = silent,
) -> Candidates:
    """The pairs worth a look among the images with these `contents` (n,), see `Pictures`.

    `same` (n,) names for every row one that stands for all with its very bytes; only those are paired. In a pair the
    image with the smaller number of its content is the first, so that neither the order of the rows nor the dataset
    that the images are in changes anything.
    """
    near, cosine, closest = _neighbours(graph, hashes)
    standing = np.flatnonzero(same == np.arange(len(same))).astype(np.int32)
    bits = next((bits for most, bits in BITS if len(contents) <= most), FEWEST)
    by_hash = alike(hashes[standing], bits, progress=progress)
    hashed = np.stack([standing[by_hash.first], standing[by_hash.second]], axis=1)
    if len(contents) > BITS[0][0]:
        hashed = hashed[_nearest(by_hash.first, by_hash.second, by_hash.distance)]
    pairs = np.concatenate([same[near], hashed])
    cosines = np.concatenate([cosine, np.full(len(hashed), np.nan, np.float32)])
    nearest = np.concatenate([closest, np.zeros(len(hashed), dtype=bool)])
    backwards = contents[pairs[:, 0]] > contents[pairs[:, 1]]
    pairs[backwards] = pairs[backwards][:, ::-1]
    # Of a pair that comes more than once, the row that says it is closest, else one with the cosine; NaN sorts last.
    order = np.lexsort((cosines, ~nearest, pairs[:, 1], pairs[:, 0]))
    order = order[pairs[order, 0] != pairs[order, 1]]
    pairs, cosines, nearest = pairs[order], cosines[order], nearest[order]
    new = np.r_[True, (pairs[1:] != pairs[:-1]).any(axis=1)][: len(pairs)]
    first, second = pairs[new].T
    symmetry, distance = nearest_symmetry(hashes[first], hashes[second])
    return Candidates(first, second, cosines[new], symmetry, distance, nearest[new], by_hash.recall)


def _neighbours(
    graph: NeighbourGraph, hashes: NDArray[np.uint64]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.bool_]]:
    """Pairs (m, 2), their cosine (m,), and whether the second is nearest to the first (m,).

    Equals of the last that is looked at are looked at too.
    """
    if graph.k == 0:
        return np.empty((0, 2), np.int32), np.empty(0, np.float32), np.empty(0, dtype=bool)
    last = graph.similarity[:, min(NEAREST, graph.k) - 1 :][:, :1] - 1e-6
    near = graph.similarity >= np.clip(last, SIMILAR, CERTAIN)
    near[:, 0] = True
    rows, places = np.nonzero(near)
    pairs = np.stack([rows, graph.rows[rows, places]], axis=1).astype(np.int32)
    cosine, closest = graph.similarity[rows, places], places == 0
    doubtful = np.flatnonzero(cosine < np.where(closest, SIMILAR, ALIKE))
    first, second = hashes[pairs[doubtful]].T
    kept = np.ones(len(pairs), dtype=bool)
    kept[doubtful] = (hamming(first, second) <= UPRIGHT) | (nearest_symmetry(first, second)[1] <= EITHER_WAY)
    return pairs[kept], cosine[kept], closest[kept]


def _nearest(first: NDArray[np.int32], second: NDArray[np.int32], distance: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pairs (m,) are among the `PARTNERS` nearest of one of both."""
    kept = np.zeros(len(first), dtype=bool)
    for ends in (first, second):
        order = np.lexsort((distance, ends))
        starts = np.flatnonzero(np.r_[True, np.diff(ends[order]) != 0][: len(order)])
        place = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
        kept[order[place < PARTNERS]] = True
    return kept
