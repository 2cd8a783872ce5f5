"""What should not be able to tell the classes: if it comes close to the embedding, the embedding has proved little.

Chance is what guessing gets. Shuffled labels are the whole measurement on labels that mean nothing: what it finds there
is its own optimism (Ojala & Garriga 2010, "Permutation tests for studying classifier performance"). Pixels are the
image shrunk to 16×16, so colours and layout alone. Metadata are columns, size and light of the files: where these tell
the classes, so may a network without looking at what is shown (Geirhos et al. 2020, "Shortcut learning").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.evaluate.card.evened import evened
from embedding_core.evaluate.card.intervals import Figure, figure
from embedding_core.evaluate.knn import knn, said
from embedding_core.quality.intervals import wilson
from embedding_core.quality.probing.folding import deal
from embedding_core.quality.probing.probe import out_of_fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.quality.probing.probe import Reduced

PERMUTATIONS = 5  # of the labels
TREES = 60


@dataclass(frozen=True, slots=True)
class Controls:
    """Accuracies, 0 to 1, each found as that of the embedding it stands beside. The nearer to chance, the better."""

    majority: float  # of always saying the commonest class
    proportional: float  # of guessing each class as often as it comes
    shuffled: Figure  # probe on shuffled labels
    shuffled_knn: Figure  # 5 neighbours, likewise
    pixels: Figure | None  # probe on 16×16 pixels; None where these are what is judged
    pixels_knn: Figure | None
    metadata: Figure | None  # trees on what is known of the files; None where nothing is
    columns: tuple[str, ...]  # that these read
    shuffled_evened: float = 1.0  # most that evened answers of the probe are right on, on shuffled labels; 1 if unknown

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Controls:
        def known(value: Any) -> Any:
            return Figure(**value) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value

        return cls(**{name: known(value) for name, value in facts.items()})


def majority(codes: NDArray[np.int64]) -> float:
    """Accuracy of always saying the commonest of `codes` (n,), the best that can be done without looking."""
    counts = np.bincount(codes[codes >= 0])
    return float(counts.max() / counts.sum())


def proportional(codes: NDArray[np.int64]) -> float:
    """Accuracy of guessing each class by its share, at most `majority`."""
    counts = np.bincount(codes[codes >= 0])
    return float(((counts / counts.sum()) ** 2).sum())


def shuffled_probe(
    vectors: ArrayLike | Reduced, codes: NDArray[np.int64], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[Figure, float]:
    """What a probe is right on when labels are shuffled, and the most that its evened answers are: see `evened`.

    The first is the mean over so many shuffles of `codes` (n,), all from 0, and where one such accuracy lies with 95 %.
    Every image is its own witness, since copies do not share a shuffled label. It lies between `proportional` and
    `majority`.
    """
    shares, most = [], 0.0
    for mixed in _mixed(codes, permutations, seed):
        probable = out_of_fold(vectors, mixed, seed=seed)
        shares.append(float((probable.argmax(axis=1) == mixed).mean()))
        most = max(most, evened(probable, mixed).value)
    return _mean(shares, len(codes)), most


def shuffled_knn(
    neighbours: ArrayLike, codes: NDArray[np.int64], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Figure:
    """What the majority of `neighbours` (n, k) is right on when labels are shuffled, likewise."""
    near = np.asarray(neighbours)
    shares = []
    for mixed in _mixed(codes, permutations, seed):
        told = said(np.where(near >= 0, mixed[near], -1), (near.shape[1],))[0]
        shares.append(float((told == mixed).mean()))
    return _mean(shares, len(codes))


def _mixed(codes: NDArray[np.int64], permutations: int, seed: int) -> Iterator[NDArray[np.int64]]:
    for number in range(permutations):
        yield np.random.default_rng([seed, number]).permutation(codes)


def _mean(shares: Sequence[float], n: int) -> Figure:
    share = float(np.mean(shares))
    return Figure(share, *wilson(share, n))


def pixels(
    small: NDArray[np.float32], codes: NDArray[np.int64], groups: NDArray[np.integer], *, seed: int = 0
) -> tuple[Figure, Figure]:
    """Probe and 5 neighbours on the pixels `small` (n, d), on the same folds as the embedding."""
    told = out_of_fold(small, codes, seed=seed, groups=groups).argmax(axis=1)
    near = knn(small, codes, groups=groups, ks=(5,), seed=seed)
    return figure(told == codes, groups), figure(near.right(5, grouped=True)[near.asked], groups[near.asked])


def metadata(
    columns: Sequence[NDArray[np.floating]],
    codes: NDArray[np.int64],
    groups: NDArray[np.integer],
    *,
    seed: int = 0,
) -> Figure | None:
    """Trees on `columns`, each (n,) of numbers with NaN for unknown or (n, v) of yes and no, on the same folds.

    Extremely randomised trees, Geurts et al. 2006: they take numbers of any scale and thresholds that a linear model
    would miss, in a second. None without columns.
    """
    from sklearn.ensemble import ExtraTreesClassifier

    if not columns:
        return None
    table = np.column_stack([_filled(one) for one in columns]).astype(np.float32)
    dealt = deal(codes, seed=seed, groups=groups)
    right = np.zeros(len(codes), bool)
    for fold in range(int(dealt.max()) + 1):
        left = dealt == fold
        if left.all() or not left.any():
            continue
        trees = ExtraTreesClassifier(TREES, min_samples_leaf=3, random_state=seed, n_jobs=1)
        right[left] = trees.fit(table[~left], codes[~left]).predict(table[left]) == codes[left]
    return figure(right, groups)


def _filled(column: NDArray[np.floating]) -> NDArray[np.floating]:
    """Unknown numbers below all known ones, so that trees can tell them."""
    unknown = ~np.isfinite(column)
    if not unknown.any():
        return column
    least = float(column[~unknown].min()) if not unknown.all() else 0.0
    return np.where(unknown, least - 1 - abs(least), column)
