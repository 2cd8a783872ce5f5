"""Look at the pixels of candidate pairs: a first look at thumbnails, a second at the pictures of those that remain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.parallel import brief_in_order, in_order
from embedding_core.quality.duplicates.aligning import UNMOVED, by_features, refined, roughly, scaled
from embedding_core.quality.duplicates.comparing import NONE, TINT, Likeness, evenly, likeness
from embedding_core.quality.duplicates.views import BATCH, SMALL_BATCH, View, views
from embedding_core.quality.hashing import SYMMETRIES
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.duplicates.aligning import Movement
    from embedding_core.quality.duplicates.candidates import Candidates
    from embedding_core.quality.duplicates.views import Read, Share
    from embedding_core.records import Progress

SMALL, LARGE = 64, 256  # pixels, longest side, of the first and the second look
BLOCK = 1024  # pairs whose pictures are in memory together: at most 0.5 GB

REPORTED = 64  # pairs between reports of progress
ROUGH = 0.84  # correlation of the middles, from which a pair goes on …
ROUGH_CLOSEST = 0.6  # … or from here if one is nearest to the other: crops of fine patterns correlate less
REFINED = 0.75  # the same of the whole overlap, closely laid over each other
FIRST = 0.35  # likeness of thumbnails from which the pictures are read
PLAIN = 0.97  # likeness from which a copy is one without any features that agree
SURE = 0.9  # likeness from which no better alignment is looked for …
NEAR = 0.25  # … and below which none makes a copy of it
MIRRORED = 0.88  # cosine from which a mirror image is tried, whatever the hashes say
BITS = 12  # of difference up to which the symmetry that hashes suggest is tried
SCENE = 0.85  # cosine from which a pair may be two photographs of one scene


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one pair."""

    pair: int  # place among the candidates
    likeness: Likeness
    symmetry: int  # by which the second picture was turned, a place in `SYMMETRIES`
    movement: Movement | None  # by which the second picture then was laid over the first
    agreeing: int = 0  # features that moved alike; none are looked for in thumbnails


def verify(
    pairs: Candidates, ids: NDArray[np.int64], thumbnails: Read, contents: Read, *, progress: Progress = silent
) -> list[Look]:
    """Looks at the pairs that may be copies, or photographs of one scene, in ascending order.

    `ids` (n,) are those of the rows that `pairs` speak of. Never more than one block of pictures is in memory.
    """
    everyone = np.arange(len(pairs))
    first = _Looking(pairs, ids, thumbnails, SMALL, SMALL_BATCH, brief_in_order, "comparing thumbnails", progress)
    passed = {look.pair: look for look in first.over(everyone, _first_look) if look.likeness.score >= FIRST}
    scenes = np.flatnonzero(pairs.cosine >= SCENE)  # NaN never is
    second = _Looking(pairs, ids, contents, LARGE, BATCH, in_order, "comparing pictures", progress)

    def look(one: View, other: View, pair: int, pairs: Candidates) -> Look:
        return _second_look(one, other, passed.get(pair, Look(pair, NONE, 0, None)))

    return list(second.over(np.union1d(scenes, np.array(list(passed), np.int64)), look))


@dataclass(frozen=True)
class _Looking:
    """Goes through pairs block by block."""

    pairs: Candidates
    ids: NDArray[np.int64]
    read: Read
    longest: int
    at_once: int  # files that are read together
    share: Share  # thumbnails are brief work, pictures are not
    stage: str
    progress: Progress

    def over(self, which: NDArray[np.int64], look: Callable[[View, View, int, Candidates], Look]) -> Iterator[Look]:
        """A look at each of these pairs, in order; at none whose pictures cannot be read."""
        import cv2

        known: dict[int, View] = {}
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)  # pairs share the cores, not the rows of one small picture
        try:
            for start in range(0, len(which), BLOCK):
                self.progress(self.stage, start, len(which))
                some = which[start : start + BLOCK]
                known = views(
                    self.read, self._images(some), self.longest, known, at_once=self.at_once, share=self.share
                )
                seen = self.share(lambda pair: look(*pair), self._seen(some.tolist(), known))
                for done, one in enumerate(seen):
                    if done % REPORTED == 0:
                        self.progress(self.stage, start + done, len(which))
                    yield one
        finally:
            cv2.setNumThreads(threads)

    def _images(self, some: NDArray[np.int64]) -> Sequence[int]:
        rows = np.union1d(self.pairs.first[some], self.pairs.second[some])
        images: list[int] = self.ids[rows].tolist()
        return images

    def _seen(self, some: list[int], known: dict[int, View]) -> Iterator[tuple[View, View, int, Candidates]]:
        for pair in some:
            one = known.get(int(self.ids[self.pairs.first[pair]]))
            other = known.get(int(self.ids[self.pairs.second[pair]]))
            if one is not None and other is not None:
                yield one, other, pair, self.pairs


def _first_look(one: View, other: View, pair: int, pairs: Candidates) -> Look:
    """The best of the symmetries that come into question."""
    if one.even and other.even:
        return Look(pair, evenly(one, other), 0, UNMOVED)
    best = Look(pair, NONE, 0, None)
    least = ROUGH_CLOSEST if pairs.closest[pair] and pairs.cosine[pair] < SCENE else ROUGH  # scenes are read anyway
    for symmetry in _symmetries(pairs, pair):
        second = other.turned(SYMMETRIES[symmetry]) if symmetry else other
        rough = roughly(one, second)
        if rough.movement is None or rough.correlation < least:
            continue
        closer = refined(one, second, rough.movement)
        if max(rough.correlation, closer.correlation) < REFINED:
            continue
        movement = rough.movement if closer.movement is None else closer.movement
        found = likeness(one, second, movement)
        if found.score > best.likeness.score:
            best = Look(pair, found, symmetry, movement)
    return best


def _symmetries(pairs: Candidates, pair: int) -> list[int]:
    hashed, cosine = int(pairs.symmetry[pair]), float(pairs.cosine[pair])
    if np.isnan(cosine):
        return [hashed]
    asked = [0]
    if pairs.distance[pair] <= BITS:
        asked.append(hashed)
    if cosine >= MIRRORED:
        asked.append(1)
    return sorted(set(asked))


def _second_look(one: View, other: View, before: Look) -> Look:
    """At the same symmetry, and upright where that shows no copy; where the first look saw none, only features lead.

    Features take half of the time of a look. A copy that lies where the first look left it wants none.
    """
    if one.even and other.even:
        return replace(before, likeness=evenly(one, other))
    seen = _seen_closely(one, other, before)
    if before.symmetry == 0 or seen.likeness.score >= SURE:
        return seen
    upright = _seen_closely(one, other, replace(before, likeness=NONE, symmetry=0, movement=None))
    if upright.likeness.score > seen.likeness.score:
        return upright
    return replace(seen, agreeing=max(seen.agreeing, upright.agreeing))


def _seen_closely(one: View, other: View, before: Look) -> Look:
    second = other.turned(SYMMETRIES[before.symmetry]) if before.symmetry else other
    best = before
    if before.movement is not None:
        best = _laid(one, second, before, scaled(before.movement, LARGE / SMALL, LARGE / SMALL))
        if best.likeness.score >= PLAIN and best.likeness.tint <= TINT:
            return best
    shared = by_features(one, second)
    best = replace(best, agreeing=shared.agreeing)
    if shared.movement is not None:
        best = max(best, _laid(one, second, best, shared.movement), key=lambda look: look.likeness.score)
    if best.movement is None or not NEAR <= best.likeness.score < SURE:
        return best
    closer = refined(one, second, best.movement).movement
    if closer is None:
        return best
    return max(best, _laid(one, second, best, closer), key=lambda look: look.likeness.score)


def _laid(one: View, other: View, before: Look, movement: Movement) -> Look:
    """The same look under another movement."""
    return replace(before, likeness=likeness(one, other, movement), movement=movement)
