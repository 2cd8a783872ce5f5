"""What a family of probes is: a card with its parameters, and the two functions that train and read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embedding_core.train.space import Parameter, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

Task = Literal["classification", "regression"]

NONE, WHITENED, BALANCED = "none", "whitened", "balanced"  # values of the parameters below

Build = Callable[[Task, Mapping[str, Value], "NDArray[np.float32]", int], Any]
Read = Callable[[Any, "NDArray[np.float32]"], "NDArray[np.float64]"]


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of probe."""

    id: str
    name: str
    tasks: tuple[Task, ...]
    good_for: str  # one plain sentence
    parameters: tuple[Parameter, ...]
    tries: tuple[Mapping[str, Value], ...]  # over the defaults; the best by cross-validation is taken
    most: int  # rows it is fitted on; more are drawn from by chance
    build: Build  # (task, parameters, rows (m, r), seed) → an estimator of scikit-learn, not fitted
    logits: Read  # (estimator, rows (m, r)) → (m, c) of the classes that it knows
    types: tuple[str, ...]  # what a file with a fitted one may hold besides plain numpy


def axes(default: int) -> Parameter:
    """How many principal axes of the vectors it reads."""
    return Parameter(
        "axes",
        "Principal axes",
        "whole",
        default,
        8,
        256,
        log=True,
        help="The directions in which the images differ most. Fewer are quicker and learn less by heart.",
    )


SCALING = Parameter(
    "scaling",
    "Scaling of the axes",
    "choice",
    NONE,
    choices=(NONE, WHITENED),
    help="Without, an axis counts as much as images differ along it; whitened, each counts alike.",
)
CLASS_WEIGHT = Parameter(
    "class_weight",
    "Class weight",
    "choice",
    NONE,
    choices=(NONE, BALANCED),
    help="Balanced, all labels count alike in training, however few images they have.",
)


def weights(parameters: Mapping[str, Value]) -> str | None:
    """What scikit-learn calls `class_weight`."""
    return "balanced" if parameters.get("class_weight") == BALANCED else None


def from_margins(estimator: Any, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits by `decision_function`; of two classes scikit-learn gives the second one's alone."""
    found = np.asarray(estimator.decision_function(rows), np.float64)
    return np.column_stack([np.zeros(len(found)), found]) if found.ndim == 1 else found


def from_shares(estimator: Any, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits by `predict_proba`."""
    return np.log(np.maximum(np.asarray(estimator.predict_proba(rows), np.float64), 1e-6))
