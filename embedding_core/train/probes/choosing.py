"""Pick a family's parameters by cross-validation over the training part alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.train.probes import registry
from embedding_core.train.probes.fitting import out_of_fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.quality.probing.probe import Reduced
    from embedding_core.train.probes.family import Task
    from embedding_core.train.space import Value

FOLDS = 5


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """Parameters, and what came of them out of fold."""

    parameters: Mapping[str, Value]
    inner: float  # accuracy or R², see `score`; of the best of several a little too high
    outputs: NDArray[np.float64]  # (n, c) logits or (n,) numbers, out of fold


def choose(
    of: Reduced,
    target: NDArray[Any],
    family_id: str,
    *,
    folds: NDArray[np.integer],
    task: Task,
    classes: int,
    given: Mapping[str, object] | None = None,
    seed: int = 0,
) -> Chosen:
    """The best of the family's `tries` for `target` (n,), or what is `given`. Raises `InvalidInput`."""
    card = registry.family(family_id, task)
    tries: tuple[Mapping[str, object], ...] = (given,) if given else card.tries
    best: Chosen | None = None
    for one in tries:
        values = registry.setting(family_id, task, one)
        outputs = out_of_fold(of, target, family_id, values, folds=folds, task=task, classes=classes, seed=seed)
        found = Chosen(values, score(outputs, target, task), outputs)
        if best is None or found.inner > best.inner:
            best = found
    assert best is not None  # noqa: S101 - every family has a try
    return best


def score(outputs: NDArray[np.float64], target: NDArray[Any], task: Task) -> float:
    """Accuracy of logits (n, c), or R² of numbers (n,): higher is better. Rows of NaN do not count."""
    if task == "regression":
        there = np.isfinite(outputs)
        truth = target[there]
        around = float(((truth - truth.mean()) ** 2).sum())
        return 1 - float(((outputs[there] - truth) ** 2).sum()) / around if around > 0 else 0.0
    known = np.flatnonzero(~np.isnan(outputs).any(axis=1))
    return float(np.mean(outputs[known].argmax(axis=1) == target[known]))
