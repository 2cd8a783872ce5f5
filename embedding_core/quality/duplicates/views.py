"""Small versions of pictures to compare: read in batches, decoded in threads, only those of one block in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import ImageRefused
from embedding_core.images import decode
from embedding_core.parallel import in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.hashing import Symmetry

Read = Callable[[Sequence[int]], Mapping[int, bytes | ImageRefused]]  # image files by id; who is not there is left out
Share = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]  # work among threads: `in_order`, or as brief

COARSE = 32  # pixels, longest side, for a first look
COLOURED = 128  # pixels, longest side, at most, at which colours are kept
EVEN = 2.0  # levels of deviation below which there is nothing to lay over anything
FEATURES = 400
MARGIN = 0.12  # of a middle's frame: by so much it may have been moved
BATCH = 128  # files in memory together, which may have megabytes each
SMALL_BATCH = 512  # thumbnails likewise


@dataclass(frozen=True, slots=True)
class Middle:
    """A picture without its frame."""

    pixels: NDArray[np.uint8]  # (height, width)
    top: int  # pixels of the frame
    left: int
    even: bool  # nothing is there to be found again


@dataclass(frozen=True)
class View:
    """One picture, reduced."""

    grey: NDArray[np.uint8]  # (height, width)
    colour: NDArray[np.uint8]  # (height, width, 3), as large or smaller: colours are compared by patches
    _enlarged: dict[float, NDArray[np.uint8]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def even(self) -> bool:
        """Is there nothing to be seen, whatever the colour?"""
        return deviation(self.grey) < EVEN and deviation(self.colour) < EVEN

    @cached_property
    def coarse(self) -> NDArray[np.uint8]:
        """(height, width) with `COARSE` as the longer one"""
        return _fitted(self.grey, COARSE)

    @cached_property
    def middle(self) -> Middle:
        """That of the coarse version, which finds its place in another picture."""
        height, width = self.coarse.shape
        top, left = int(height * MARGIN), int(width * MARGIN)
        pixels = self.coarse[top : height - top, left : width - left]
        return Middle(pixels, top, left, deviation(pixels) < EVEN)

    def enlarged(self, zoom: float) -> NDArray[np.uint8]:
        """The coarse version, so many times as large."""
        import cv2

        if zoom not in self._enlarged:
            height, width = self.coarse.shape
            size = (round(width * zoom), round(height * zoom))
            large = self.coarse if zoom == 1 else cv2.resize(self.coarse, size, interpolation=cv2.INTER_LINEAR)
            self._enlarged[zoom] = np.asarray(large, np.uint8)
        return self._enlarged[zoom]

    @cached_property
    def features(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Points (f, 2) as (x, y) and their ORB descriptors (f, 32).

        Rublee, Rabaud, Konolige, Bradski, "ORB: an efficient alternative to SIFT or SURF", 2011.
        """
        import cv2

        finder = cv2.ORB.create(FEATURES, scaleFactor=1.2, nlevels=6, edgeThreshold=15, patchSize=21, fastThreshold=8)
        points, described = finder.detectAndCompute(self.grey, None)
        if not len(points):
            return np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8)
        return np.array([point.pt for point in points], np.float32), np.asarray(described, np.uint8)

    def turned(self, symmetry: Symmetry) -> View:
        grey, colour = (np.ascontiguousarray(symmetry.applied(one)) for one in (self.grey, self.colour))
        return View(grey, colour)


def deviation(picture: NDArray[np.uint8]) -> float:
    """The standard deviation of the levels, of the channel with the most: in a tenth of the time of numpy."""
    import cv2

    levels: list[float] = np.ravel(cv2.meanStdDev(picture)[1]).tolist()
    return max(levels)


def view(data: bytes, longest: int) -> View:
    """The picture in a file with `longest` pixels on its longer side, enlarged where it is smaller.

    Raises `ImageRefused`.
    """
    import cv2

    picture = decode(data, side=longest * 3 // 4).pixels
    # Grey at once, and colours halved by whole pixels first: to bring all three to size takes six times as long.
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    coloured = min(COLOURED, longest)
    return View(_fitted(grey, longest), _fitted(halved(picture, coloured), coloured))


def halved(picture: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """A picture halved, by whole pixels, as long as its longer side stays at or above `longest`."""
    import cv2

    while max(picture.shape[:2]) >= 2 * longest:
        height, width = (max(1, side // 2) for side in picture.shape[:2])
        whole = picture[: 2 * height, : 2 * width]
        picture = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return picture


def views(
    read: Read,
    ids: Sequence[int],
    longest: int,
    known: Mapping[int, View],
    *,
    at_once: int = BATCH,
    share: Share = in_order,
) -> dict[int, View]:
    """The views of these images by id, those `known` as they are; so many files are read at once.

    Who cannot be read is left out.
    """
    wanted = [image for image in ids if image not in known]

    def seen(file: tuple[int, bytes | ImageRefused]) -> tuple[int, View | None]:
        image, data = file
        try:
            return image, None if isinstance(data, ImageRefused) else view(data, longest)
        except ImageRefused:
            return image, None

    # Read within, so that the next files come while these are decoded.
    files = (file for batch in batched(wanted, at_once) for file in read(batch).items())
    found = {image: known[image] for image in ids if image in known}
    found.update((image, one) for image, one in share(seen, files) if one is not None)
    return found


def batched(ids: Sequence[int], size: int = BATCH) -> Iterator[Sequence[int]]:
    """The ids in order, so many at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _fitted(picture: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    import cv2

    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
