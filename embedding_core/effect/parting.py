"""Which images two versions are trained on, and which untouched ones both are judged by.

The test part holds images that both versions contain under one label, their original one, and that nobody decided on.
So a test image that was relabelled or removed judges neither version: by its new label it would flatter the one, by its
old label the other. It is counted in `left_out`.

No image that is trained on lies in one group (near-duplicates, bursts) with an image of the test part: memory would
pass for skill. Such images are left out of both trainings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.groups import witnesses
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHARE = 0.3  # of the untouched images of each class that are drawn for the test part where no split names one
FEWEST = 20  # images below which a test part says nothing; of few labels so many are drawn, up to half of them
MOST = 20_000  # images above which more of them hardly narrow an interval; so many are drawn of a larger part
_HALF = 0.5 - 1e-9  # of an odd class the smaller half, and of an image alone nothing

TRAIN = frozenset({"train", "training"})
TEST = frozenset({"test", "testing", "holdout"})
VALIDATION = frozenset({"val", "valid", "validation", "dev"})


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """One version, in the rows of the embedding (n,). Classes are numbered alike on both sides."""

    name: str
    codes: NDArray[np.int64]  # (n,) class; −1 for an image that is not part of it, or has no label
    splits: Sequence[str | None]  # (n,)


@dataclass(frozen=True, eq=False, slots=True)
class Parts:
    """Rows of the embedding."""

    test: NDArray[np.int64]  # (k,) at most `MOST`, drawn of the whole
    whole: NDArray[np.int64]  # (K,) the test part, ascending; nothing is trained on it
    before: NDArray[np.int64]  # (t,) trained on in the first version
    after: NDArray[np.int64]  # (u,)
    clusters: NDArray[np.int64]  # (k,) test images with the same number are no independent witnesses
    left_out: int  # images of the split for tests that a decision or a difference has touched
    chosen: Literal["split", "drawn"]  # how the test part came about


def part(
    before: Side,
    after: Side,
    *,
    decided: NDArray[np.bool_] | None = None,
    groups: NDArray[np.integer] | None = None,
    aside: NDArray[np.bool_] | None = None,
    seed: int = 0,
    what: str = "a label",
) -> Parts:
    """The parts of two versions. `decided` (n,): images with a decision on them. `groups` (n,): −1 for one alone.

    Where both versions have a split for tests (else one for validation), the test part is what is untouched in it;
    else it is drawn: whole groups, by class, from a seed; 30 %, or 20 images where that is more and leaves as many to
    train on. What was drawn before and set `aside` (n,) comes before both. Raises `InvalidInput` when fewer than 20
    images or two classes are left to test with; `what` is what an image has to have.
    """
    n = len(before.codes)
    clusters = _clusters(groups, n)
    untouched = (before.codes >= 0) & (before.codes == after.codes)
    if decided is not None:
        untouched &= ~decided
    named = _named_test(before, after) if aside is None else aside
    chosen: Literal["split", "drawn"] = "split" if aside is None else "drawn"
    if named is not None and (aside is not None or enough(before.codes[named & untouched])):
        test = named & untouched
        left_out = int(np.count_nonzero(named & ~untouched))
    else:
        test = _drawn(before, after, untouched, clusters, seed)
        chosen, left_out = "drawn", 0
    if not enough(before.codes[test]):
        raise _too_few(before.codes, untouched, test, what if before is after else "")
    tied = np.isin(clusters, clusters[test])
    whole = rows = np.flatnonzero(test)
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    return Parts(
        read_only(rows),
        read_only(whole),
        read_only(np.flatnonzero(_trains(before) & ~tied)),
        read_only(np.flatnonzero(_trains(after) & ~tied)),
        read_only(clusters[rows]),
        left_out,
        chosen,
    )


def parts_of(
    before: Side,
    after: Side,
    runs: int,
    *,
    decided: NDArray[np.bool_] | None = None,
    groups: NDArray[np.integer] | None = None,
) -> list[Parts]:
    """The parts of each run: the split for tests in all of them, or a part drawn anew, so that in the end nearly every
    untouched image has judged and the answer hangs on no single draw. Raises `InvalidInput` as `part` does."""
    first = part(before, after, decided=decided, groups=groups)
    if first.chosen == "split":
        return [first] * runs
    return [first, *(part(before, after, decided=decided, groups=groups, seed=seed) for seed in range(1, runs))]


def enough(labels: NDArray[Any]) -> bool:
    """Whether a test part of images with these labels (k,), or their codes, says anything."""
    return len(labels) >= FEWEST and len(np.unique(labels)) >= 2


def _too_few(
    codes: NDArray[np.int64], untouched: NDArray[np.bool_], test: NDArray[np.bool_], what: str
) -> InvalidInput:
    """How many images are needed to judge by, and how many there are; `what` they have, or "" between two versions."""
    there, drawn = int(np.count_nonzero(untouched)), int(np.count_nonzero(test))
    if not what:
        return InvalidInput(
            f"To tell what a change is worth takes at least {FEWEST} images of two classes that both versions hold "
            f"under the same label and nobody decided on, and there are {drawn} to test with, of {there:,} such images."
        )
    if drawn >= FEWEST:
        found = "all" if len(np.unique(codes[untouched])) < 2 else "nearly all"
        return InvalidInput(
            f"It takes images of two classes to judge by. There are {there:,} with {what} that nobody decided on, and "
            f"{found} are of one class."
        )
    need = max(2 * FEWEST, there + FEWEST - drawn)
    return InvalidInput(
        f"It takes {FEWEST} images of two classes to judge by, and as many to train on: at least {need:,} with {what} "
        f"that nobody decided on, and there are {there:,}. Label more images."
    )


def _named_test(before: Side, after: Side) -> NDArray[np.bool_] | None:
    """The images (n,) that both versions keep for tests; None where there is no such split."""
    for names in (TEST, VALIDATION):
        found: NDArray[np.bool_] = _in(before, names) & _in(after, names)
        if found.any():
            return found
    return None


def _trains(side: Side) -> NDArray[np.bool_]:
    """The images (n,) that may be trained on: those of the split for it, else all that are not kept for tests."""
    train = _in(side, TRAIN)
    if not train.any():
        train = ~_in(side, TEST | VALIDATION)
    trained: NDArray[np.bool_] = train & (side.codes >= 0)
    return trained


def _in(side: Side, names: frozenset[str]) -> NDArray[np.bool_]:
    return np.fromiter((split is not None and split.strip().lower() in names for split in side.splits), bool)


def _drawn(
    before: Side, after: Side, untouched: NDArray[np.bool_], clusters: NDArray[np.int64], seed: int
) -> NDArray[np.bool_]:
    """Of each class the share that is tested with, whole clusters in an order of chance.

    Where that is too few, a larger share, up to half, that leaves as many to train on in both versions. A cluster with
    a member that was touched is not drawn: that member's twin would be judged by what it taught.
    """
    known = (before.codes >= 0) | (after.codes >= 0)
    count = int(clusters.max()) + 1
    spoilt = np.bincount(clusters[known & ~untouched], minlength=count) > 0
    rows = np.flatnonzero(untouched & ~spoilt[clusters])
    size = np.bincount(clusters[rows], minlength=count)
    owner = np.full(count, -1, np.int64)
    owner[clusters[rows[::-1]]] = before.codes[rows[::-1]]  # the class of a cluster is that of its first image
    whole = np.flatnonzero(size)
    order = whole[np.lexsort((np.random.default_rng(seed).random(len(whole)), owner[whole]))]
    classes = owner[order]
    passed = np.cumsum(size[order]) - size[order]
    begins = np.searchsorted(classes, classes)  # of each cluster's class, the place of its first cluster
    within = passed - passed[begins]
    total = np.bincount(classes, weights=size[order], minlength=int(classes.max(initial=0)) + 1)[classes]

    def of(share: float) -> NDArray[np.bool_]:
        chosen = np.zeros(count, bool)
        chosen[order[within + size[order] / 2 <= share * total]] = True
        return untouched & chosen[clusters]

    drawn, share = of(SHARE), SHARE
    trains = _trains(before), _trains(after)
    while np.count_nonzero(drawn) < FEWEST and share < _HALF:
        share = min(share + 0.01, _HALF)
        more = of(share)
        tied = np.isin(clusters, clusters[more])
        if any(np.count_nonzero(one & ~tied) < np.count_nonzero(more) for one in trains):
            break
        drawn = more
    return drawn


def _clusters(groups: NDArray[np.integer] | None, n: int) -> NDArray[np.int64]:
    """A number for each image (n,), in the order of first images: one for its group, or one of its own.

    However groups are numbered, the same ones are drawn.
    """
    if groups is None:
        return np.arange(n)
    if groups.shape != (n,):
        raise InvalidInput(f"Groups of {n:,} images have shape ({n:,},), not {groups.shape}.")
    return witnesses(groups)
