"""Which images choose the best epoch, where no split names a validation part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.probing.folding import deal

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 7  # one of which chooses
FEWEST = 20  # images that choose, below which images with near-duplicates choose as well


def choosing(codes: NDArray[np.integer], groups: NDArray[np.integer]) -> NDArray[np.bool_]:
    """About a seventh of n images with classes `codes` (n,), of every class in equal shares, as a mask (n,).

    Images that have near-duplicates, `groups` (n,) with −1 for one that is alone, are trained on: a large group among
    few images would choose by itself, right or wrong as a whole. Only where too few are alone groups choose too, and
    none where all are of one group.
    """
    alone = np.flatnonzero(groups < 0)
    chosen = np.zeros(len(codes), bool)
    if len(alone) >= FEWEST * FOLDS:
        chosen[alone[deal(codes[alone], FOLDS) == 0]] = True
        return chosen
    dealt = deal(codes, FOLDS, groups=groups)
    sizes = np.bincount(dealt, minlength=FOLDS)  # large groups make a fold of few kinds of images
    usable = (sizes > 0) & (sizes < len(codes))
    off = np.where(usable, np.abs(sizes - len(codes) / FOLDS), np.inf)
    return np.asarray((dealt == off.argmin()) & usable.any())
