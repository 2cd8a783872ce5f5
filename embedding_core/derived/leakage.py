"""Leakage of a dataset under an encoder, and a split without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.belonging import groupings
from embedding_core.derived.kept import keep, read_kept
from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.quality.groups import joined
from embedding_core.quality.leakage.finding import Leakage, leakage
from embedding_core.quality.leakage.splitting import Split, split
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 2
KIND = "leakage"


def find_leakage(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    column: str | None = None,
    seed: int = 0,
    progress: Reporter = silent,
) -> Kept[Leakage]:
    """Groups that lie across the dataset's splits as they are now, and what they feign under its labels of now.

    Raises `InvalidInput` without two splits.
    """
    said, _ = dataset.said_of(embedding.ids)
    labels, splits = said["label"], said["split"]
    together = groupings(workspace, dataset, embedding, column=column, progress=progress)
    said_as = [digest_of_texts(one.combine_chunks()) for one in (labels, splits)]
    key = leakage_key(
        embedding.fingerprint, *said_as, *map(digest_of_groups, together.values()), column=column, seed=seed
    )
    progress("leakage", 0, None)
    return keep(
        workspace,
        dataset,
        key,
        kind=KIND,
        parent=embedding.fingerprint,
        of=Leakage,
        find=lambda: leakage(
            embedding.ids, embedding.matrix(), labels.to_pylist(), splits.to_pylist(), together, seed=seed
        ),
        asked={"column": column, "encoder": embedding.card.id, "seed": seed},
    )


def leakage_key(embedding: str, labels: str, splits: str, *groups: str, column: str | None, seed: int) -> str:
    """The fingerprint of what is found with the embedding of that fingerprint.

    `labels` and `splits` are the digests of those (n,), `groups` of the groups by their kinds, see `groupings`.
    """
    return fingerprint(KIND, REVISION, embedding, labels, splits, *groups, column=column, seed=seed)


def digest_of_groups(groups: NDArray[np.int32]) -> str:
    """Names groups (n,)."""
    return digest(groups.tobytes())


def read_leakage(workspace: Workspace, key: str) -> Kept[Leakage] | None:
    return read_kept(workspace, key, Leakage)


def make_split(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    shares: Mapping[str, float],
    *,
    column: str | None = None,
    seed: int = 0,
    progress: Reporter = silent,
) -> Split:
    """A split of the images of an embedding, rows as in its ids, that parts no group and holds the labels of now in
    equal shares. Nothing is changed by it."""
    together = groupings(workspace, dataset, embedding, column=column, progress=progress)
    labels = dataset.said_of(embedding.ids)[0]["label"].combine_chunks().dictionary_encode()
    codes = labels.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return split(codes, joined(list(together.values()), len(embedding)), shares, seed=seed)
