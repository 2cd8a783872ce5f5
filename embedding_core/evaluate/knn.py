"""Accuracy of the nearest neighbours: an image is given the label that most of those have which are most like it.

Leave one out: every image is asked about among all others. Cover & Hart 1967, "Nearest neighbor pattern
classification"; as a test of embeddings, Wu et al. 2018, "Unsupervised feature learning via non-parametric instance
discrimination". No training and nothing to set, so figures compare between tools and encoders.

Near-duplicates flatter it: the nearest of a picture is its copy, which bears the same label. `Knn.grouped` counts the
same votes with those of an image's own group left out, from the same search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.similarities import drawn, labelled_rows, similarities
from embedding_core.neighbours.majority import majority
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

KS = (1, 5, 10)
QUERIES = 50_000  # images that are asked about; of more so many are drawn, and all others vote


@dataclass(frozen=True, eq=False, slots=True)
class Knn:
    """What neighbours say of n images, for each number of them in `ks`. −1: not asked, or nobody to say it."""

    ks: tuple[int, ...]
    codes: NDArray[np.int64]  # (n,) classes, −1 for none
    asked: NDArray[np.bool_]  # (n,) which were asked about; all that have a class, unless they are very many
    plain: NDArray[np.int32]  # (len(ks), n) classes, whoever votes
    grouped: NDArray[np.int32]  # (len(ks), n) where none of the own near-duplicates votes
    near: NDArray[np.int32]  # (n, the largest of ks) rows of the neighbours, the nearest first, copies among them

    def __post_init__(self) -> None:
        for name in ("codes", "asked", "plain", "grouped", "near"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def right(self, k: int, *, grouped: bool = False) -> NDArray[np.bool_]:
        """(n,) which images k neighbours give their own class; False for those that were not asked about."""
        found: NDArray[np.bool_] = (self.grouped if grouped else self.plain)[self.ks.index(k)] == self.codes
        return found & self.asked

    def accuracy(self, k: int, *, grouped: bool = False) -> float:
        """Share of the images asked about that k neighbours are right on, 0 to 1; above 0.8 is good for ten classes.

        It equals scikit-learn's `KNeighborsClassifier(k, metric="cosine")` under `LeaveOneOut`, where no vote is tied.
        """
        return float(self.right(k, grouped=grouped)[self.asked].mean())


def knn(
    vectors: ArrayLike,
    codes: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    ks: Sequence[int] = KS,
    seed: int = 0,
    progress: Progress = silent,
) -> Knn:
    """Ask the nearest neighbours by cosine of `vectors` (n, d) for the classes of each, `codes` (n,), −1 for none.

    The majority of k decides, and of classes with equally many votes the one that has the nearest. Only images with a
    class vote. `groups` (n,) are near-duplicates, −1 for an image that is alone. Exact; of more than `QUERIES` images
    so many are drawn from `seed`. Memory is a unit copy of the vectors and a block of 32 MB. Raises `InvalidVectors`,
    and `InvalidInput` for fewer than two classes and for k below 1.
    """
    if not ks or min(ks) < 1:
        raise InvalidInput(f"Neighbours are asked by numbers from 1, not {list(ks)}.")
    unit, classes, rows = labelled_rows(vectors, codes)
    n = len(np.asarray(codes))
    together = np.full(len(rows), -1, np.int64) if groups is None else np.asarray(groups, np.int64)[rows]
    queries = drawn(len(rows), QUERIES, seed)
    most = min(max(ks), len(rows) - 1)
    largest = int(np.bincount(together[together >= 0]).max(initial=1)) if (together >= 0).any() else 1
    plain, grouped = (np.full((len(ks), n), -1, np.int32) for _ in range(2))
    neighbours = np.full((n, most), -1, np.int32)
    done = 0
    for asked, block in similarities(unit, queries):
        progress("scoring", done, len(queries))
        near = nearest(block, min(most + largest - 1, len(rows) - 1))
        neighbours[rows[asked]] = rows[near[:, :most]]
        votes = classes[near]
        plain[:, rows[asked]] = said(votes[:, :most], ks)
        mates = (together[near] == together[asked, None]) & (together[asked, None] >= 0)
        votes = np.where(mates, -1, votes)
        others = np.take_along_axis(votes, np.argsort(mates, axis=1, kind="stable")[:, :most], axis=1)
        grouped[:, rows[asked]] = said(others, ks)
        done += len(asked)
    was_asked = np.zeros(n, bool)
    was_asked[rows[queries]] = True
    return Knn(tuple(ks), np.array(codes, np.int64), was_asked, plain, grouped, neighbours)


def nearest(block: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The columns (b, k) of the k largest of each line of `block` (b, n), the largest first, of equals the first."""
    found = np.sort(np.argpartition(block, block.shape[1] - k, axis=1)[:, block.shape[1] - k :], axis=1)
    order = np.argsort(-np.take_along_axis(block, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def said(votes: NDArray[np.integer], ks: Sequence[int]) -> NDArray[np.int64]:
    """What each k of `ks` says, (len(ks), b), of the votes (b, m) of neighbours, the nearest first, −1 for no vote."""
    return np.stack([majority(votes[:, :k]) for k in ks])
