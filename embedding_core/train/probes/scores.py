"""What a probe's predictions are worth, each figure with its interval of 95 %.

The interval is a bootstrap over the images that judge: those of one cluster of near-duplicates are drawn together, as
often as Poisson's law has it: Davison and Hinkley 1997, "Bootstrap methods and their application", section 3.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.intervals import balanced, clustered
from embedding_core.train.probes.calibration import BINS, bin_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DRAWS = 1_000

_CELLS = 2**22  # entries of what is held at once
_CONSTANT = 1e-9  # share of all squares around the mean, below which nothing is left of them
_RANKED = 300  # draws of the rank correlation, which has to rank anew in each
_SMALLEST = 1e-7  # probability below which one more mistake costs nothing more


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure and its interval."""

    value: float
    low: float
    high: float


def of_classes(
    probabilities: NDArray[np.floating],
    codes: NDArray[np.integer],
    clusters: NDArray[np.integer],
    *,
    seed: int = 0,
) -> dict[str, Figure]:
    """accuracy, balanced_accuracy, macro_f1, log_loss and ece of `probabilities` (k, c) for images of classes (k,).

    The intervals of accuracy and balanced accuracy are those of `quality.intervals`, which do not vanish where all are
    right; those of the others come from draws of the images. In each an image or so is drawn that is taken for another
    class than its own, so that neither does that of macro_f1.
    """
    given, rng = _Given(probabilities, codes), np.random.default_rng([seed, 1])
    drawn = [given.measures(weights, rng) for weights in _weights(clusters, DRAWS, seed)]
    found = _figures(given.measures(np.ones((1, len(codes)), np.float32)), drawn)
    f1 = found["macro_f1"]
    return {
        **found,
        "accuracy": Figure(found["accuracy"].value, *clustered(given.right, clusters)),
        "balanced_accuracy": Figure(found["balanced_accuracy"].value, *balanced(given.right, codes, clusters)),
        "macro_f1": Figure(f1.value, min(f1.low, f1.value), max(f1.high, f1.value)),
    }


def of_numbers(
    estimated: NDArray[np.floating],
    truth: NDArray[np.floating],
    clusters: NDArray[np.integer],
    *,
    seed: int = 0,
) -> dict[str, Figure]:
    """mae, rmse, r2 and spearman of numbers `estimated` (k,) where `truth` (k,) was right."""
    whole = _of_errors(np.ones((1, len(truth))), estimated, truth)
    drawn = [_of_errors(weights, estimated, truth) for weights in _weights(clusters, DRAWS, seed)]
    found = _figures(whole, drawn)
    ranks = [
        _spearman(estimated[rows], truth[rows])
        for weights in _weights(clusters, _RANKED, seed)
        for rows in (np.repeat(np.arange(len(truth)), one.astype(np.int64)) for one in weights)
        if len(rows) > 1
    ]
    low, high = np.percentile(ranks, [2.5, 97.5])
    return {**found, "spearman": Figure(_spearman(estimated, truth), float(low), float(high))}


def paired(
    first: NDArray[np.floating], second: NDArray[np.floating], clusters: NDArray[np.integer], *, seed: int = 0
) -> Figure:
    """The mean of `second` − `first`, one number for each judging image (k,): how much better the second one is.

    Of what is right or wrong `quality.paired` has the interval.
    """
    change = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    drawn = [(weights @ change) / np.maximum(weights.sum(axis=1), 1) for weights in _weights(clusters, DRAWS, seed)]
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return Figure(float(change.mean()), float(low), float(high))


class _Given:
    """Predictions taken apart once, weighed often."""

    def __init__(self, probabilities: NDArray[np.floating], codes: NDArray[np.integer]) -> None:
        rows, count = np.arange(len(codes)), probabilities.shape[1]
        predicted = probabilities.argmax(axis=1)
        confidence = probabilities[rows, predicted]
        self.right = (predicted == codes).astype(np.float32)
        self._loss = -np.log(np.maximum(probabilities[rows, codes], _SMALLEST)).astype(np.float32)
        self._of = _marked(codes, count)
        self._classes = max(len(np.unique(codes)), 1)
        self._said = _marked(predicted, count)
        gap = _marked(bin_of(confidence), BINS)
        self._gap = gap * (self.right - confidence.astype(np.float32))[:, None]

    def measures(
        self, weights: NDArray[np.floating], rng: np.random.Generator | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Each (b,), with images weighed by `weights` (b, k); with `rng` mistakes come on top that none of them is, one
        on the mean, of any class."""
        total = weights.sum(axis=1, dtype=np.float64)
        hits = weights @ (self._of * self.right[:, None])
        of, said = weights @ self._of, weights @ self._said
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = np.where(of > 0, hits / of, np.nan)
            both = of + said
            if rng is not None:
                wrong = rng.poisson(2 / self._classes, both.shape)  # missed, or taken for the class
                both = both + wrong * (both > 0)
            f1 = np.where(both > 0, 2 * hits / both, np.nan)
            return {
                "accuracy": (weights @ self.right) / total,
                "balanced_accuracy": np.nanmean(recall, axis=1),
                "macro_f1": np.nanmean(f1, axis=1),
                "log_loss": (weights @ self._loss) / total,
                "ece": np.abs(weights @ self._gap).sum(axis=1) / total,
            }


def _of_errors(
    weights: NDArray[np.floating], estimated: NDArray[np.floating], truth: NDArray[np.floating]
) -> dict[str, NDArray[np.float64]]:
    total = weights.sum(axis=1, dtype=np.float64)
    known = np.asarray(truth, np.float64)
    off, centred = np.asarray(estimated, np.float64) - known, known - known.mean()
    least = _CONSTANT * float((centred**2).sum())  # of draws in which all have the same number rounding is left
    squares = weights @ off**2
    around = weights @ centred**2 - (weights @ centred) ** 2 / total
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "mae": (weights @ np.abs(off)) / total,
            "rmse": np.sqrt(squares / total),
            "r2": np.where(around > least, 1 - squares / around, np.nan),
        }


def _spearman(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    from scipy.stats import rankdata

    a, b = rankdata(first), rankdata(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _figures(whole: dict[str, NDArray[np.float64]], drawn: list[dict[str, NDArray[np.float64]]]) -> dict[str, Figure]:
    found = {}
    for name, value in whole.items():
        low, high = np.nanpercentile(np.concatenate([one[name] for one in drawn]), [2.5, 97.5])
        if name == "ece":  # chance makes it larger in every draw, so that only how far draws lie apart can be taken
            middle = float(np.nanmedian(np.concatenate([one[name] for one in drawn])))
            low, high = max(0.0, value[0] - (middle - low)), value[0] + (high - middle)
        found[name] = Figure(float(value[0]), float(low), float(high))
    return found


def _weights(clusters: NDArray[np.integer], draws: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """How often each image (b, k) is drawn, a block of draws at a time; draws of nothing are left out."""
    place = np.unique(clusters, return_inverse=True)[1]
    count, rng = int(place.max()) + 1, np.random.default_rng(seed)
    step = max(1, _CELLS // len(place))
    for start in range(0, draws, step):
        times = rng.poisson(1, (min(step, draws - start), count)).astype(np.float32)
        kept = times.sum(axis=1) > 0
        if kept.any():
            yield times[kept][:, place]


def _marked(codes: NDArray[np.integer], count: int) -> NDArray[np.float32]:
    found = np.zeros((len(codes), count), np.float32)
    found[np.arange(len(codes)), codes] = 1
    return found
