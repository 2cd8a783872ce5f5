"""A calibrated linear probe over an embedding, and what it says of images that it was not fitted on.

Vectors are scaled to length 1, centred, and reduced to at most 256 principal axes, which no label enters; over these
runs a multinomial logistic regression (scikit-learn's), whose probabilities are then tempered: Guo et al. 2017, "On
calibration of modern neural networks". Reduced, the probe is as accurate as over all 1,280 columns, in a fifth of
the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from embedding_core import threads
from embedding_core.errors import InvalidInput
from embedding_core.parallel import in_order
from embedding_core.quality.probing.classifiers import discriminant, logistic
from embedding_core.quality.probing.folding import deal, known_elsewhere
from embedding_core.quality.probing.temperature import fitted_temperature
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Model: TypeAlias = Literal["logistic", "discriminant"]

AXES = 256  # that vectors are reduced to
FITTED = 50_000  # rows at most that one probe is fitted on, drawn by chance; more change nothing that can be seen

_LENGTH = 1.5  # of the reduced vectors, root mean square: how strongly the probe is held back
_CALIBRATED = 20_000  # rows at most from which the temperature is found
_BLOCK = 16_384  # rows that are reduced at once


@dataclass(frozen=True, eq=False, slots=True)
class Reduced:
    """n vectors as probes read them, for whoever fits several on the same ones: see `reduced`."""

    rows: NDArray[np.float32]  # (n, r) on the principal axes
    axes: NDArray[np.float32]  # (d, r) scaled
    mean: NDArray[np.float32]  # (d,) of the unit vectors, taken off before


@dataclass(frozen=True, eq=False, slots=True)
class Probe:
    """A linear map from unit vectors to the logits of c classes."""

    weights: NDArray[np.float32]  # (d, c), divided by the temperature
    bias: NDArray[np.float32]  # (c,) likewise; −inf for a class without any image
    temperature: float  # above 1 where the probe was too sure of itself

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", read_only(self.weights))
        object.__setattr__(self, "bias", read_only(self.bias))

    def probabilities(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """Return (n, c), each row of sum 1, for `vectors` (n, d). Raises `InvalidVectors`, and `InvalidInput` for
        another d."""
        array = checked(vectors)
        if array.shape[1] != len(self.weights):
            raise InvalidInput(f"The probe reads vectors of {len(self.weights)} columns, not {array.shape[1]}.")
        return _softmax(unit_rows(array) @ self.weights + self.bias)


def fit_probe(
    vectors: ArrayLike,
    codes: ArrayLike,
    *,
    folds: int = 5,
    seed: int = 0,
    groups: ArrayLike | None = None,
    calibrated: bool = True,
) -> Probe:
    """Fit a probe on `vectors` (n, d) with classes `codes` (n,), 0 … c − 1, or −1 for rows that have none.

    Its temperature is found on `out_of_fold` predictions, for which `folds`, `seed` and `groups` are; without
    `calibrated` it is 1, which changes no prediction and takes a third of the time. Raises `InvalidVectors`, and
    `InvalidInput` with fewer than two classes.
    """
    of, classes = _asked(vectors, codes)
    temperature = 1.0
    if calibrated:
        dealt = deal(classes, folds, seed=seed, groups=groups)
        temperature = _temperature(_logits(of.rows, classes, dealt, seed), classes, seed)
    with threads.alone():
        weights, bias = _fitted(of.rows, classes, np.flatnonzero(classes >= 0), _count(classes), seed)
    whole = of.axes @ weights
    return Probe(whole / temperature, (bias - of.mean @ whole) / np.float32(temperature), temperature)


def out_of_fold(
    vectors: ArrayLike | Reduced,
    codes: ArrayLike,
    *,
    folds: int = 5,
    seed: int = 0,
    groups: ArrayLike | None = None,
    repeats: int = 1,
    models: Sequence[Model] = ("logistic",),
) -> NDArray[np.float32]:
    """Return probabilities (n, c) for `vectors` (n, d), each row's from a probe that has not seen it.

    `codes` (n,) are classes 0 … c − 1, or −1 for rows that have none: nothing is fitted on those, and they are
    predicted like all others. Folds hold every class in equal shares, as far as it has members, and never part rows of
    one group: `groups` (n,), −1 for a row that is alone. One temperature is found over all folds, a single number. With
    `repeats` rows are dealt anew so many times, and with several `models` each predicts; what comes back is the mean.

    A row whose class no other fold holds has nothing that could speak for its class: it gets the shares of the classes
    among all labels. `folding.known_elsewhere` tells which rows those are. Raises `InvalidVectors`, and
    `InvalidInput` with fewer than two classes or two folds.
    """
    of, classes = _asked(vectors, codes)
    shares = np.bincount(classes[classes >= 0]) / np.count_nonzero(classes >= 0)
    found = np.zeros((len(of.rows), len(shares)), np.float32)
    for repeat in range(repeats):
        dealt = deal(classes, folds, seed=seed + repeat, groups=groups)
        unknown = (classes >= 0) & ~known_elsewhere(classes, dealt)
        for model in models:
            logits = _logits(of.rows, classes, dealt, seed, model)
            probable = _softmax(logits / np.float32(_temperature(logits, classes, seed)))
            probable[unknown] = shares
            found += probable / np.float32(repeats * len(models))
    return found


def reduced(vectors: ArrayLike) -> Reduced:
    """`vectors` (n, d), scaled to length 1, on their principal axes, which takes longer than to fit a probe on few.

    Raises `InvalidVectors`.
    """
    from embedding_core.projection.pca import principal_axes

    unit = unit_rows(checked(vectors))
    drawn = unit if len(unit) <= FITTED else unit[:: -(-len(unit) // FITTED)]
    with threads.for_rows(len(drawn)):  # also so that few rows come out the same, however many cores are free
        axes, variance, _ = principal_axes(drawn, min(AXES, *drawn.shape))
    axes *= np.float32(_LENGTH / max(np.sqrt(variance.sum()), 1e-12))
    mean = drawn.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows = np.empty((len(unit), axes.shape[1]), np.float32)
    for start in range(0, len(unit), _BLOCK):
        rows[start : start + _BLOCK] = (unit[start : start + _BLOCK] - mean) @ axes
    return Reduced(rows, axes, mean)


def _asked(vectors: ArrayLike | Reduced, codes: ArrayLike) -> tuple[Reduced, NDArray[np.int64]]:
    classes = np.asarray(codes, np.int64)
    array = vectors.rows if isinstance(vectors, Reduced) else checked(vectors)
    if classes.shape != (len(array),):
        raise InvalidInput(f"A probe over {len(array):,} vectors wants as many classes, not {classes.shape}.")
    if len(np.unique(classes[classes >= 0])) < 2:
        raise InvalidInput("A probe tells classes apart, and there are fewer than two. Label some images first.")
    return vectors if isinstance(vectors, Reduced) else reduced(array), classes


def _count(classes: NDArray[np.int64]) -> int:
    return int(classes.max()) + 1


def _logits(
    reduced: NDArray[np.float32],
    classes: NDArray[np.int64],
    dealt: NDArray[np.int32],
    seed: int,
    model: Model = "logistic",
) -> NDArray[np.float32]:
    """(n, c), each row's from the other folds; −inf for classes that these do not hold.

    Cores are shared by the folds. Iterations over 16,000 rows in several threads of BLAS wait for each other: beside
    busy processes on two cores that made one fit 13 times as dear as one thread does.
    """
    found = np.empty((len(reduced), _count(classes)), np.float32)

    def fit(fold: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = np.flatnonzero((dealt != fold) & (classes >= 0))
        return _fitted(reduced, classes, rows, found.shape[1], seed, model)

    with threads.alone():
        for fold, (weights, bias) in enumerate(in_order(fit, range(int(dealt.max()) + 1))):
            left = dealt == fold
            found[left] = reduced[left] @ weights + bias
    return found


def _fitted(
    reduced: NDArray[np.float32],
    classes: NDArray[np.int64],
    rows: NDArray[np.int64],
    count: int,
    seed: int,
    model: Model = "logistic",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (r, c) and bias (c,) of a linear classifier over some rows."""
    weights, bias = np.zeros((reduced.shape[1], count), np.float32), np.full(count, -np.inf, np.float32)
    if len(rows) > FITTED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, FITTED, replace=False))
    there = np.unique(classes[rows])
    if len(there) < 2:  # nothing to tell apart, or nothing at all
        bias[there if len(there) else slice(None)] = 0
        return weights, bias
    fit = logistic if model == "logistic" else discriminant
    weights[:, there], bias[there] = fit(reduced[rows], np.searchsorted(there, classes[rows]))
    return weights, bias


def _temperature(logits: NDArray[np.float32], classes: NDArray[np.int64], seed: int) -> float:
    """That of the rows with a class that others could speak for, of many so many."""
    labelled = np.flatnonzero(classes >= 0)
    rows = labelled[np.isfinite(logits[labelled, classes[labelled]])]
    if len(rows) > _CALIBRATED:
        rows = np.random.default_rng(seed).choice(rows, _CALIBRATED, replace=False)
    return fitted_temperature(logits[rows], classes[rows])


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return found
