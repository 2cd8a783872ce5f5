"""What is new in one set of images against another: computed, kept, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import indexes
from embedding_core.derived import sides
from embedding_core.derived.kept import keep, read_kept
from embedding_core.errors import InvalidInput, KindredError
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.quality.drift.found import Drift, First
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.derived.sides import Pair, Side
    from embedding_core.neighbours.partitions import Partitions
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 3  # raised when the same sets are told apart otherwise
KIND = "new"  # of the second set's images: what a page lists


def find_drift(workspace: Workspace, pair: Pair, *, seed: int = 0, progress: Progress = silent) -> Kept[Drift]:
    """Hold the second against the first. Kept with the second's dataset. Raises `InvalidInput`."""
    first, second = pair.first, pair.second
    if first.embedding.card.id != second.embedding.card.id:
        raise InvalidInput(
            f"Both sets need vectors of one encoder, not {first.embedding.card.id} and {second.embedding.card.id}."
        )
    progress("drift", 0, None)

    def find() -> Drift:
        from embedding_core.quality.drift.finding import drift

        one = first.embedding.matrix()
        other = one if second.embedding is first.embedding else second.embedding.matrix()

        def cut() -> Partitions:
            return indexes.cut_of(workspace, first.dataset, first.embedding, one)

        return drift(
            _rows(one, first),
            _rows(other, second),
            first.ids,
            second.ids,
            called=First(first.dataset.uuid, first.words),
            cut=cut if first.whole else None,  # partitions are kept of whole sets
            seed=seed,
            progress=progress,
        )

    return keep(
        workspace,
        second.dataset,
        drift_key(pair, seed=seed),
        kind=KIND,
        parent=second.embedding.fingerprint,
        of=Drift,
        find=find,
        asked={
            "first": first.words,
            "second": second.words,
            "against": first.dataset.uuid,
            "way": pair.way,
            "given": list(pair.given),
            "seed": seed,
        },
    )


def drift_key(pair: Pair, *, seed: int = 0) -> str:
    """The fingerprint of what is found between two sets: which images, of which vectors, on either side,
    and what the first is called, which the reasons say."""
    both = (pair.first, pair.second)
    named = (text for side in both for text in (side.embedding.fingerprint, digest(side.ids.tobytes())))
    return fingerprint(KIND, REVISION, *named, first=pair.first.words, seed=seed)


def drift_key_now(workspace: Workspace, dataset: Dataset, embedding: Embedding, asked: Mapping[str, Any]) -> str | None:
    """The fingerprint that a comparison which was asked for so would have now; `dataset` has the second set.

    None where what it was held against is not there any more.
    """
    encoder = embedding.card.id
    try:
        if asked["way"] == sides.OTHER:
            pair = sides.pair(workspace.dataset_by_uuid(asked["against"]), dataset, encoder)
        else:
            pair = sides.parts(dataset, encoder, asked["way"], asked["given"])
    except KindredError:
        return None
    return drift_key(pair, seed=asked["seed"])


def state_of_first(workspace: Workspace, encoder: str, asked: Mapping[str, Any]) -> str:
    """Changes whenever what the second set was held against does; quick to ask for."""
    try:
        first = workspace.dataset_by_uuid(asked["against"])
    except KindredError:
        return ""
    vectors = [f"{one.card.fingerprint}:{one.count}" for one in first.encodings() if one.card.id == encoder]
    return ":".join([first.token, *vectors])


def read_drift(workspace: Workspace, key: str) -> Kept[Drift] | None:
    return read_kept(workspace, key, Drift)


def _rows(vectors: NDArray[np.float32], side: Side) -> NDArray[np.float32]:
    return vectors if side.whole else vectors[side.rows]
