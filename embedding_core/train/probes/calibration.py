"""Probabilities that can be believed: of what is called 80 % sure, 80 % should be right.

A temperature divides the logits by one number: Guo et al. 2017, "On calibration of modern neural networks". Isotonic
regression bends each class's probability by a rising step function, which takes more images: Zadrozny and Elkan 2002,
"Transforming classifier scores into accurate multiclass probability estimates". Both are fitted on predictions out of
fold. The expected calibration error is that of Naeini et al. 2015, over 15 bins of equal width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from embedding_core.quality.intervals import share
from embedding_core.quality.probing.temperature import fitted_temperature
from embedding_core.train.probes.fitting import probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15
ISOTONIC_FROM = 1_000  # images below which isotonic regression learns by heart

Method = Literal["none", "temperature", "isotonic"]

_SMALLEST = 1e-7


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """Logits to probabilities of c classes."""

    method: Method
    temperature: float = 1.0
    xs: tuple[NDArray[np.float64], ...] = ()  # (c,) knots of each class, rising
    ys: tuple[NDArray[np.float64], ...] = ()  # (c,) what each is bent to

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """(m, c), each row of sum 1, of `logits` (m, c)."""
        found = probabilities(logits / self.temperature)
        if self.method != "isotonic":
            return found
        bent = np.column_stack(
            [np.interp(found[:, at], x, y) for at, (x, y) in enumerate(zip(self.xs, self.ys, strict=True))]
        )
        # A class that no fold has given anything is not impossible, and one that was never seen stays so.
        bent = np.where(found > 0, np.maximum(bent, _SMALLEST), 0)
        return np.asarray(bent / bent.sum(axis=1, keepdims=True), np.float64)


@dataclass(frozen=True, slots=True)
class Bin:
    """Images whose likeliest label is about equally likely."""

    low: float
    high: float
    count: int
    confidence: float  # mean
    accuracy: float  # share that is right
    interval: tuple[float, float]  # of that share, 95 %


def calibrate(logits: NDArray[np.floating], codes: NDArray[np.integer], folds: NDArray[np.integer]) -> Calibration:
    """From predictions out of fold (n, c) of rows with classes `codes` (n,).

    The method is the one that does better on folds (n,) that it was not fitted on, by log loss.
    """
    usable = np.isfinite(logits[np.arange(len(codes)), codes])
    known, answers, parts = logits[usable], codes[usable], folds[usable]
    if len(known) < 2:
        return Calibration("none")
    warm = Calibration("temperature", fitted_temperature(known, answers))
    if len(known) < ISOTONIC_FROM:
        return warm
    loss = {"temperature": 0.0, "isotonic": 0.0}
    for part in np.unique(parts):
        out = parts == part
        one = Calibration("temperature", fitted_temperature(known[~out], answers[~out]))
        for found in (one, _isotonic(known[~out], answers[~out], one.temperature)):
            given = found.probabilities(known[out])[np.arange(np.count_nonzero(out)), answers[out]]
            loss[found.method] -= float(np.log(np.maximum(given, _SMALLEST)).sum())
    return _isotonic(known, answers, warm.temperature) if loss["isotonic"] < loss["temperature"] else warm


def bins(confidence: NDArray[np.floating], right: NDArray[np.bool_], count: int = BINS) -> list[Bin]:
    """What a reliability diagram shows: the bins that hold any of the k images."""
    at = bin_of(confidence, count)
    found = []
    for place in np.unique(at):
        inside = at == place
        size, hits = int(inside.sum()), int(right[inside].sum())
        mean = float(confidence[inside].mean(dtype=np.float64))
        found.append(Bin(place / count, (place + 1) / count, size, mean, hits / size, share(hits, size)))
    return found


def bin_of(confidence: NDArray[np.floating], count: int = BINS) -> NDArray[np.int64]:
    """The bin (k,) of each, from 0: of equal width, closed above."""
    edges = np.linspace(0, 1, count + 1)[1:-1]
    return np.searchsorted(edges, np.asarray(confidence, np.float64), side="left").astype(np.int64)


def _isotonic(logits: NDArray[np.floating], codes: NDArray[np.integer], temperature: float) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    given = probabilities(logits / temperature)
    fits = [
        IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(given[:, at], codes == at)
        for at in range(given.shape[1])
    ]
    return Calibration(
        "isotonic",
        temperature,
        tuple(np.asarray(one.X_thresholds_, np.float64) for one in fits),
        tuple(np.asarray(one.y_thresholds_, np.float64) for one in fits),
    )
