"""Nearest neighbours, that vote for a label or give the mean of their numbers.

Cover and Hart 1967, "Nearest neighbor pattern classification".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.train.probes.family import SCALING, Family, Task, axes
from embedding_core.train.space import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.train.space import Value

_WEIGHTS = ("uniform", "distance")


def _neighbours(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    of = KNeighborsRegressor if task == "regression" else KNeighborsClassifier
    k = min(int(parameters["k"]), len(rows))
    return of(k, weights=str(parameters["weights"]), algorithm="brute")


def _logits(estimator: Any, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of their votes; half a vote is left for what no neighbour says."""
    shares = np.asarray(estimator.predict_proba(rows), np.float64)
    found: NDArray[np.float64] = np.log(shares + 0.5 / (estimator.n_neighbors * shares.shape[1]))
    return found


NEIGHBOURS = Family(
    id="knn",
    name="Nearest neighbours",
    tasks=("classification", "regression"),
    good_for="Learns nothing, only remembers: a label can be explained by the look-alikes that gave it.",
    parameters=(
        Parameter(
            "k",
            "Neighbours (k)",
            "whole",
            10,
            1,
            50,
            log=True,
            help="How many of the most alike training images are asked.",
        ),
        Parameter(
            "weights",
            "Votes",
            "choice",
            "distance",
            choices=_WEIGHTS,
            help="Uniform, each counts alike; by distance, nearer ones count more.",
        ),
        axes(64),
        SCALING,
    ),
    tries=({"k": 1}, {"k": 5}, {}, {"k": 20}),
    most=50_000,
    build=_neighbours,
    logits=_logits,
    types=(
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.neighbors._regression.KNeighborsRegressor",
    ),
)
