"""What was done to a copy, told from how it lies over the other picture and what differs then."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.hashing import SYMMETRIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.duplicates.verifying import Look

WHOLE = 0.965  # share of either picture that lies over the other, below which something was cut off
LIGHT = 4.0  # levels of mean brightness
CONTRAST = 1.06  # factor
TINT = 30.0  # levels between colours
SIZE = 1.02  # factor between the lengths of the longer sides


class Kind(StrEnum):
    """The most telling change; a copy may have been through several. The value is stored."""

    RECOMPRESSED = "recompressed"
    RESIZED = "resized"
    RECOLOURED = "recoloured"  # brighter, darker, of another contrast, or grey
    CROPPED = "cropped"
    MIRRORED = "mirrored"  # and perhaps turned
    TURNED = "turned"  # by 90, 180 or 270 degrees


KINDS = tuple(Kind)


def kind_of(look: Look, first: tuple[int, int], second: tuple[int, int], *, paled: bool) -> Kind:
    """The kind of a verified pair. Sizes are (width, height) of the files; `paled`: one lacks the other's colours."""
    seen = look.likeness
    if look.symmetry:
        return Kind.MIRRORED if SYMMETRIES[look.symmetry].mirrors else Kind.TURNED
    if min(seen.covered, seen.covering) < WHOLE:
        return Kind.CROPPED
    if paled or abs(seen.light) > LIGHT or not 1 / CONTRAST <= seen.gain <= CONTRAST or seen.tint > TINT:
        return Kind.RECOLOURED
    zoom = max(first) / max(second)
    return Kind.RECOMPRESSED if 1 / SIZE <= zoom <= SIZE else Kind.RESIZED


def keeps_up(symmetries: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(m,) under which of these places in `SYMMETRIES` up stays up: mirrored at most, and not turned."""
    return _KEEPS_UP[symmetries]


_KEEPS_UP = np.array([not one.transposed and not one.down for one in SYMMETRIES])
