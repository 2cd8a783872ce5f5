"""Train a probe of any family on vectors, and predict with it; out of fold where it is to be judged by what it learnt.

Vectors are scaled to length 1, centred and brought onto their principal axes, which no label enters.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import threads
from embedding_core.errors import InvalidInput
from embedding_core.parallel import in_order
from embedding_core.quality.probing.probe import Reduced, reduced
from embedding_core.train.probes import registry
from embedding_core.train.probes.family import WHITENED, Task
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.train.probes.family import Family
    from embedding_core.train.space import Value


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """A trained probe of r axes over vectors of d columns."""

    family: str
    task: Task
    parameters: Mapping[str, Value]
    count: int  # c, classes; 0 where it estimates a number
    mean: NDArray[np.float32]  # (d,)
    axes: NDArray[np.float32]  # (d, r)
    known: NDArray[np.int64]  # (k,) the classes that it has seen; empty for numbers
    centre: float  # of the number, taken off before training
    spread: float  # likewise, divided by
    estimator: Any  # of scikit-learn; None where it has seen one class alone

    def outputs(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Logits (m, c) of `vectors` (m, d), −inf for classes that it has not seen; or numbers (m,).

        Raises `InvalidVectors`, and `InvalidInput` for another d.
        """
        array = checked(vectors)
        if array.shape[1] != len(self.mean):
            raise InvalidInput(f"The probe reads vectors of {len(self.mean)} columns, not {array.shape[1]}.")
        return self.read(np.asarray((unit_rows(array) - self.mean) @ self.axes, np.float32))

    def read(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """`outputs`, of vectors that are on its axes already (m, r)."""
        if self.task == "regression":
            found = np.asarray(self.estimator.predict(rows), np.float64) if len(rows) else np.empty(0)
            return found * self.spread + self.centre
        logits = np.full((len(rows), self.count), -np.inf)
        if self.estimator is None:
            logits[:, self.known] = 0
        elif len(rows):
            logits[:, self.known] = registry.FAMILIES[self.family].logits(self.estimator, rows)
        return logits


def fit(
    vectors: ArrayLike | Reduced,
    target: NDArray[Any],
    family_id: str,
    parameters: Mapping[str, object] | None = None,
    *,
    task: Task = "classification",
    classes: int | None = None,
    seed: int = 0,
) -> Fitted:
    """Train on `vectors` (n, d) with their classes 0 … c − 1 or numbers `target` (n,), of which none is missing.

    `classes` is c, by default the highest one and 1. Raises `InvalidVectors`, and `InvalidInput` for a family or a
    parameter that there is not, for another length, and where there is nothing to learn.
    """
    card = registry.family(family_id, task)
    values = registry.setting(family_id, task, parameters)
    of = vectors if isinstance(vectors, Reduced) else reduced(vectors)
    known = checked_target(target, len(of.rows), task)
    count = 0 if task == "regression" else classes or int(known.max()) + 1
    scale = scale_of(of, values)
    with threads.alone(), _as_it_is():
        return _fitted(of, known, np.arange(len(of.rows)), card, values, task, count, scale, seed)


def out_of_fold(
    vectors: ArrayLike | Reduced,
    target: NDArray[Any],
    family_id: str,
    parameters: Mapping[str, object] | None = None,
    *,
    folds: NDArray[np.integer],
    task: Task = "classification",
    classes: int | None = None,
    seed: int = 0,
    told: Callable[[int, NDArray[np.float64]], None] | None = None,
) -> NDArray[np.float64]:
    """What `Fitted.outputs` says of `vectors` (n, d), of each row by a probe that has not seen its fold.

    `folds` (n,) are numbers 0 … f − 1, see `quality.probing.folding.deal`. `told` hears of each fold that is done, with
    what is known so far (n, c) or (n,), NaN elsewhere, and may raise to end it. Raises as `fit` does.
    """
    card = registry.family(family_id, task)
    values = registry.setting(family_id, task, parameters)
    of = vectors if isinstance(vectors, Reduced) else reduced(vectors)
    known = checked_target(target, len(of.rows), task)
    count = 0 if task == "regression" else classes or int(known.max()) + 1
    found = np.full(len(known) if task == "regression" else (len(known), count), np.nan)
    scale = scale_of(of, values)
    rows = of.rows[:, : len(scale)] * scale

    def part(fold: int) -> NDArray[np.float64]:
        trained = np.flatnonzero(folds != fold)
        return _fitted(of, known, trained, card, values, task, count, scale, seed).read(rows[folds == fold])

    number = int(folds.max()) + 1
    with threads.alone(), _as_it_is():
        # One at a time where somebody listens, who may end it; else the folds share the cores.
        done = map(part, range(number)) if told else in_order(part, range(number))
        for fold, outputs in enumerate(done):
            found[folds == fold] = outputs
            if told:
                told(fold, found)
    return found


def probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Softmax of `logits` (m, c), row by row."""
    powers = np.exp(np.asarray(logits, np.float64) - np.max(logits, axis=1, keepdims=True, initial=-np.inf))
    found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return found


def scale_of(of: Reduced, values: Mapping[str, Value]) -> NDArray[np.float32]:
    """What each of the axes (r,) that are read is multiplied by."""
    used = of.rows[:, : int(values["axes"])]
    if values["scaling"] != WHITENED:
        return np.ones(used.shape[1], np.float32)
    spread = used.std(axis=0, dtype=np.float64)
    # As long in all as 32 axes of spread 1, so that how strongly a probe is held back means much the same.
    least = 1e-6 * max(float(spread.max(initial=0)), 1e-12)
    scale: NDArray[np.float64] = np.sqrt(32 / used.shape[1]) / np.maximum(spread, least)
    return scale.astype(np.float32)


def checked_target(target: NDArray[Any], n: int, task: Task) -> NDArray[Any]:
    """Raises `InvalidInput` where there is nothing to learn from it."""
    found = np.asarray(target, np.float64 if task == "regression" else np.int64)
    if found.shape != (n,):
        raise InvalidInput(f"A probe over {n:,} vectors wants as many labels or numbers, not {found.shape}.")
    if task == "regression":
        if not np.isfinite(found).all():
            raise InvalidInput("A probe wants a number of each image, and some are missing or infinite.")
        if n < 2 or np.ptp(found) == 0:
            raise InvalidInput("A probe estimates a number that differs between images, and all are the same.")
    elif n == 0 or found.min() < 0:
        raise InvalidInput("A probe wants a label of each image, and some are missing.")
    elif found.min() == found.max():
        raise InvalidInput("A probe tells labels apart, and there are fewer than two. Label some images first.")
    return found


def _fitted(
    of: Reduced,
    target: NDArray[Any],
    rows: NDArray[np.int64],
    card: Family,
    values: Mapping[str, Value],
    task: Task,
    count: int,
    scale: NDArray[np.float32],
    seed: int,
) -> Fitted:
    if len(rows) > card.most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, card.most, replace=False))
    read, answers = of.rows[rows][:, : len(scale)] * scale, target[rows]
    centre, spread, known = 0.0, 1.0, np.empty(0, np.int64)
    if task == "regression":
        centre, spread = float(answers.mean()), float(answers.std()) or 1.0
        answers = (answers - centre) / spread
    else:
        known, answers = np.unique(answers, return_inverse=True)
    estimator = None
    if task == "regression" or len(known) > 1:
        estimator = card.build(task, values, read, seed)
        estimator.fit(read, answers)
    return Fitted(
        card.id,
        task,
        dict(values),
        count,
        read_only(of.mean),
        read_only(of.axes[:, : len(scale)] * scale),
        read_only(known),
        centre,
        spread,
        estimator,
    )


@contextmanager
def _as_it_is() -> Iterator[None]:
    """What is stopped early is judged as it is. Filters hold for the process, so they are set before threads begin."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
