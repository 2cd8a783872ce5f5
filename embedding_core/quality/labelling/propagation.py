"""Given a few labels, those of all other images: spread along the neighbour graph, with how often that is right.

Zhou et al. 2003, "Learning with local and global consistency": every image passes on what it believes to its
neighbours, over and over, while the labelled ones keep to theirs. How often that is right is measured by hiding known
labels, a fifth at a time, and spreading the others. Such an estimate holds for images like the labelled ones: where
those were chosen as typical, the others are harder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality import intervals
from embedding_core.quality.groups import joined
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.quality.intervals import Interval

NEIGHBOURS = 15  # of each image along which labels spread
ALPHA = 0.9  # share of a belief that comes from neighbours; the rest is the label itself
ROUNDS = 20
SHARPNESS = 16  # power of similarity: .9 counts a fifth, .8 a thirtieth
FOLDS = 5
PRECISION = 0.95  # among the confident, if nothing else is wanted
_EVIDENCE = 40  # hidden labels above a line, below which it says nothing


@dataclass(frozen=True, eq=False, slots=True)
class Propagated:
    """What each image is believed to be. Row i is the image `ids[i]`."""

    ids: NDArray[np.int64]  # (n,)
    codes: NDArray[np.int32]  # (n,) the label given, else the likeliest, into `names`; −1 where none has come
    confidence: NDArray[np.float32]  # (n,) probability of it, 0 to 1
    given: NDArray[np.bool_]  # (n,) whether it was known
    hidden: NDArray[np.float32]  # (h,) confidence of each known label's image when that was hidden, falling
    right: NDArray[np.bool_]  # (h,) whether it came back
    names: tuple[str, ...]  # (c,)

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def accuracy(self) -> float | None:
        """Share of hidden labels that came back; None where too few were known to hide any."""
        return float(self.right.mean()) if len(self.right) else None

    @property
    def interval(self) -> Interval | None:
        return intervals.share(int(self.right.sum()), len(self.right)) if len(self.right) else None

    def line(self, precision: float = PRECISION) -> float | None:
        """The lowest confidence above which at least this share of hidden labels came back, by Laplace's rule, which
        holds few against itself; None where there is none, or too few labels to tell."""
        reached = (np.cumsum(self.right) + 1) / np.arange(3, len(self.right) + 3) >= precision
        reached[: _EVIDENCE - 1] = False
        return float(self.hidden[np.flatnonzero(reached)[-1]]) if reached.any() else None

    def confident(self, precision: float = PRECISION) -> NDArray[np.int64]:
        """Rows without a known label that lie above the line, the most confident first."""
        line = self.line(precision)
        rows = self.spread()
        return rows[:0] if line is None else rows[self.confidence[rows] >= line]

    def spread(self) -> NDArray[np.int64]:
        """Rows that have got a label, the most confident first."""
        rows = np.flatnonzero(~self.given & (self.codes >= 0))
        return rows[np.argsort(-self.confidence[rows], kind="stable")]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

    def facts(self) -> dict[str, Any]:
        return {"names": list(self.names)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Propagated:
        return cls(**arrays, names=tuple(facts["names"]))


_ARRAYS = ("ids", "codes", "confidence", "given", "hidden", "right")


def propagate(
    ids: NDArray[np.int64],
    graph: NeighbourGraph,
    codes: NDArray[np.integer],
    names: tuple[str, ...],
    *,
    groups: NDArray[np.integer] | None = None,
    seed: int = 0,
) -> Propagated:
    """Spread `codes` (n,) into `names`, −1 for what is not known, along a graph of n rows.

    With `groups` (n,), −1 alone, near-duplicates are hidden together, since one would give the other away. Raises
    `InvalidInput` for fewer than two classes.
    """
    known = np.flatnonzero(codes >= 0)
    if len(np.unique(codes[known])) < 2:
        raise InvalidInput(
            f"Labels spread from at least two classes, and {len(known):,} images of "
            f"{len(np.unique(codes[known]))} are labelled. Label a few of each; `next` says which."
        )
    size = len(names)
    folds = _folds(codes, known, groups, np.random.default_rng(seed))
    step = _step(graph)
    whole = _spread(step, codes, known, size)
    best = whole.argmax(axis=1).astype(np.int32)
    best[whole.max(axis=1) == 0] = -1
    best[known] = codes[known]
    confidence = np.where(codes >= 0, 1, whole.max(axis=1)).astype(np.float32)
    surety, right = [np.empty(0, np.float32)], [np.empty(0, bool)]
    for fold in range(folds.max() + 1):
        rows = known[folds == fold]
        found = _spread(step, codes, known[folds != fold], size)[rows]
        surety.append(found.max(axis=1))
        right.append((found.argmax(axis=1) == codes[rows]) & (surety[-1] > 0))
    hidden_surety, hidden_right = np.concatenate(surety), np.concatenate(right)
    order = np.argsort(-hidden_surety, kind="stable")
    return Propagated(ids, best, confidence, codes >= 0, hidden_surety[order], hidden_right[order], names)


def _step(graph: NeighbourGraph) -> csr_array:
    """What one round of passing on does to beliefs (n, n), sparse."""
    from scipy.sparse import csr_array, diags_array

    n, k = graph.n, min(NEIGHBOURS, graph.k)
    weight = np.clip(graph.similarity[:, :k], 0, 1).astype(np.float32) ** SHARPNESS
    ends = np.arange(0, n * k + 1, k, dtype=np.int64)
    one_way = csr_array((weight.ravel(), np.ascontiguousarray(graph.rows[:, :k]).ravel(), ends), shape=(n, n))
    both = one_way.maximum(one_way.T)
    degree = np.asarray(both.sum(axis=1), np.float32).ravel()
    scale = diags_array(1 / np.sqrt(np.maximum(degree, 1e-12)).astype(np.float32))
    return (scale @ both @ scale).tocsr() * np.float32(ALPHA)


def _spread(step: csr_array, codes: NDArray[np.integer], known: NDArray[np.int64], size: int) -> NDArray[np.float32]:
    """Probabilities (n, size) after `ROUNDS` rounds from the labels of the rows `known`."""
    start = np.zeros((len(codes), size), np.float32)
    start[known, codes[known]] = 1 - ALPHA
    belief = start
    for _ in range(ROUNDS):
        belief = step @ belief + start
    return _probabilities(belief, np.bincount(codes[known], minlength=size))


def _probabilities(belief: NDArray[np.float32], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Beliefs (n, c) as probabilities, 0 throughout where none has come. A class with more labels spreads more of them;
    the mass of each is brought back to its share, smoothed, of the `counts` (c,) (class mass normalisation of Zhu,
    Ghahramani & Lafferty 2003)."""
    mass = belief.sum(axis=0)
    wanted = np.where(counts > 0, counts + 1, 0) / max(1, (counts[counts > 0] + 1).sum())
    scaled = belief * (wanted / np.maximum(mass, 1e-12)).astype(np.float32)
    total = scaled.sum(axis=1, keepdims=True)
    found: NDArray[np.float32] = np.divide(scaled, total, out=np.zeros_like(scaled), where=total > 0)
    return found


def _folds(
    codes: NDArray[np.integer],
    known: NDArray[np.int64],
    groups: NDArray[np.integer] | None,
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Which fold hides each of the known rows (m,), as evenly over the classes as groups allow; −1 where a class would
    lose its last label."""
    together = joined([] if groups is None else [groups[known]], len(known))
    order = random.permutation(len(known))
    order = order[np.argsort(codes[known][order], kind="stable")]
    folds = np.full(int(together.max()) + 1, -1, np.int64)
    turn = 0
    for row in order:
        if folds[together[row]] < 0:
            folds[together[row]] = turn % FOLDS
            turn += 1
    chosen = folds[together]
    for code in np.unique(codes[known]):
        of_class = codes[known] == code
        if len(np.unique(chosen[of_class])) < 2:
            chosen[of_class] = -1
    return chosen
