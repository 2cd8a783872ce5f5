"""A look at whole pictures, for the few that have a copy: which have the very same pixels, and how much each shows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import ImageRefused
from embedding_core.images import decode
from embedding_core.parallel import in_order
from embedding_core.quality.duplicates.views import batched
from embedding_core.records import silent

if TYPE_CHECKING:
    from PIL import Image

    from embedding_core.quality.duplicates.views import Read
    from embedding_core.records import Progress

ENOUGH = 1024  # pixels of the short side at which detail is measured, of a larger JPEG


@dataclass(frozen=True, slots=True)
class Inspected:
    """One picture, decoded whole."""

    pixels: str  # SHA-256 of size and decoded pixels, whatever the file's format; empty where nobody asked
    detail: float  # see `detail_of`


def inspect(
    read: Read, wanted: Sequence[int], exact: frozenset[int], *, progress: Progress = silent
) -> dict[int, Inspected]:
    """By id, of the images `wanted`; pixels of those in `exact`. Who cannot be read is left out."""

    def seen(item: tuple[int, bytes | ImageRefused]) -> Inspected | None:
        image, data = item
        if isinstance(data, ImageRefused):
            return None
        try:
            picture = decode(data, side=None if image in exact else ENOUGH)
        except ImageRefused:
            return None
        reduced = picture.width * picture.height / (picture.image.width * picture.image.height)
        return Inspected(_digest(picture.image) if image in exact else "", reduced * detail_of(picture.image))

    found: dict[int, Inspected] = {}
    for batch in batched(wanted):
        progress("measuring copies", len(found), len(wanted))
        files = read(batch)
        looks = zip(files, in_order(seen, files.items()), strict=True)
        found.update((image, one) for image, one in looks if one is not None)
    return found


def detail_of(image: Image.Image) -> float:
    """How much there is to see: the number of pixels times the mean square of the frequencies in them.

    That is the energy of the Laplacian over that of the gradient. Enlarging a picture adds pixels and lowers its
    frequencies as much; compression takes the high ones, cutting off takes pixels; light and contrast change nothing.
    """
    import cv2

    grey = np.asarray(image.convert("L"), np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    slopes = float(np.mean(np.square(across) + np.square(down)))
    return float(np.mean(np.square(cv2.Laplacian(grey, cv2.CV_32F)))) * grey.size / slopes if slopes else 0.0


def _digest(image: Image.Image) -> str:
    whole = hashlib.sha256(f"{image.width} {image.height} ".encode())
    whole.update(image.tobytes())
    return whole.hexdigest()
