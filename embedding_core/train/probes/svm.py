"""Support vector machines, linear and with the RBF kernel.

Cortes and Vapnik 1995, "Support-vector networks"; Drucker et al. 1997, "Support vector regression machines".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.train.probes.family import CLASS_WEIGHT, SCALING, Family, Task, axes, from_margins, weights
from embedding_core.train.space import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.train.space import Value

_EPSILON = 0.05  # spreads of the number within which an error counts for nothing
_ROUNDS = 5_000


def _linear(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.svm import LinearSVC, LinearSVR

    cost = float(parameters["C"])
    if task == "regression":
        return LinearSVR(
            C=cost,
            epsilon=_EPSILON,
            loss="squared_epsilon_insensitive",
            dual="auto",
            max_iter=_ROUNDS,
            random_state=seed,
        )
    return LinearSVC(C=cost, class_weight=weights(parameters), dual="auto", max_iter=_ROUNDS, random_state=seed)


def _curved(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.svm import SVC, SVR

    # scikit-learn's "scale", times a factor, so that the factor means the same for any number of axes.
    gamma = float(parameters["gamma"]) / max(rows.shape[1] * float(rows.var()), 1e-12)
    cost = float(parameters["C"])
    if task == "regression":
        return SVR(C=cost, gamma=gamma, epsilon=_EPSILON)
    return SVC(C=cost, gamma=gamma, class_weight=weights(parameters), random_state=seed)


def _cost(default: float, low: float, high: float) -> Parameter:
    return Parameter(
        "C",
        "C",
        "real",
        default,
        low,
        high,
        log=True,
        help="The inverse of regularisation: how far it may bend to single images at the border. High ones learn by "
        "heart.",
    )


LINEAR = Family(
    id="svm",
    name="SVM, linear",
    tasks=("classification", "regression"),
    good_for="Much like logistic regression, but minds only the images at the border between two labels.",
    parameters=(_cost(0.3, 0.01, 30.0), axes(256), SCALING, CLASS_WEIGHT),
    tries=({"C": 0.1}, {}, {"C": 1.0}),
    most=50_000,
    build=_linear,
    logits=from_margins,
    types=("sklearn.svm._classes.LinearSVC", "sklearn.svm._classes.LinearSVR"),
)

CURVED = Family(
    id="svm-rbf",
    name="SVM, RBF kernel",
    tasks=("classification", "regression"),
    good_for="Often the best on a few thousand images. Slow on many: it is fitted on 10,000 at most.",
    parameters=(
        _cost(3.0, 0.3, 100.0),
        Parameter(
            "gamma",
            "Gamma",
            "real",
            1.0,
            0.1,
            10.0,
            log=True,
            help="How tightly borders wind around images, 1 being scikit-learn's scale. High ones learn by heart.",
        ),
        axes(256),
        SCALING,
        CLASS_WEIGHT,
    ),
    tries=({"C": 1.0}, {}, {"C": 10.0}),
    most=10_000,
    build=_curved,
    logits=from_margins,
    types=("sklearn.svm._classes.SVC", "sklearn.svm._classes.SVR"),
)
