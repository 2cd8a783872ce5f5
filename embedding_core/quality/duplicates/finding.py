"""The whole search: candidates, two looks at their pixels, the same pixels, and what is kept of it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.duplicates.candidates import Candidates, candidates
from embedding_core.quality.duplicates.comparing import TINT
from embedding_core.quality.duplicates.found import LINE, POINTS, DuplicatesFound
from embedding_core.quality.duplicates.grouping import grouped, joined
from embedding_core.quality.duplicates.inspecting import Inspected, inspect
from embedding_core.quality.duplicates.keeping import coloured, typical
from embedding_core.quality.duplicates.kinds import KINDS, Kind, kind_of
from embedding_core.quality.duplicates.verifying import Look, verify
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.quality.duplicates.views import Read
    from embedding_core.records import Progress

LEAST = 0.5  # score from which a pair is kept in the result, so that the line can be moved
EQUAL = 0.97  # score from which pictures of one size are asked whether they are the same pixel by pixel


@dataclass(frozen=True, eq=False, slots=True)
class Pictures:
    """The images to be searched. Row i of every array is one image, as in the graph."""

    ids: NDArray[np.int64]  # (n,)
    contents: NDArray[np.uint64]  # (n,) the first 64 bits of the SHA-256 of each file
    widths: NDArray[np.int32]  # (n,) pixels, upright
    heights: NDArray[np.int32]  # (n,)
    nbytes: NDArray[np.int64]  # (n,)
    hashes: NDArray[np.uint64]  # (n,) perceptual, see `hashing`
    chroma: NDArray[np.float32]  # (n,) see `photos.measuring`; NaN where it is unknown
    thumbnails: Read  # at least 64 pixels long where the image is
    files: Read  # as they came


def find(
    pictures: Pictures,
    graph: NeighbourGraph,
    *,
    progress: Progress = silent,
) -> DuplicatesFound:
    """Copies and bursts among these pictures.

    Time goes with n times the neighbours that are looked at; in memory are a few arrays of n and one block of small
    pictures. `progress` may raise to stop it.
    Raises `InvalidInput` when the graph is of another number of images.
    """
    n = len(pictures.ids)
    if graph.n != n:
        raise InvalidInput(f"The graph has {graph.n:,} rows and there are {n:,} images. Compute it anew.")
    same = _same_bytes(pictures)
    pairs = candidates(graph, pictures.hashes, pictures.contents, same, progress=progress)
    looks = verify(pairs, pictures.ids, pictures.thumbnails, pictures.files, progress=progress)
    alike = [one for one in looks if one.likeness.score >= LEAST]
    copies = [one for one in alike if one.likeness.tint <= TINT]
    seen = _inspected(pictures, pairs, copies, progress)
    exact = _exact(pictures, pairs, copies, same, seen)
    different = [one for one in copies if not _equal(exact, pairs, one)]
    counted = {one.pair for one in copies if one.likeness.score >= LINE}
    scenes = [one for one in looks if one.agreeing >= POINTS and one.pair not in counted]
    tinted = [one for one in alike if one.likeness.tint > TINT]
    near, apart, far = (np.array([one.pair for one in some], np.int64) for some in (different, tinted, scenes))
    detail = np.full(n, np.nan, np.float32)
    for row, image in enumerate(pictures.ids.tolist()):
        if image in seen:
            detail[row] = seen[image].detail
    score = np.array([one.likeness.score for one in different], np.float32)
    first, second = pairs.first[near], pairs.second[near]
    known = pairs.first[apart], pairs.second[apart]
    together = grouped(pictures.contents, exact, first, second, score, LEAST, known)
    return DuplicatesFound(
        pictures.ids,
        pictures.contents,
        pictures.widths,
        pictures.heights,
        pictures.nbytes,
        detail,
        pictures.chroma,
        typical(graph, together, first, second),
        exact,
        first,
        second,
        np.array([KINDS.index(_kind(pictures, pairs, one)) for one in different], np.int8),
        np.array([one.symmetry for one in different], np.int8),
        score,
        pairs.cosine[near],
        *known,
        pairs.first[far],
        pairs.second[far],
        np.array([one.agreeing for one in scenes], np.int32),
        graph.recall,
        pairs.recall,
        len(pairs),
        len(looks),
    )


def _same_bytes(pictures: Pictures) -> NDArray[np.int32]:
    """(n,) of all with the same bytes, the row with the smallest id."""
    order = np.lexsort((pictures.ids, pictures.contents))
    values = pictures.contents[order]
    starts = np.r_[True, values[1:] != values[:-1]][: len(order)]
    same = np.empty(len(order), np.int32)
    same[order] = order[starts][np.cumsum(starts) - 1]
    return same


def _inspected(pictures: Pictures, pairs: Candidates, copies: list[Look], progress: Progress) -> dict[int, Inspected]:
    rows = np.array([[pairs.first[one.pair], pairs.second[one.pair]] for one in copies], np.int64).reshape(-1, 2)
    asked = rows[[_may_be_equal(pictures, pairs, one) for one in copies]] if copies else rows
    wanted: list[int] = np.unique(pictures.ids[rows]).tolist()
    return inspect(pictures.files, wanted, frozenset(pictures.ids[asked].ravel().tolist()), progress=progress)


def _may_be_equal(pictures: Pictures, pairs: Candidates, one: Look) -> bool:
    first, second = pairs.first[one.pair], pairs.second[one.pair]
    size = pictures.widths[first] == pictures.widths[second] and pictures.heights[first] == pictures.heights[second]
    return bool(size) and one.symmetry == 0 and one.likeness.score >= EQUAL


def _exact(
    pictures: Pictures,
    pairs: Candidates,
    copies: list[Look],
    same: NDArray[np.int32],
    seen: dict[int, Inspected],
) -> NDArray[np.int32]:
    equal = [(int(other), row) for row, other in enumerate(same) if other != row]
    for one in copies:
        first, second = int(pairs.first[one.pair]), int(pairs.second[one.pair])
        mine, theirs = (seen.get(int(pictures.ids[row])) for row in (first, second))
        if mine is not None and theirs is not None and mine.pixels and mine.pixels == theirs.pixels:
            equal.append((first, second))
    return joined(len(pictures.ids), equal).numbers()


def _equal(exact: NDArray[np.int32], pairs: Candidates, one: Look) -> bool:
    first, second = exact[pairs.first[one.pair]], exact[pairs.second[one.pair]]
    return bool(first == second and first >= 0)


def _kind(pictures: Pictures, pairs: Candidates, one: Look) -> Kind:
    first, second = int(pairs.first[one.pair]), int(pairs.second[one.pair])
    sizes = [(int(pictures.widths[row]), int(pictures.heights[row])) for row in (first, second)]
    paled = not coloured(pictures.chroma[[first, second]]).all()
    return kind_of(one, sizes[0], sizes[1], paled=paled)
