"""Everything that a report card holds, measured on one embedding."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.evaluate.card import controls, stability
from embedding_core.evaluate.card.controls import Controls
from embedding_core.evaluate.card.evened import evened
from embedding_core.evaluate.card.found import LabelFree, Leakage, ReportCard, Scores
from embedding_core.evaluate.card.intervals import Figure, clusters, figure
from embedding_core.evaluate.card.retrieval import retrieval
from embedding_core.evaluate.card.separation import separation
from embedding_core.evaluate.card.shape import shape
from embedding_core.evaluate.knn import KS, knn
from embedding_core.quality.groups import shared
from embedding_core.quality.paired import estimated
from embedding_core.quality.probing.probe import out_of_fold, reduced
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.card.retrieval import Retrieval
    from embedding_core.evaluate.card.separation import Separation
    from embedding_core.evaluate.knn import Knn
    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.quality.probing.probe import Reduced
    from embedding_core.records import Progress

    Copies = Callable[[NDArray[np.int64]], Mapping[str, NDArray[np.float32]]]  # rows (m,) → by way (m, d)

FEWEST = 10  # labelled images, and two classes with two of them, below which no score says anything
GROUPS = 10  # that KMeans is asked for where there are no labels
_STEPS = 4


def score(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    codes: NDArray[np.int64],
    classes: Sequence[str],
    groups: NDArray[np.integer],
    graph: NeighbourGraph,
    *,
    small: Callable[[], NDArray[np.float32]] | None = None,
    columns: Callable[[], Mapping[str, NDArray[np.floating]]] = dict,
    copies: Copies | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ReportCard:
    """Measure `vectors` (n, d) of the images `ids` (n,) with classes `codes` (n,), −1 for none.

    `groups` (n,) are near-duplicates, −1 for an image that is alone; `graph` holds the cosine neighbours of all.
    `small` gives the 16×16 pixels (n, 768) and `columns` what is known of the files, (n,) or (n, v) each, where they
    are to be held against it. `copies` encodes changed pictures again. With too few labels only the label-free part is
    measured: see `enough`. Raises `InvalidVectors`.
    """
    progress("scoring", 0, _STEPS)
    labelled = enough(codes)
    count = min(len(classes) if labelled else GROUPS, len(ids) // 2)
    rows = np.flatnonzero(codes >= 0)
    own, together = codes[rows], groups[rows]
    # What vectors say alone is worked out beside what asks for files and says how far it is.
    with threads.shared_by(2), ThreadPoolExecutor(2, thread_name_prefix="score") as pool:
        whole = pool.submit(reduced, vectors)
        axes = whole.result if len(rows) == len(ids) else partial(reduced, vectors[rows])
        begun = pool.submit(_by_labels, vectors[rows], axes, own, together, seed) if labelled else None
        stable = pool.submit(lambda: stability.cluster_stability(whole.result(), count, seed=seed))
        shaped = shape(vectors, graph, groups=groups, seed=seed)
        ways = _ways(vectors, groups, copies, seed)
        progress("scoring", 1, _STEPS)
        pixels: tuple[Figure | None, Figure | None] = (None, None)
        by_columns, known = None, columns() if labelled else {}
        if labelled and small is not None:
            pixels = controls.pixels(small()[rows], own, together, seed=seed)
        progress("scoring", 2, _STEPS)
        if labelled:
            by_columns = controls.metadata([one[rows] for one in known.values()], own, together, seed=seed)
        progress("scoring", 3, _STEPS)
        said = None if begun is None else begun.result()
        free = LabelFree(shaped, ways, count, stable.result())
    progress("scoring", _STEPS, _STEPS)
    predicted, confidence = np.full(len(ids), -1, np.int32), np.zeros(len(ids), np.float32)
    right, silhouettes = np.zeros(len(ids), bool), np.full(len(ids), np.nan, np.float32)
    scores = None
    if said is not None:
        predicted[rows], confidence[rows] = said.told, said.sure
        right[rows], silhouettes[rows] = said.near.right(5, grouped=True), said.apart.silhouettes
        scores = said.scores(
            Controls(
                controls.majority(own),
                controls.proportional(own),
                said.by_probe,
                said.by_neighbours,
                *pixels,
                by_columns,
                tuple(known),
                said.by_luck,
            )
        )
    return ReportCard(ids, codes, predicted, confidence, right, silhouettes, tuple(classes), scores, free, seed)


@dataclass(frozen=True, eq=False, slots=True)
class _Said:
    """What the labels of m images say of their vectors."""

    own: NDArray[np.int64]  # (m,) classes
    together: NDArray[np.integer]  # (m,) near-duplicates
    near: Knn
    found: Retrieval
    found_grouped: Retrieval  # near-duplicates of an image not among what it finds
    apart: Separation
    told: NDArray[np.int64]  # (m,) by probes that have seen neither the image nor its near-duplicates
    sure: NDArray[np.float32]  # (m,)
    evened: Figure
    by_probe: Figure  # with shuffled labels
    by_luck: float  # evened, with shuffled labels
    by_neighbours: Figure
    leakage: Leakage

    def scores(self, held_against: Controls) -> Scores:
        own, near, asked = self.own, self.near, self.near.asked
        recalls = [float((self.told[own == code] == code).mean()) for code in np.unique(own)]
        return Scores(
            knn={str(k): figure(near.right(k)[asked], self.together[asked]) for k in KS},
            knn_grouped={str(k): figure(near.right(k, grouped=True)[asked], self.together[asked]) for k in KS},
            probe=figure(self.told == own, self.together),
            balanced=float(np.mean(recalls)),
            silhouette=self.apart.silhouette,
            nmi=self.apart.nmi,
            ari=self.apart.ari,
            map=self.found.mean,
            recall={str(k): self.found.recall(k) for k in KS},
            map_grouped=self.found_grouped.mean,
            recall_grouped={str(k): self.found_grouped.recall(k) for k in KS},
            controls=held_against,
            leakage=self.leakage,
            evened=self.evened,
        )


def _by_labels(
    vectors: NDArray[np.float32],
    on_axes: Callable[[], Reduced],
    own: NDArray[np.int64],
    together: NDArray[np.integer],
    seed: int,
) -> _Said:
    near, found = knn(vectors, own, groups=together, seed=seed), retrieval(vectors, own, seed=seed)
    axes = on_axes()
    apart = separation(vectors, own, axes=axes, seed=seed)
    probable = out_of_fold(axes, own, seed=seed, groups=together)
    told = probable.argmax(axis=1)
    loose = out_of_fold(axes, own, seed=seed).argmax(axis=1) == own
    return _Said(
        own,
        together,
        near,
        found,
        found.without_copies(vectors, own, together),
        apart,
        told,
        probable.max(axis=1),
        evened(probable, own, together),
        *controls.shuffled_probe(axes, own, seed=seed),
        controls.shuffled_knn(near.near[:, :5], own, seed=seed),
        _leakage(near, loose, told == own, together),
    )


def enough(codes: NDArray[np.int64]) -> bool:
    """Whether labels `codes` (n,) suffice to be scored by: `FEWEST` of them, and two classes that come twice."""
    counts = np.bincount(codes[codes >= 0])
    return bool(counts.sum() >= FEWEST and np.count_nonzero(counts >= 2) >= 2)


def _ways(
    vectors: NDArray[np.float32], groups: NDArray[np.integer], copies: Copies | None, seed: int
) -> tuple[stability.Way, ...]:
    if copies is None:
        return ()
    rows = stability.sampled(len(vectors), seed=seed)
    found = []
    for name, changed in copies(rows).items():
        there = changed.any(axis=1)  # of a file that has gone there is no copy
        if there.any():
            found.append(stability.steady(name, vectors, rows[there], changed[there], groups=groups))
    return tuple(found)


def _leakage(near: Knn, loose: NDArray[np.bool_], strict: NDArray[np.bool_], together: NDArray[np.integer]) -> Leakage:
    """What copies feign."""
    copies = int(np.count_nonzero(shared(together)))
    feigned = estimated(strict, loose, clusters(together, len(together)))
    return Leakage(
        near.accuracy(5) - near.accuracy(5, grouped=True),
        feigned.after - feigned.before,
        *(feigned.interval() if copies else (0.0, 0.0)),
        copies,
    )
