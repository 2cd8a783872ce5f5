"""How far a difference between two classifiers can be trusted that were judged by the same images.

Both are trained several times, on draws that agree image by image, so a run of the one and the run of the other with
the same number differ in the data's repair alone. What is uncertain then is which images one happened to test with,
and which draws one happened to train on. Both are drawn again with replacement, together: the bootstrap for crossed
factors, Owen 2007, "The pigeonhole bootstrap", which errs on the side of caution. Test images of one cluster are drawn
together. Two images more are drawn, one that gains and one that loses, since those that happen to be there can not say
that no other image would: see `quality.paired`, which has the interval where each was trained once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.paired import COUNTED, LEVEL, Estimate, estimated

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 2000

_CELLS = 2**22  # entries of what is held at once


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure before and after, from 0 to 1, and the interval of their difference."""

    before: float
    after: float
    low: float  # of `change`, at 95 %
    high: float

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def better(self) -> bool:
        return self.low > 0

    @property
    def worse(self) -> bool:
        return self.high < 0


@dataclass(frozen=True, slots=True)
class Differences:
    """The same comparison in several measures."""

    accuracy: Difference
    balanced: Difference  # the mean of the classes' accuracies
    classes: tuple[Difference | None, ...]  # (c,) accuracy among the images of each; None for one not tested

    def none(self) -> Differences:
        """Of one thing with itself: whichever images had judged, there would be no difference."""
        each = tuple(None if one is None else _nothing(one) for one in self.classes)
        return Differences(_nothing(self.accuracy), _nothing(self.balanced), each)


def differences(
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    truth: NDArray[np.integer],
    clusters: NDArray[np.integer],
    classes: int,
    *,
    tested: NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> Differences:
    """Compare which of k test images were right in each of s runs, `before` and `after` (s, k).

    `truth` (k,) are the images' classes, of which there are `classes`; `clusters` (k,) numbers what is drawn together.
    `tested` (s, k) says which images judged which run, by default all.
    """
    if len(before) == 1 and (tested is None or tested.all()):
        return _of_one_run(before[0], after[0], truth, clusters, classes)
    seen = np.ones(before.shape, np.float32) if tested is None else tested.astype(np.float32)
    member = np.zeros((len(truth), classes), np.float32)
    member[np.arange(len(truth)), truth] = 1
    drawn = _drawn((after.astype(np.float32) - before) * seen, seen, member, clusters, np.random.default_rng(seed))
    there: list[bool] = (member.sum(axis=0) > 0).tolist()
    drawn[:, 2:][:, np.logical_not(there)] = 0
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    if len(np.unique(clusters)) < 2:  # one witness says nothing about others
        low[:], high[:] = -1, 1
    times = seen.sum(axis=0)[None]
    nothing = np.zeros((2, 1, 1 + 2 * classes))
    first, second = (_measures((one * seen).sum(axis=0)[None], times, member, nothing)[0] for one in (before, after))
    columns = (one.tolist() for one in (first, second, low, high))
    found = [Difference(*one) for one in zip(*columns, strict=True)]
    each = tuple(one if seen else None for one, seen in zip(found[2:], there, strict=True))
    return Differences(found[0], found[1], each)


def _of_one_run(
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    truth: NDArray[np.integer],
    clusters: NDArray[np.integer],
    classes: int,
) -> Differences:
    overall, balanced = estimated(before, after, clusters), estimated(before, after, clusters, codes=truth)
    each: list[Difference | None] = []
    for code in range(classes):
        own = truth == code
        each.append(_told(estimated(before[own], after[own], clusters[own])) if own.any() else None)
    return Differences(_told(overall), _told(balanced), tuple(each))


def _nothing(one: Difference) -> Difference:
    return Difference(one.before, one.before, 0.0, 0.0)


def _told(one: Estimate) -> Difference:
    return Difference(one.before, one.after, *one.interval())


def _drawn(
    change: NDArray[np.float32],
    seen: NDArray[np.float32],
    member: NDArray[np.float32],
    clusters: NDArray[np.integer],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """The measures (`DRAWS`, 2 + c) of `change` (s, k), runs and clusters drawn with replacement."""
    runs, k = change.shape
    place = np.unique(clusters, return_inverse=True)[1]
    count = int(place.max()) + 1
    step = max(1, _CELLS // k)
    found = []
    for start in range(0, DRAWS, step):
        size = min(step, DRAWS - start)
        of_runs = rng.multinomial(runs, np.full(runs, 1 / runs), size).astype(np.float32)
        # Poisson counts instead of multinomial ones: as good, and quick for many images.
        times = rng.poisson(1, (size, count)).astype(np.float32)[:, place]
        sums, each = (of_runs @ change) * times, (of_runs @ seen) * times
        found.append(_measures(sums, each, member, _counted(size, member.shape[1], runs, rng)))
    return np.concatenate(found)


def _counted(size: int, classes: int, runs: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often images are drawn that gain, and that lose, in each of `runs`: (2, size, 1 + 2 c), first among all, then
    among each class as its part of the mean of all, then among each class by itself."""
    often = np.concatenate([[1.0], np.full(classes, 1 / classes), np.ones(classes)]) * COUNTED / 2
    return runs * rng.poisson(often, (2, size, 1 + 2 * classes)).astype(np.float64)


def _measures(
    sums: NDArray[np.float32],
    times: NDArray[np.float32],
    member: NDArray[np.float32],
    counted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(b, 2 + c) of the sums (b, k) of what each image was given so many `times` (b, k), and of what is `counted`
    besides: mean, mean of the classes' means, each of these; NaN of a class that is not there."""
    c = member.shape[1]
    gained, given = counted[0] - counted[1], counted.sum(axis=0)
    of_classes, in_classes = (sums @ member).astype(np.float64), (times @ member).astype(np.float64)
    with np.errstate(invalid="ignore"):
        evened = (of_classes + gained[:, 1 : 1 + c]) / (in_classes + given[:, 1 : 1 + c])
        each = (of_classes + gained[:, 1 + c :]) / (in_classes + given[:, 1 + c :])
        overall = (sums.sum(axis=1, dtype=np.float64) + gained[:, 0]) / (
            times.sum(axis=1, dtype=np.float64) + given[:, 0]
        )
    known = ~np.isnan(evened) & (in_classes > 0)
    balanced = np.where(known, evened, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.column_stack([overall, balanced, each])
