"""Whether a faster way to run a network still gives its vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

AGREEMENT = 0.999  # least cosine of every vector to the one that torch computes in float32


def trial_pictures(side: int, count: int = 4) -> NDArray[np.uint8]:
    """Network inputs (count, 3, side, side), the same everywhere: what photographs and drawings are made of.

    Smooth colours with edges in them, noise as rough as photographs are (amplitude falls with frequency), a flat
    drawing on white, a dark picture; then more noise.
    """
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side]
    tile = max(1, side // 9)
    smooth = np.stack([x * 255 // side, y * 255 // side, ((x // tile + y // tile) % 2) * 200])
    inside = ((x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 3) ** 2)[None]
    flat = np.where(inside, np.array([250, 190, 30]).reshape(3, 1, 1), 255)
    made = [smooth, _noise(random, side), flat, _noise(random, side) // 6]
    made += [_noise(random, side) for _ in range(count - len(made))]
    return np.stack(made[:count]).astype(np.uint8)


def agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The least cosine over pairs of vectors, each (m, d)."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(((first * second).sum(axis=1) / np.maximum(lengths, 1e-300)).min())


def _noise(random: np.random.Generator, side: int) -> NDArray[np.int64]:
    """(3, side, side) of 0 to 255, with an amplitude of 1 / frequency."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = 1 / side
    rough = np.fft.ifft2(np.fft.fft2(random.normal(size=(3, side, side))) / frequency).real
    scaled: NDArray[np.int64] = (127.5 + 60 * rough / rough.std()).clip(0, 255).astype(np.int64)
    return scaled
