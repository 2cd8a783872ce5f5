"""Vectors in clouds, one a class, and a number that a direction of them says: what probes can learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedding_core.train.model import Material, material
from embedding_core.train.probes.judging import Judges

DIM = 24


def clouds(
    n: int = 240, classes: int = 3, *, apart: float = 3.0, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors (n, 24) with their classes (n,)."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, DIM))
    codes = np.arange(n) % classes
    return (apart * centres[codes] + 2 * rng.normal(size=(n, DIM))).astype(np.float32), codes


def numbers(vectors: NDArray[np.float32], *, noise: float = 0.05, seed: int = 0) -> NDArray[np.float64]:
    """What a direction of the unit vectors says, times 40, plus 100."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    told = unit @ np.linspace(-1, 1, DIM)
    return 100 + 40 * (told + noise * np.random.default_rng(seed).normal(size=len(vectors)))


def parts(
    vectors: NDArray[np.float32], target: NDArray[np.float64] | NDArray[np.int64], classes: tuple[str, ...] = ()
) -> tuple[Material, Judges]:
    """The first two thirds to train on, the rest to judge by."""
    cut = 2 * len(vectors) // 3
    on = material(
        vectors[:cut],
        target[:cut],
        np.full(cut, -1),
        task="classification" if classes else "regression",
        classes=classes,
    )
    rest = np.arange(cut, len(vectors))
    return on, Judges(rest, vectors[cut:], target[cut:], np.arange(len(rest)), "drawn", 0)
