"""How far each image of a second set is from the nearest one of a first, and what is usual within the first."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.drift.discrepancy import sample
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.neighbours.partitions import Partitions
    from embedding_core.records import Progress

OWN = 10_000  # images of the first set whose own distances say what is usual there: 1 % is met within .2 %
QUANTILES = 1_001
EXACT = 5e11  # multiplications up to which all pairs are compared; above, the nearest partitions are searched
BRIEF = 2**25  # multiplications in each partition, if each row looked in one, up to which one thread does it all


@dataclass(frozen=True, eq=False, slots=True)
class Nearest:
    """The second set's m images, row by row, against the first's n."""

    rows: NDArray[np.int32]  # (m,) of the first set
    distance: NDArray[np.float32]  # (m,) cosine distance, 0 to 2
    own: NDArray[np.float32]  # (q,) rising: the first's own distances to nearest others, at evenly spread quantiles
    measured: int  # images of the first that `own` was measured on
    recall: float  # share of the true neighbours that such a search finds: 1 where it is exact


def nearest(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    *,
    cut: Callable[[], Partitions] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Nearest:
    """Hold `second` (m, d) against `first` (n, d), rows of length 1.

    Both distances come from the same kind of search, so what it misses widens them alike. `cut` makes the partitions of
    the first set where somebody keeps them. The same seed gives the same answer.
    """
    from embedding_core.neighbours import partitions

    some = sample(first, OWN, np.random.default_rng(seed))
    if (len(some) + len(second)) * first.size <= EXACT:
        progress("drift", 0, None)
        own = partitions.most_alike(some, first, 2)[1]
        rows, similarity = partitions.most_alike(second, first, 1)
        recall = 1.0
    else:
        known = cut() if cut else partitions.partition(first, seed=seed)
        own = _searched(first, some, 2, known, seed, silent)[1]
        rows, similarity, recall = _searched(first, second, 1, known, seed, progress)
    away = np.clip(1 - own[:, 1], 0, 2)  # the most similar of each is itself, or a copy of it as near
    spread = np.quantile(away, np.linspace(0, 1, QUANTILES)).astype(np.float32)
    return Nearest(rows[:, 0], np.clip(1 - similarity[:, 0], 0, 2), spread, len(some), recall)


def _searched(
    first: NDArray[np.float32], queries: NDArray[np.float32], k: int, cut: Partitions, seed: int, progress: Progress
) -> tuple[NDArray[np.int32], NDArray[np.float32], float]:
    """As `neighbours.partitioned.best`, in one thread where what falls to each partition is little.

    Half a million rows of 64 against as many took 23 s of processors so, and 50 s in two threads that waited for each
    other beside other work; ten thousand, 1.6 s and 35 s.
    """
    from embedding_core import threads
    from embedding_core.neighbours import partitioned

    d = first.shape[1]
    little = len(queries) * (len(first) / cut.count) * d / cut.count <= BRIEF
    with threads.alone() if little else nullcontext(), threads.compiled_for_rows(0 if little else len(queries)):
        return partitioned.best(first, k, queries=queries, cut=cut, seed=seed, progress=progress)
