"""Encoders, and ways to compare vectors, held against each other on a dataset's own labels, and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW
from embedding_core.derived.kept import keep, read_kept
from embedding_core.derived.labelled import held_out_if_any, known_duplicates, labelled, set_aside
from embedding_core.evaluate.comparison.found import Comparison
from embedding_core.evaluate.comparison.metrics import Metrics, compare_metrics
from embedding_core.fingerprint import fingerprint
from embedding_core.ids import find
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.derived.labelled import Labelled
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1  # raised when the same encoders come out otherwise
METRICS_REVISION = 1
COMPARISON = "comparison"  # the kind under which it is stored
METRICS_KIND = "metrics"

MOST = 20_000  # labelled images at most that are compared on, drawn by chance
READ = 50_000  # images whose vectors are read besides, to compare spaces


def compare_encoders(
    workspace: Workspace,
    dataset: Dataset,
    embeddings: Sequence[Embedding],
    *,
    known: Labelled | None = None,
    version: str = NOW,
    seed: int = 0,
    progress: Reporter = silent,
) -> Kept[Comparison]:
    """Several encoders on the images of a version that all of them have embedded.

    `known` is what `labelled` says of them, where that has been read. What is set aside has no part in choosing. Raises
    `UnknownVersion`, and `InvalidInput` where fewer than 20 of the labelled images can judge.
    """
    from embedding_core.evaluate.comparison.comparing import Images, compare

    ordered = _ordered(embeddings)
    if known is None:
        known = labelled(workspace, dataset, ordered, version=version, progress=progress)
    held = held_out_if_any(workspace, dataset, known)

    def find_it() -> Comparison:
        tried = _tried(known, held, seed)
        rows = _read(len(known.ids), tried, held, seed)
        images = Images(
            known.ids[rows],
            known.codes[rows],
            known.classes,
            known.groups[rows],
            ~known.decided[rows],
            np.searchsorted(rows, tried),
            None if held is None else replace(held, test=np.searchsorted(rows, held.test)),
        )
        of = {one.card.id: one for one in ordered}
        return compare(
            list(of), lambda encoder: _vectors(of[encoder], images.ids), images, seed=seed, progress=progress
        )

    return keep(
        workspace,
        dataset,
        _key(workspace, dataset, (COMPARISON, REVISION), ordered, known, seed),
        kind=COMPARISON,
        parent=dataset.fingerprint,
        of=Comparison,
        find=find_it,
        asked={"encoders": [one.card.id for one in ordered], "version": version, "seed": seed},
    )


def measure_metrics(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    known: Labelled | None = None,
    version: str = NOW,
    seed: int = 0,
    progress: Reporter = silent,
) -> Kept[Metrics]:
    """Ways to compare the vectors of one encoder; `known` as for `compare_encoders`.

    Raises `UnknownVersion`, and `InvalidInput` without two labels and where fewer than 20 labelled images can judge.
    """
    if known is None:
        known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    known.need_classes()
    held = held_out_if_any(workspace, dataset, known)

    def find_it() -> Metrics:
        rows = _tried(known, held, seed)
        return compare_metrics(
            known.ids[rows],
            _vectors(embedding, known.ids[rows]),
            known.codes[rows],
            known.groups[rows],
            judges=~known.decided[rows],
            images=len(known.ids),
            seed=seed,
            progress=progress,
        )

    return keep(
        workspace,
        dataset,
        _key(workspace, dataset, (METRICS_KIND, METRICS_REVISION), [embedding], known, seed),
        kind=METRICS_KIND,
        parent=embedding.fingerprint,
        of=Metrics,
        find=find_it,
        asked={"encoder": embedding.card.id, "version": version, "seed": seed},
    )


def comparison_key(
    workspace: Workspace, dataset: Dataset, embeddings: Sequence[Embedding], *, version: str = NOW, seed: int = 0
) -> str:
    """The fingerprint of a comparison as things stand now; empty while nobody knows the near-duplicates, so that there
    is none. Raises `UnknownVersion`, and `InvalidInput` where no image is left."""
    ordered = _ordered(embeddings)
    if not _duplicates_known(workspace, dataset, ordered):
        return ""
    known = labelled(workspace, dataset, ordered, version=version)
    return _key(workspace, dataset, (COMPARISON, REVISION), ordered, known, seed)


def metrics_key(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, *, version: str = NOW, seed: int = 0
) -> str:
    """Likewise of the ways to compare."""
    if not _duplicates_known(workspace, dataset, [embedding]):
        return ""
    known = labelled(workspace, dataset, [embedding], version=version)
    return _key(workspace, dataset, (METRICS_KIND, METRICS_REVISION), [embedding], known, seed)


def read_comparison(workspace: Workspace, key: str) -> Kept[Comparison] | None:
    """What is kept; None where it has not been worked out."""
    return read_kept(workspace, key, Comparison)


def read_metrics(workspace: Workspace, key: str) -> Kept[Metrics] | None:
    return read_kept(workspace, key, Metrics)


def _key(
    workspace: Workspace,
    dataset: Dataset,
    of: tuple[str, int],
    ordered: Sequence[Embedding],
    known: Labelled,
    seed: int,
) -> str:
    prints = (*(one.fingerprint for one in ordered), known.fingerprint, set_aside(workspace, dataset))
    return fingerprint(*of, *prints, seed=seed)


def _duplicates_known(workspace: Workspace, dataset: Dataset, embeddings: Sequence[Embedding]) -> bool:
    ids = embeddings[0].ids
    for one in embeddings[1:]:
        ids = np.intersect1d(ids, one.ids)
    return known_duplicates(workspace, dataset, embeddings, ids) is not None


def _ordered(embeddings: Sequence[Embedding]) -> list[Embedding]:
    """Whatever order they are named in, the answer is one."""
    return sorted(embeddings, key=lambda one: one.card.id)


def _tried(known: Labelled, held: Held | None, seed: int) -> NDArray[np.int64]:
    """The labelled images that are not set aside, ascending; of very many a part of them."""
    tried = [np.flatnonzero(known.codes >= 0)] if held is None else [held.train, held.validation]
    rows = np.sort(np.concatenate(tried))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    return rows


def _read(n: int, tried: NDArray[np.int64], held: Held | None, seed: int) -> NDArray[np.int64]:
    """The rows, ascending, whose vectors are read: all, or of very many those that are judged and some of the rest."""
    if n <= READ:
        return np.arange(n)
    some = np.random.default_rng(seed).choice(n, READ, replace=False)
    judged = [tried] if held is None else [tried, held.test]
    return np.unique(np.concatenate([some, *judged]))


def _vectors(embedding: Embedding, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, d) in the order of `ids` (n,), without holding those of other images."""
    part = embedding.of(ids)
    matrix = part.matrix()
    at = find(part.ids, ids)
    return matrix if np.array_equal(at, np.arange(len(at))) else matrix[at]
