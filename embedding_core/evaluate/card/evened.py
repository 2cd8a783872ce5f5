"""What a probe tells where one class outweighs all others: its answers with every class taken to come equally often.

Where 95 of 100 images are of one class, no answer may be likelier than that class, and accuracy is that of always
saying it, although the other class is ranked first. Divided by what the probe gives a class on the mean, probabilities
are those of a set where all come alike: Saerens, Latinne & Decaestecker 2002, "Adjusting the outputs of a classifier to
new a priori probabilities".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.evaluate.card.intervals import Figure, clusters
from embedding_core.quality.intervals import balanced

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def evened(
    probable: NDArray[np.floating], codes: NDArray[np.integer], groups: NDArray[np.integer] | None = None
) -> Figure:
    """The mean over c classes of the share of their images that is told, by `probable` (n, c) of images of classes
    `codes` (n,), with its interval; 1 / c is luck. `groups` (n,) are near-duplicates, −1 for one alone."""
    right = told(probable) == codes
    share = float(np.mean([right[codes == code].mean() for code in np.unique(codes)]))
    return Figure(share, *balanced(right, codes, clusters(groups, len(codes))))


def told(probable: ArrayLike) -> NDArray[np.int64]:
    """The class (n,) that has most of `probable` (n, c) beyond what it has on the mean."""
    given = np.asarray(probable, np.float64)
    found: NDArray[np.int64] = (given / np.maximum(given.mean(axis=0), 1e-12)).argmax(axis=1)
    return found
