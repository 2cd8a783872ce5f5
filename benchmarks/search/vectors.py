"""Made-up vectors that lie as those of images do: crowds that overlap, in fewer directions than there are numbers."""

from __future__ import annotations

import numpy as np

GROUPS = 2_000
LATENT = 32  # directions in which groups and their members differ
SPREAD = 0.75  # of a group's members, where the groups' centres spread by 1
NOISE = 0.05  # in every direction
_BATCH = 50_000


def mixture(n: int, d: int, seed: int = 0) -> np.ndarray:
    """A mixture (n, d) of `GROUPS` Gaussians in `LATENT` dimensions, turned into d dimensions, with noise."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((GROUPS, LATENT), dtype=np.float32)
    lift = random.standard_normal((LATENT, d), dtype=np.float32) / np.float32(np.sqrt(LATENT))
    found = np.empty((n, d), np.float32)
    for start in range(0, n, _BATCH):
        m = min(_BATCH, n - start)
        members = centres[random.integers(GROUPS, size=m)]
        members += SPREAD * random.standard_normal((m, LATENT), dtype=np.float32)
        found[start : start + m] = members @ lift + NOISE * random.standard_normal((m, d), dtype=np.float32)
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
