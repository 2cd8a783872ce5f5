"""The law that errors follow as training sets grow, error(n) = a·n^(−b) + c, and how far it can be believed.

Hestness et al. 2017, "Deep learning scaling is predictable, empirically"; Viering & Loog 2021, "The shape of learning
curves: a review", who also find how often curves do otherwise. So the law is drawn again many times from what was
measured, over test images, draws of the training set, and what it misses of the points, and the spread is told. Where
few test images are wrong that spread is less than they can vouch for: a gain may be what would change none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.intervals import clustered
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

STEEPEST, FLATTEST = 2.0, 0.02  # b, between which curves of classifiers lie
DRAWS = 1000

_GRID = 48  # values of b that are tried
_FINE = 13  # and again around the best of them
_LEVELS = (0.025, 0.975)


@dataclass(frozen=True, eq=False, slots=True)
class PowerLaw:
    """The law that fits best, and r more, each fitted to what might have been measured as well."""

    best: NDArray[np.float64]  # (3,) a, b, c
    draws: NDArray[np.float64]  # (r, 3) likewise
    labels: int  # that were trained on at most
    unseen: float = 0.0  # of accuracy: what may have changed although none of the test images showed it

    def __post_init__(self) -> None:
        for name in ("best", "draws"):
            object.__setattr__(self, name, read_only(np.asarray(getattr(self, name), np.float64)))

    def accuracy(self, labels: ArrayLike) -> NDArray[np.float64]:
        """(3, m) for m numbers of labels: as fitted, and both ends of the 95 % interval, the lower one never above what
        the test images could show if all were right; in [0, 1]."""
        found = 1 - _in_order(errors(self.best[None], labels), errors(self.draws, labels), turned=True)
        found[1] = np.minimum(found[1], 1 - self.unseen)
        return found

    def gain(self, labels: ArrayLike, *, since: int | None = None) -> NDArray[np.float64]:
        """(3, m): what so many labels bring over `since`, by default those that were trained on, as fitted and both
        ends of the interval, the upper one never below what the test images are too few to show."""
        here = np.array([since or self.labels])
        best = errors(self.best[None], here) - errors(self.best[None], labels)
        found = _in_order(best, errors(self.draws, here) - errors(self.draws, labels))
        more = np.asarray(labels) > here
        found[2, more] = np.maximum(found[2, more], self.unseen)
        return found


def errors(laws: NDArray[np.float64], labels: ArrayLike) -> NDArray[np.float64]:
    """(r, m) of laws (r, 3) at m numbers of labels, in [0, 1]."""
    n = np.asarray(labels, np.float64)
    found: NDArray[np.float64] = np.clip(laws[:, :1] * n ** -laws[:, 1:2] + laws[:, 2:], 0, 1)
    return found


def fit(sizes: ArrayLike, measured: ArrayLike, variances: ArrayLike, *, floor: float = 0.0) -> NDArray[np.float64]:
    """The laws (r, 3) that fit the errors `measured` (r, m) at `sizes` (m,) best: a ≥ 0, c ≥ `floor`, b in its bounds.

    Least squares, weighted by 1 / `variances` (m,). For a given b they are linear in a and c and solved at once; b is
    searched for on a grid, then on a finer one, so there is no other valley to end in.
    """
    n, found = np.asarray(sizes, np.float64), np.atleast_2d(np.asarray(measured, np.float64))
    weights = 1 / np.maximum(np.asarray(variances, np.float64), 1e-12)
    weights /= weights.sum()
    top = n.max()
    grid = np.geomspace(FLATTEST, STEEPEST, _GRID)
    cost, _, _ = _linear((n / top) ** -grid[:, None], found, weights, floor)
    at = cost.argmin(axis=1)
    ends = grid[np.maximum(at - 1, 0)], grid[np.minimum(at + 1, _GRID - 1)]
    fine = np.geomspace(*ends, _FINE, axis=1)  # (r, f)
    cost, a, c = _linear((n / top) ** -fine[..., None], found, weights, floor)
    best = cost.argmin(axis=1)[:, None]
    b, a, c = (np.take_along_axis(one, best, axis=1)[:, 0] for one in (fine, a, c))
    return np.column_stack([a * top**b, b, c])


def _linear(
    powers: NDArray[np.float64], measured: NDArray[np.float64], weights: NDArray[np.float64], floor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Squares left over, a and c, each (r, g), of errors (r, m) at powers (g, m), or (r, g, m), of the sizes."""
    first, second = powers @ weights, (powers * powers) @ weights
    mean = (measured @ weights)[:, None]
    squares = (measured**2 @ weights)[:, None]
    cross = np.einsum("...gm,rm,m->rg" if powers.ndim == 2 else "rgm,rm,m->rg", powers, measured, weights)
    a = np.maximum((cross - first * mean) / np.maximum(second - first**2, 1e-15), 0)
    c = mean - a * first
    below = c < floor
    a, c = np.where(below, np.maximum(cross - floor * first, 0) / second, a), np.where(below, floor, c)
    cost = squares - 2 * a * cross - 2 * c * mean + a * a * second + 2 * a * c * first + c * c
    return cost, a, c


def law(
    sizes: ArrayLike,
    right: NDArray[np.bool_],
    clusters: NDArray[np.integer],
    *,
    rows: NDArray[np.int64] | None = None,
    whole: float | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> PowerLaw:
    """The law of what was `right` (s, m, k): in s draws of the training set, at m `sizes`, on k test images.

    The draws are parts of `whole` images, by default the last size, the same in every draw. `clusters` (k,) numbers
    what is drawn together; `rows` are the test images that count, by default all.
    """
    n = np.asarray(sizes, np.float64)
    rng = np.random.default_rng(seed)
    error, drawn = resampled(right, clusters, rows=rows, draws=draws, rng=rng)
    common = drawn.mean(axis=1, keepdims=True)
    own = (drawn - common).var(axis=0)  # of each size, apart from what all share, the test images' difficulty
    variances = np.maximum(own, 0.02 * own.max() + 1e-9)
    floor = -2 * float(common.std())  # images that happen to be easy shift all errors alike, and below what can be
    best = fit(n, error, variances)[0]
    missed = ((error - errors(best[None], n)[0]) ** 2 / variances).sum() / max(1, len(n) - 3)
    if missed > 1:  # the law does not hold so exactly: what it misses is one more thing that varies
        drawn = drawn + rng.normal(size=drawn.shape) * np.sqrt((missed - 1) * variances)
    drawn = drawn + rng.normal(size=(draws, 1)) * _luck(right, n, rows, whole or float(n[-1]))
    seen = clusters if rows is None else clusters[rows]
    unseen = 1 - clustered(np.ones(len(seen)), seen)[0]
    return PowerLaw(best, fit(n, drawn, variances, floor=floor), int(n[-1]), unseen)


def resampled(
    right: NDArray[np.bool_],
    clusters: NDArray[np.integer],
    *,
    rows: NDArray[np.int64] | None = None,
    draws: int = DRAWS,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The errors (m,), and (draws, m) with test clusters and draws of the training set drawn again, see `law`."""
    if rows is not None:
        right, clusters = right[:, :, rows], clusters[rows]
    s, m, k = right.shape
    flat = right.reshape(s * m, k).astype(np.float32)
    place = np.unique(clusters, return_inverse=True)[1]
    count = int(place.max()) + 1
    found = []
    for start in range(0, draws, step := max(1, 2**22 // k)):
        size = min(step, draws - start)
        times = rng.poisson(1, (size, count)).astype(np.float32)[:, place]
        total = times.sum(axis=1, dtype=np.float64)
        times[total == 0] = 1
        hits = (times @ flat.T).reshape(size, s, m) / np.maximum(times.sum(axis=1), 1)[:, None, None]
        of = rng.multinomial(s, np.full(s, 1 / s), size)
        found.append(1 - np.einsum("dsm,ds->dm", hits, of) / s)
    return 1 - right.mean(axis=(0, 2)), np.concatenate(found)


def _luck(
    right: NDArray[np.bool_], n: NDArray[np.float64], rows: NDArray[np.int64] | None, whole: float
) -> NDArray[np.float64]:
    """By how much (m,) errors would be off, standard deviations, with other images to draw training sets from.

    Draws share images, more so the larger they are, and so differ less than sets from outside would: by a finite
    population's (1 − n/N). At the end, where all are the same, it goes on as before, as a power of n.
    """
    shown = right if rows is None else right[:, :, rows]
    part = np.minimum(n / whole, 1)
    between = shown.mean(axis=2).var(axis=0, ddof=1) if len(right) > 1 else np.zeros(len(n))
    known = (between > 0) & (part < 0.95)
    if np.count_nonzero(known) < 2:
        return np.zeros(len(n))
    slope, level = np.polyfit(np.log(n[known]), np.log(between[known] / (1 - part[known])), 1)
    found: NDArray[np.float64] = np.sqrt(np.exp(level) * n ** min(slope, 0.0) * part)
    return found


def _in_order(best: NDArray[np.float64], draws: NDArray[np.float64], *, turned: bool = False) -> NDArray[np.float64]:
    low, high = np.quantile(draws, _LEVELS, axis=0)
    return np.stack([best[0], *((high, low) if turned else (low, high))])
