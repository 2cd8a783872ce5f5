"""Gradient-boosted trees, over few principal axes: over all numbers of an encoder they would take minutes.

Friedman 2001, "Greedy function approximation: a gradient boosting machine"; histograms as in Ke et al. 2017, LightGBM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.train.probes.family import CLASS_WEIGHT, SCALING, Family, Task, axes, from_shares, weights
from embedding_core.train.space import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.train.space import Value


def _boosting(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    asked: dict[str, Any] = {
        "max_iter": int(parameters["trees"]),
        "learning_rate": float(parameters["learning_rate"]),
        "max_leaf_nodes": int(parameters["max_leaf_nodes"]),
        "early_stopping": False,
        "random_state": seed,
    }
    if task == "regression":
        return HistGradientBoostingRegressor(**asked)
    return HistGradientBoostingClassifier(class_weight=weights(parameters), **asked)


BOOSTING = Family(
    id="boosting",
    name="Gradient boosting",
    tasks=("classification", "regression"),
    good_for="Finds rules of the kind “if this and not that”. Rarely the best on vectors, and worth a try on numbers.",
    parameters=(
        Parameter("trees", "Trees", "whole", 40, 10, 200, log=True, help="One after the other."),
        Parameter(
            "learning_rate",
            "Learning rate",
            "real",
            0.2,
            0.03,
            0.5,
            log=True,
            help="How much each tree mends. Slow ones want more trees.",
        ),
        Parameter(
            "max_leaf_nodes",
            "Leaves of a tree",
            "whole",
            8,
            4,
            31,
            log=True,
            help="How fine each tree may divide the images.",
        ),
        axes(32),
        SCALING,
        CLASS_WEIGHT,
    ),
    tries=({},),
    most=50_000,
    build=_boosting,
    logits=from_shares,
    types=(
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn._loss._loss.CyHalfMultinomialLoss",
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss._loss.CyHalfSquaredError",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.IdentityLink",
        "sklearn.preprocessing._label.LabelEncoder",
    ),
)
