"""A small neural network over the vectors: one hidden layer.

Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors"; trained by Adam, Kingma and
Ba 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.train.probes.family import SCALING, Family, Task, axes, from_shares
from embedding_core.train.space import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.train.space import Value


def _network(task: Task, parameters: Mapping[str, Value], rows: NDArray[np.float32], seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    of = MLPRegressor if task == "regression" else MLPClassifier
    return of(
        hidden_layer_sizes=(int(parameters["units"]),),
        alpha=float(parameters["alpha"]),
        learning_rate_init=float(parameters["learning_rate"]),
        max_iter=int(parameters["epochs"]),
        batch_size=min(128, len(rows)),
        random_state=seed,
    )


NETWORK = Family(
    id="mlp",
    name="Neural network",
    tasks=("classification", "regression"),
    good_for="Bends where linear models cannot. Wants a few thousand images to be worth it.",
    parameters=(
        Parameter("units", "Hidden units", "whole", 128, 16, 256, log=True, help="How much it can hold."),
        Parameter(
            "alpha",
            "Weight decay (alpha)",
            "real",
            0.01,
            0.0001,
            1.0,
            log=True,
            help="How strongly its weights are held back.",
        ),
        Parameter(
            "learning_rate",
            "Learning rate",
            "real",
            0.002,
            0.0003,
            0.01,
            log=True,
            help="How far each step goes. Too far, and it never settles.",
        ),
        Parameter("epochs", "Epochs", "whole", 30, 10, 60, help="How often it goes through all images."),
        axes(256),
        SCALING,
    ),
    tries=({}, {"alpha": 0.1}),
    most=50_000,
    build=_network,
    logits=from_shares,
    types=(
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.preprocessing._label.LabelBinarizer",
    ),
)
