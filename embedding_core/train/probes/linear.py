"""The linear families: logistic regression for labels, ridge regression for numbers.

Cox 1958, "The regression analysis of binary sequences"; Hoerl and Kennard 1970, "Ridge regression".
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


def _logistic(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=float(parameters["C"]), tol=1e-3, max_iter=500, class_weight=weights(parameters), random_state=seed
    )


def _ridge(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=float(parameters["alpha"]), random_state=seed)


LOGISTIC = Family(
    id="logistic",
    name="Logistic regression",
    tasks=("classification",),
    good_for="The first to try: quick, steady with few images, and its probabilities can be believed.",
    parameters=(
        Parameter(
            "C",
            "C",
            "real",
            1.0,
            0.03,
            100.0,
            log=True,
            help="The inverse of regularisation: how far it may bend to the training images. High ones learn by heart.",
        ),
        axes(256),
        SCALING,
        CLASS_WEIGHT,
    ),
    tries=({"C": 0.3}, {}, {"C": 3.0}, {"C": 10.0}),
    most=50_000,
    build=_logistic,
    logits=from_margins,
    types=("sklearn.linear_model._logistic.LogisticRegression",),
)

RIDGE = Family(
    id="ridge",
    name="Ridge regression",
    tasks=("regression",),
    good_for="The first to try: quick, steady with few images, and hard to mislead.",
    parameters=(
        Parameter(
            "alpha",
            "Alpha",
            "real",
            1.0,
            0.001,
            1000.0,
            log=True,
            help="Regularisation: how strongly it is held back. Low ones learn by heart.",
        ),
        axes(256),
        SCALING,
    ),
    tries=({"alpha": 0.1}, {}, {"alpha": 10.0}, {"alpha": 100.0}),
    most=50_000,
    build=_ridge,
    logits=from_margins,
    types=("sklearn.linear_model._ridge.Ridge",),
)
