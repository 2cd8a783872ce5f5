"""The one number that makes a classifier's probabilities say what they mean.

Guo et al. 2017, "On calibration of modern neural networks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BOUNDS = (-4.0, 4.0)  # of its logarithm


def fitted_temperature(logits: NDArray[np.floating], codes: NDArray[np.integer]) -> float:
    """What to divide `logits` (n, c) by so that classes `codes` (n,) are as probable as the probabilities say.

    A class that could not be known has −inf, but for the row's own. Of n rows that are all right the next one may still
    be wrong: as Platt 1999, "Probabilistic outputs for support vector machines", each is taken for its class with
    (n + 1) / (n + 2) alone. Without a row it is 1.
    """
    from scipy.optimize import minimize_scalar

    if not len(codes):
        return 1.0
    possible = np.isfinite(logits)
    own = logits[np.arange(len(codes)), codes].astype(np.float64)
    others = possible.sum(axis=1) - 1
    rest = np.where(possible, logits, 0).sum(axis=1, dtype=np.float64) - own
    spared = np.where(others > 0, 1 / (len(codes) + 2), 0)
    own = (1 - spared) * own + spared * rest / np.maximum(others, 1)
    peak = logits.max(axis=1)
    below, mean = logits - peak[:, None], float((peak - own).mean())

    def loss(log: float) -> float:
        scale = np.exp(-log).astype(below.dtype)
        return float(np.log(np.exp(below * scale).sum(axis=1)).mean(dtype=np.float64) + mean * scale)

    return float(np.exp(minimize_scalar(loss, bounds=_BOUNDS, method="bounded", options={"xatol": 0.01}).x))
