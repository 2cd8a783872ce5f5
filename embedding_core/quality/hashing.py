"""Perceptual hashes: 64 bits that stay nearly the same when a picture is compressed, resized or lit otherwise.

Each bit is the sign of one low coefficient of the cosine transform of the picture in grey, as in pHash (Zauner,
"Implementation and Benchmarking of Perceptual Image Hash Functions", 2010), without its median: the coefficients in
use have none but the mean left out. Mirroring a picture changes the signs of its odd coefficients and transposing it
swaps two of them, so the hashes of its eight turns and mirrors follow from its own by a mask and a swap of bits; the
picture need not be looked at again. Where a picture is its own mirror image, odd coefficients are nearly nothing and
their bits are chance: such pictures are found by their hashes less often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SIDE = 32  # pixels of the grey picture
BITS = 64
HIGHEST = 10  # of the sum of both frequencies

# (down, across) of the frequency behind each bit: 30 with down < across, the same 30 transposed, 4 of the diagonal.
_UPPER = [(down, total - down) for total in range(1, HIGHEST + 1) for down in range((total + 1) // 2)]
_FREQUENCIES = np.array([*_UPPER, *((across, down) for down, across in _UPPER), (1, 1), (2, 2), (3, 3), (4, 4)])
_SWAPPED = len(_UPPER)  # bits that trade places with as many others when a picture is transposed
_COSINES = np.cos(
    np.pi / SIDE * np.arange(HIGHEST + 1)[:, None] * (np.arange(SIDE)[None, :] + 0.5), dtype=np.float32
)  # (11, 32)


@dataclass(frozen=True, slots=True)
class Symmetry:
    """One of the eight ways to turn and mirror a picture: transposed first, then mirrored."""

    transposed: bool  # rows become columns
    across: bool  # mirrored left to right
    down: bool  # mirrored top to bottom

    @property
    def mirrors(self) -> bool:
        """Does writing become unreadable however one turns it?"""
        return (self.transposed + self.across + self.down) % 2 == 1

    @property
    def name(self) -> str:
        """As people say it, turns clockwise."""
        return _NAMES[self]

    def applied(self, picture: NDArray[np.generic]) -> NDArray[np.generic]:
        """A view of a picture (height, width, …) so turned."""
        turned = picture.swapaxes(0, 1) if self.transposed else picture
        return turned[:: -1 if self.down else 1, :: -1 if self.across else 1]


_NAMES = {
    Symmetry(False, False, False): "upright",
    Symmetry(False, True, False): "mirrored",
    Symmetry(False, False, True): "mirrored upside down",
    Symmetry(False, True, True): "turned by 180°",
    Symmetry(True, False, False): "mirrored and turned by 270°",
    Symmetry(True, True, False): "turned by 90°",
    Symmetry(True, False, True): "turned by 270°",
    Symmetry(True, True, True): "mirrored and turned by 90°",
}
SYMMETRIES = tuple(_NAMES)  # the first leaves a picture as it is


def perceptual_hash(grey: ArrayLike) -> int:
    """The hash of a picture in grey (32, 32), any scale. An even picture has 0."""
    return int(perceptual_hashes(np.asarray(grey, np.float32)[None])[0])


def perceptual_hashes(greys: ArrayLike) -> NDArray[np.uint64]:
    """The hashes (n,) of pictures in grey (n, 32, 32). Raises `InvalidInput` for another shape."""
    pictures = np.asarray(greys, np.float32)
    if pictures.ndim != 3 or pictures.shape[1:] != (SIDE, SIDE):
        raise InvalidInput(f"Pictures to be hashed have the shape (n, {SIDE}, {SIDE}), not {pictures.shape}.")
    spectrum = _COSINES @ pictures @ _COSINES.T  # (n, 11, 11)
    low = spectrum[:, _FREQUENCIES[:, 0], _FREQUENCIES[:, 1]]
    # What rounding leaves of an even picture is no sign.
    slack = 1e-5 * np.abs(spectrum[:, :1, 0])
    bits = np.packbits(low > slack, axis=1, bitorder="little")
    return np.ascontiguousarray(bits).view("<u8").reshape(-1).astype(np.uint64)


def turned(hashes: ArrayLike, symmetry: Symmetry) -> NDArray[np.uint64]:
    """The hashes (n,) of the same pictures, turned or mirrored."""
    bits = np.asarray(hashes, np.uint64)
    if symmetry.transposed:
        upper = bits & np.uint64(_FIELD)
        lower = (bits >> np.uint64(_SWAPPED)) & np.uint64(_FIELD)
        bits = (bits & np.uint64(_DIAGONAL)) | (upper << np.uint64(_SWAPPED)) | lower
    mask = (_ODD_ACROSS if symmetry.across else 0) ^ (_ODD_DOWN if symmetry.down else 0)
    return bits ^ np.uint64(mask)


def hamming(first: ArrayLike, second: ArrayLike) -> NDArray[np.uint8]:
    """How many of the 64 bits differ, pair by pair; shapes broadcast."""
    differing: NDArray[np.uint8] = np.bitwise_count(np.asarray(first, np.uint64) ^ np.asarray(second, np.uint64))
    return differing


def _mask(bits: NDArray[np.bool_]) -> int:
    return sum(1 << int(bit) for bit in np.flatnonzero(bits))


_FIELD = (1 << _SWAPPED) - 1
_DIAGONAL = _mask(np.arange(BITS) >= 2 * _SWAPPED)
_ODD_DOWN = _mask(_FREQUENCIES[:, 0] % 2 == 1)
_ODD_ACROSS = _mask(_FREQUENCIES[:, 1] % 2 == 1)
