"""Rows dealt into folds: every class in equal shares, no group parted.

scikit-learn's `StratifiedGroupKFold` weighs each group against each fold in Python, seconds for sets of a few
thousand; dealing takes milliseconds, and of a class with few members it makes no fuss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def deal(codes: ArrayLike, folds: int = 5, *, seed: int = 0, groups: ArrayLike | None = None) -> NDArray[np.int32]:
    """Return the fold (n,), 0 … folds − 1, of rows with classes `codes` (n,); −1 for none is one more.

    Rows of one group, `groups` (n,) with −1 for a row that is alone, come into one fold together: each goes to the
    fold that has fewest of the class that most of it is. There are never more folds than rows. Raises `InvalidInput`
    for fewer than two folds and for groups of another length.
    """
    classes = np.asarray(codes, np.int64)
    n = len(classes)
    if folds < 2 or n < 2:
        raise InvalidInput(f"Rows are dealt into two folds or more, not {n:,} into {folds}.")
    folds = min(folds, n)
    together = np.full(n, -1) if groups is None else np.asarray(groups, np.int64)
    if together.shape != classes.shape:
        raise InvalidInput(f"Groups of {n:,} rows must be as many, not {together.shape}.")
    chance = np.random.default_rng(seed)
    _, kinds = np.unique(classes, return_inverse=True)
    held = np.zeros((folds, int(kinds.max()) + 1), np.int64)  # rows of each class in each fold
    dealt = np.full(n, -1, np.int32)
    for rows in _groups(together, chance):
        inside = np.bincount(kinds[rows], minlength=held.shape[1])
        most = int(inside.argmax())
        fold = np.lexsort((held.sum(axis=1), held[:, most]))[0]
        dealt[rows], held[fold] = fold, held[fold] + inside
    for kind in range(held.shape[1]):
        rows = chance.permutation(np.flatnonzero((kinds == kind) & (dealt < 0)))
        lots = _lots(held[:, kind], held.sum(axis=1), len(rows))
        dealt[rows] = lots
        held[:, kind] += np.bincount(lots, minlength=folds)
    return dealt


def known_elsewhere(codes: ArrayLike, dealt: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which rows (n,) have a class that some other fold holds too, so that something can speak for it."""
    classes = np.asarray(codes, np.int64)
    found = np.zeros(len(classes), bool)
    for code in np.unique(classes[classes >= 0]):
        rows = classes == code
        found[rows] = len(np.unique(dealt[rows])) > 1
    return found


def _groups(together: NDArray[np.int64], chance: np.random.Generator) -> list[NDArray[np.int64]]:
    """The rows of each group, the largest groups first, equals as chance has it."""
    order = np.argsort(together, kind="stable")
    order = order[together[order] >= 0]
    if not len(order):
        return []
    parts = np.split(order, np.flatnonzero(np.diff(together[order])) + 1)
    ties = chance.random(len(parts))
    return [parts[part] for part in np.lexsort((ties, -np.array([len(part) for part in parts])))]


def _lots(held: NDArray[np.int64], sizes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The folds (count,) that single rows of one class go to: where there are fewest of it, then where fewest rows."""
    folds = len(held)
    heights = held[:, None] + np.arange(count // folds + 1 + int(held.max()) - int(held.min()))
    which = np.repeat(np.arange(folds), heights.shape[1])
    order = np.lexsort((which, sizes[which], heights.ravel()))[:count]
    return which[order]
