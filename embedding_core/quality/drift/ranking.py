"""How well scores tell two kinds apart: the area under the ROC curve with its error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def auc(positive: NDArray[np.floating], negative: NDArray[np.floating]) -> tuple[float, float]:
    """The chance that one of `positive` (m,) scores above one of `negative` (n,), equals counting half, and its
    standard error.

    DeLong, DeLong & Clarke-Pearson 1988, computed by midranks as in Sun & Xu 2014, "Fast implementation of DeLong's
    algorithm". m and n are at least 2.
    """
    from scipy.stats import rankdata

    m, n = len(positive), len(negative)
    whole = rankdata(np.concatenate([positive, negative]))
    above = (whole[:m] - rankdata(positive)) / n  # (m,) share of the negative below each
    below = 1 - (whole[m:] - rankdata(negative)) / m  # (n,)
    area = float(above.mean())
    return area, math.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
