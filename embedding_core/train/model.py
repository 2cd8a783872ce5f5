"""A trained probe with all that it takes to answer for new images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.groups import witnesses
from embedding_core.quality.probing.folding import deal
from embedding_core.quality.probing.probe import reduced
from embedding_core.train.likeness import ANY, likeness
from embedding_core.train.probes.calibration import Calibration, calibrate
from embedding_core.train.probes.choosing import FOLDS, Chosen, choose
from embedding_core.train.probes.fitting import fit
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.quality.probing.probe import Reduced
    from embedding_core.train.likeness import Likeness
    from embedding_core.train.probes.family import Task
    from embedding_core.train.probes.fitting import Fitted

LEVEL = 0.95  # of new numbers lie within the interval that is told with each
_PARTS = 10  # of equal size into which numbers are cut, so that folds hold small and large ones alike


@dataclass(frozen=True, eq=False, slots=True)
class Predictions:
    """What a model says of m images."""

    codes: NDArray[np.int64]  # (m,) class; empty for numbers
    probabilities: NDArray[np.float32]  # (m, c); (m, 0) for numbers
    values: NDArray[np.float64]  # (m,) numbers; empty for classes
    distances: NDArray[np.float32]  # (m,) to the nearest training images
    unlike: NDArray[np.bool_]  # (m,) unlike anything that it was trained on


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """A probe, its calibration, and some of what it was trained on."""

    fitted: Fitted
    calibration: Calibration
    margin: float  # a number lies within this of what is estimated, at 95 %; 0 for classes
    likeness: Likeness
    classes: tuple[str, ...]  # (c,)
    target: str  # "label", or the column

    @property
    def task(self) -> Task:
        return self.fitted.task

    def predict(self, vectors: ArrayLike) -> Predictions:
        """Of `vectors` (m, d) of the encoder that it was trained over. Raises `InvalidVectors` and `InvalidInput`."""
        outputs = self.fitted.outputs(vectors)
        distances = self.likeness.distances(vectors) if len(outputs) else np.empty(0, np.float32)
        unlike = distances > self.likeness.line
        none = np.empty(0, np.int64)
        if self.task == "regression":
            empty = np.empty((len(outputs), 0), np.float32)
            return Predictions(none, empty, read_only(outputs), read_only(distances), read_only(unlike))
        given = self.calibration.probabilities(outputs) if len(outputs) else outputs
        codes = given.argmax(axis=1) if len(given) else none
        return Predictions(
            read_only(codes.astype(np.int64)),
            read_only(given.astype(np.float32)),
            np.empty(0),
            read_only(distances),
            read_only(unlike),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Material:
    """What models are trained on: the training part, cut into folds once for all of them."""

    vectors: NDArray[np.float32]  # (n, d)
    of: Reduced  # the same on their principal axes
    target: NDArray[Any]  # (n,) classes 0 … c − 1, or numbers
    groups: NDArray[np.integer]  # (n,) of near-duplicates, −1 for one alone
    folds: NDArray[np.int32]  # (n,) no group is parted
    task: Task
    classes: tuple[str, ...]
    name: str  # of the target
    seed: int
    seen: bool = False  # the encoder was fitted on these images: it makes them look surer, and more alike, than others


def material(
    vectors: NDArray[np.float32],
    target: NDArray[Any],
    groups: NDArray[np.integer],
    *,
    task: Task,
    classes: tuple[str, ...] = (),
    name: str = "label",
    folds: int = FOLDS,
    seed: int = 0,
    seen: bool = False,
) -> Material:
    """Make ready what is trained on; `seen` where the encoder was fitted on it.

    Raises `InvalidVectors`, and `InvalidInput` with fewer than two rows, and where all are copies of each other.
    """
    kinds = target if task == "classification" else cut(target)
    dealt = deal(kinds, folds, seed=seed, groups=groups)
    if len(np.unique(dealt)) < 2:
        raise InvalidInput(
            f"All {len(target):,} images to train on are near-duplicates of each other, so none can judge what is "
            "learnt of the others. Add images that differ."
        )
    return Material(vectors, reduced(vectors), target, groups, dealt, task, classes, name, seed, seen)


def train(on: Material, family_id: str, given: Mapping[str, object] | None = None) -> tuple[Model, Chosen]:
    """Train a family, with parameters that are `given` or else chosen by cross-validation. Raises `InvalidInput`."""
    chosen = choose(
        on.of,
        on.target,
        family_id,
        folds=on.folds,
        task=on.task,
        classes=len(on.classes),
        given=given,
        seed=on.seed,
    )
    return finish(on, family_id, chosen), chosen


def finish(on: Material, family_id: str, chosen: Chosen) -> Model:
    """Train on all of the training part what was chosen by cross-validation.

    Over what an encoder was fitted on, folds say nothing of how sure answers are on other images, nor distances how
    unlike those are: nothing is calibrated then, and no image called unlike.
    """
    fitted = fit(
        on.of,
        on.target,
        family_id,
        chosen.parameters,
        task=on.task,
        classes=len(on.classes) or None,
        seed=on.seed,
    )
    like = likeness(on.vectors, on.groups, seed=on.seed)
    if on.seen:
        like = replace(like, line=ANY)
    if on.task == "regression":
        return Model(fitted, Calibration("none"), _margin(chosen.outputs, on.target, on.groups), like, (), on.name)
    sure = Calibration("none") if on.seen else calibrate(chosen.outputs, on.target, on.folds)
    return Model(fitted, sure, 0.0, like, on.classes, on.name)


def cut(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Numbers (n,) as up to ten classes of about equal size, from small to large."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    least = values.min(initial=np.inf)
    edges = edges[edges > least]
    if not len(edges) and (values > least).any():  # nearly all are the least: these, and the others
        edges = values[values > least].min(keepdims=True)
    return np.searchsorted(edges, values, side="right").astype(np.int64)


def _margin(outputs: NDArray[np.float64], target: NDArray[Any], groups: NDArray[np.integer]) -> float:
    """What 95 % of new numbers are off by at most, from errors out of fold; a group of near-duplicates counts as one.

    The split conformal quantile over cross-validated residuals: Barber et al. 2021, "Predictive inference with the
    jackknife+"; of groups weighed alike: Dunn, Wasserman & Ramdas 2023, "Distribution-free prediction sets for
    two-layer hierarchical models".
    """
    off = np.abs(outputs - target)
    witness = witnesses(groups)
    sizes = np.bincount(witness)
    order = np.argsort(off)
    reached = np.cumsum(1 / sizes[witness][order])
    at = int(np.searchsorted(reached, (len(sizes) + 1) * LEVEL - 1e-9))
    return float(off[order[min(len(off) - 1, at)]])
