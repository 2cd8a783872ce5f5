"""The linear probe against the same written by hand with scikit-learn, on the same vectors and parts."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report import Figure, Table, times
from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.quality.probing.folding import deal

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.derived import Labelled
    from embedding_core.workspace import Dataset, Workspace

ROUNDS = 3
FOLDS = 5
OURS, BY_HAND = "Kindred", "scikit-learn, written by hand"


def measured(workspace: Workspace, dataset: Dataset) -> tuple[Table, float]:
    """A table, and how many times as long scikit-learn takes. Both are trained on the same part and judged by the
    untouched one, in turns."""
    embedding = dataset.embedding(registry.DEFAULT)
    known = derived.labelled(workspace, dataset, [embedding])
    held = derived.held_out(workspace, dataset, known)
    vectors = embedding.rows(known.ids)
    parts = vectors[held.train], known.codes[held.train], vectors[held.test]
    ways: dict[str, Callable[..., NDArray[np.int64]]] = {OURS: _ours, BY_HAND: _by_hand}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    right: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            said = way(*parts)
            seconds[name].append(time.perf_counter() - begun)
            right[name] = float((said == known.codes[held.test]).mean())
    table = Table(
        "A linear probe",
        ("what", "takes times as long", "seconds", "untouched part", "five folds of all"),
        note=f"{len(held.train):,} vectors of {embedding.card.dim:,} numbers; by hand: StandardScaler and "
        f"LogisticRegression. The median of {ROUNDS} rounds in turns. The {len(held.test):,} untouched images tell "
        f"apart less than the folds of all {len(known.ids):,}, which part no copies.",
    )
    took = {name: median(one) for name, one in seconds.items()}
    for name, way in ways.items():
        ratio = times(took[name] / took[OURS])
        folded = Figure(_cross_validated(way, vectors, known), "{:.3f}")
        table.add(name, ratio, Figure(took[name], "{:.2f}"), Figure(right[name], "{:.3f}"), folded)
    return table, took[BY_HAND] / took[OURS]


def _cross_validated(way: Callable[..., NDArray[np.int64]], vectors: NDArray[np.float32], known: Labelled) -> float:
    """Accuracy over folds that are the same for every way."""
    dealt = deal(known.codes, FOLDS, groups=known.groups)
    right = np.zeros(len(dealt), bool)
    for fold in range(FOLDS):
        train, asked = (dealt != fold) & (known.codes >= 0), dealt == fold
        right[asked] = way(vectors[train], known.codes[train], vectors[asked]) == known.codes[asked]
    return float(right[known.codes >= 0].mean())


def _ours(train: NDArray[np.float32], codes: NDArray[np.int64], test: NDArray[np.float32]) -> NDArray[np.int64]:
    from embedding_core.quality.probing.probe import fit_probe

    found: NDArray[np.int64] = fit_probe(train, codes, calibrated=False).probabilities(test).argmax(axis=1)
    return found


def _by_hand(train: NDArray[np.float32], codes: NDArray[np.int64], test: NDArray[np.float32]) -> NDArray[np.int64]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(train, codes)
    found: NDArray[np.int64] = model.predict(test)
    return found
