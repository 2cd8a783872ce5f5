"""A split without leakage: groups stay whole, every class has its share of every part, and the seed decides the rest.

Large groups are placed first, each where the parts then come nearest to what is wanted, and are moved or exchanged
while that helps; single images then fill, class by class, what is lacking. scikit-learn's `StratifiedGroupKFold` makes
folds of one size, places every group once, and so ends farther from the shares where groups are large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 20  # of moves, at most
_MOVED = 5_000  # groups that are moved, the largest
_EXCHANGED = 300  # groups that are exchanged with each other, the largest


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """Which part each image goes into, and how near that is to what was wanted."""

    parts: NDArray[np.int8]  # (n,) into `names`
    names: tuple[str, ...]  # (p,)
    wanted: tuple[float, ...]  # (p,) shares, of sum 1
    counts: NDArray[np.int64]  # (p, c) images of each part and class
    groups: int  # of two images or more, none of which is parted

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", read_only(self.parts))
        object.__setattr__(self, "counts", read_only(self.counts))

    @property
    def sizes(self) -> tuple[int, ...]:
        """(p,) images of each part."""
        return tuple(self.counts.sum(axis=1).tolist())

    @property
    def off(self) -> float:
        """How far the worst part is from its share of all images, 0 to 1."""
        return float(np.abs(self.counts.sum(axis=1) / max(1, len(self.parts)) - self.wanted).max())

    @property
    def off_by_class(self) -> NDArray[np.float64]:
        """(c,) Likewise of each class."""
        whole = np.maximum(1, self.counts.sum(axis=0))
        worst: NDArray[np.float64] = np.abs(self.counts / whole - np.array(self.wanted)[:, None]).max(axis=0)
        return worst


def shares_of(text: str) -> dict[str, float]:
    """Shares as they are written, `train=.7,validation=.15,test=.15`, in their order. Raises `InvalidInput`."""
    shares: dict[str, float] = {}
    for one in text.split(","):
        name, _, value = (part.strip() for part in one.partition("="))
        try:
            shares[name] = float(value)
        except ValueError:
            raise InvalidInput(f"Shares are wanted as train=.7,test=.3, and {one!r} is none.") from None
    return shares


def split(
    codes: NDArray[np.integer], groups: NDArray[np.integer], shares: Mapping[str, float], *, seed: int = 0
) -> Split:
    """Part n images with `codes` (n,), −1 for no label, so that no group of `groups` (n,), −1 alone, is parted.

    The same seed gives the same split. Raises `InvalidInput` for shares that are not at least two, positive, and of sum
    1, and for fewer images than parts.
    """
    wanted = _checked(shares, len(codes))
    n, random = len(codes), np.random.default_rng(seed)
    classes = codes - codes.min() if n else codes
    count = int(classes.max()) + 1
    together = np.where(groups < 0, groups.max(initial=0) + 1 + np.arange(n), groups)
    _, first, number = np.unique(together, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[number]  # by where they begin, however they were numbered
    sizes = np.bincount(number)
    large = np.flatnonzero(sizes > 1)
    place = np.full(len(sizes), -1, np.int64)
    place[large] = np.arange(len(large))
    of_group = place[number]  # (n,) which large group
    inside = of_group >= 0
    held = np.zeros((len(large), count), np.int64)
    np.add.at(held, (of_group[inside], classes[inside]), 1)
    target = np.outer(wanted, np.bincount(classes, minlength=count))
    parts = np.empty(n, np.int8)
    chosen, filled = _placed(held, target, random)
    parts[inside] = chosen[of_group[inside]]
    for one in range(count):
        alone = random.permutation(np.flatnonzero(~inside & (classes == one)))
        quota = _quota(len(alone), target[:, one] - filled[:, one], target.sum(axis=1) - filled.sum(axis=1))
        parts[alone] = np.repeat(np.arange(len(wanted)), quota)
        filled[:, one] += quota
    return Split(parts, tuple(shares), tuple(wanted.tolist()), filled, len(large))


def _placed(
    held: NDArray[np.int64], target: NDArray[np.float64], random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A part for each group that holds (g, c) images of the classes, and what the parts (p, c) then hold."""
    ranked = np.lexsort((random.random(len(held)), -held.sum(axis=1)))
    filled = np.zeros(target.shape, np.int64)
    chosen = np.empty(len(held), np.int64)
    weight = _weights(target)
    for group in ranked:  # before all are placed, parts fill in proportion: a part that lacks more takes it
        chosen[group] = np.argmin(_change(filled, target, weight, held[group]))
        filled[chosen[group]] += held[group]
    for _ in range(ROUNDS):
        moved = _move(ranked[:_MOVED], held, target, weight, chosen, filled)
        if not _exchange(ranked[:_EXCHANGED], held, target, weight, chosen, filled) and not moved:
            break
    return chosen, filled


def _weights(target: NDArray[np.float64]) -> NDArray[np.float64]:
    """What one image too many costs, squared: by class (p, c) and, last, by part alone (p, c + 1)."""
    each = 1 / np.maximum(target, 1e-9) / max(1, target.shape[1])
    return np.concatenate([each, 1 / np.maximum(target.sum(axis=1, keepdims=True), 1e-9)], axis=1)


def _excess(filled: NDArray[np.int64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    over = filled - target
    return np.concatenate([over, over.sum(axis=1, keepdims=True)], axis=1)


def _change(
    filled: NDArray[np.int64], target: NDArray[np.float64], weight: NDArray[np.float64], held: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What putting a group that holds (c,) into each part adds to the cost (p,)."""
    added = np.append(held, held.sum())
    changed: NDArray[np.float64] = (weight * (2 * _excess(filled, target) * added + added**2)).sum(axis=1)
    return changed


def _move(
    groups: NDArray[np.int64],
    held: NDArray[np.int64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    chosen: NDArray[np.int64],
    filled: NDArray[np.int64],
) -> bool:
    """Move each group to where it costs least; whether one was moved. Images that are alone can still fill what lacks,
    and so are no reason to leave a part empty: the cost counts from the target."""
    moved = False
    for group in groups:
        filled[chosen[group]] -= held[group]
        cost = _change(filled, target, weight, held[group])
        best = int(np.argmin(cost))
        if cost[best] < cost[chosen[group]] - 1e-9:
            chosen[group], moved = best, True
        filled[chosen[group]] += held[group]
    return moved


def _exchange(
    groups: NDArray[np.int64],
    held: NDArray[np.int64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    chosen: NDArray[np.int64],
    filled: NDArray[np.int64],
) -> bool:
    """Exchange pairs of groups of two parts where that costs less; whether one was."""
    exchanged = False
    sums = np.concatenate([held, held.sum(axis=1, keepdims=True)], axis=1)
    for at, group in enumerate(groups):
        others = groups[at + 1 :]
        others = others[chosen[others] != chosen[group]]
        if not len(others):
            continue
        over, here, there = _excess(filled, target), chosen[group], chosen[others]
        given = sums[group] - sums[others]  # (o, c + 1) what goes from here to there
        cost = (weight[here] * (given**2 - 2 * over[here] * given)).sum(axis=1)
        cost += (weight[there] * (given**2 + 2 * over[there] * given)).sum(axis=1)
        best = int(np.argmin(cost))
        if cost[best] < -1e-9:
            other = others[best]
            filled[here] += held[other] - held[group]
            filled[chosen[other]] += held[group] - held[other]
            chosen[group], chosen[other] = chosen[other], here
            exchanged = True
    return exchanged


def _quota(count: int, lacking: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of `count` images go into each part (p,) that lacks (p,): in proportion, the largest remainders first.

    Of equal remainders the part that lacks most of all classes together (p,) is first.
    """
    open_ = np.maximum(lacking, 0)
    share = open_ * count / open_.sum() if open_.sum() > 0 else np.full(len(lacking), count / len(lacking))
    quota: NDArray[np.int64] = np.floor(share).astype(np.int64)
    rest = np.lexsort((-whole, -np.round(share - quota, 9)))[: count - quota.sum()]
    quota[rest] += 1
    return quota


def _checked(shares: Mapping[str, float], n: int) -> NDArray[np.float64]:
    wanted = np.array(list(shares.values()), np.float64)
    if len(wanted) < 2 or not (wanted > 0).all() or abs(wanted.sum() - 1) > 1e-6 or "" in shares:
        given = ", ".join(f"{name}={value:g}" for name, value in shares.items())
        raise InvalidInput(f"A split wants at least two parts with shares above 0 that add up to 1, not {given}.")
    if n < len(wanted):
        raise InvalidInput(f"{n} images cannot be parted into {len(wanted)}.")
    scaled: NDArray[np.float64] = wanted / wanted.sum()
    return scaled
