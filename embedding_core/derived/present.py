"""What findings follow from, as it is now: whether one that is stored would come out the same today.

Each check keeps its finding under a fingerprint of all that entered it. Here that fingerprint is made again, of the
images, vectors, labels, splits and copies of now and of the settings that the finding was asked for with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from embedding_core.derived.balance import balance_key, said_of
from embedding_core.derived.belonging import grouped_by
from embedding_core.derived.drift import drift_key_now, state_of_first
from embedding_core.derived.duplicates import duplicates_key, read_duplicates
from embedding_core.derived.label_issues import digest_of_copies, label_issues_key
from embedding_core.derived.labelling import next_key
from embedding_core.derived.leakage import digest_of_groups, leakage_key
from embedding_core.derived.outliers import outliers_key
from embedding_core.derived.photos import photos_key
from embedding_core.derived.suggested import known_copies
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest_of_texts

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

    Asked: TypeAlias = Mapping[str, Any]  # the settings of a finding, as they are kept with it


@dataclass(frozen=True, eq=False)
class Present:
    """A dataset and an embedding of it at one moment. Digests are made when they are asked for, and then kept."""

    workspace: Workspace
    dataset: Dataset
    embedding: Embedding | None

    def has(self, finding: StoredResult) -> bool:
        """Whether a finding of one of `KINDS` is of what is there now. Raises `KeyError` for another kind."""
        key = KINDS[finding.kind](self, finding.parameters.get("asked", {}))
        return key == finding.fingerprint and (finding.kind != "balance" or self._covered)

    @property
    def labels(self) -> str:
        """Digest of the labels in the rows of the embedding."""
        return self._said["label"]

    @property
    def splits(self) -> str:
        """Digest of the splits, likewise."""
        return self._said["split"]

    @cached_property
    def _said(self) -> dict[str, str]:
        said, _ = self.dataset.said_of(self._embedding.ids)
        return {name: digest_of_texts(said[name].combine_chunks()) for name in ("label", "split")}

    @cached_property
    def copies(self) -> str:
        """Digest of the copies that are known."""
        return digest_of_copies(known_copies(self.workspace, self._embedding))

    @cached_property
    def counted(self) -> str:
        """The fingerprint of the counts of all that is said of the images."""
        ids = self.dataset.images()["id"].to_numpy()
        return balance_key(self.dataset, said_of(self.dataset, ids))

    @cached_property
    def looked(self) -> str:
        """The fingerprint of the bad photographs."""
        return photos_key(self.dataset)

    @property
    def _covered(self) -> bool:
        """Whether what balance finds in the vectors is there as well, where there are vectors."""
        if self.embedding is None:
            return True
        return bool(self.workspace.results.find(self.dataset.uuid, "cover", self.embedding.fingerprint))

    @cached_property
    def _together(self) -> dict[str | None, tuple[str, ...] | None]:
        """By the column that leakage was asked to mind."""
        return {}

    def together(self, column: str | None) -> tuple[str, ...] | None:
        """Digests of the images that belong together, as leakage minds them; None where that is not known."""
        if column not in self._together:
            kept = read_duplicates(self.workspace, duplicates_key(self._embedding.fingerprint))
            try:
                groups = None if kept is None else grouped_by(kept.found, self.dataset, self._embedding, column)
            except InvalidInput:  # the column has gone
                groups = None
            self._together[column] = None if groups is None else tuple(map(digest_of_groups, groups.values()))
        return self._together[column]

    @cached_property
    def _compared(self) -> dict[str, str | None]:
        """By what was asked for, and the state of what it was held against."""
        return {}

    def compared(self, asked: Asked) -> str | None:
        """The fingerprint that a comparison with another set would have; None where there is nothing to compare."""
        if "way" not in asked:  # kept before it was said how the sets were chosen
            return None
        state = state_of_first(self.workspace, self._embedding.card.id, asked)
        known = json.dumps([state, *map(str, asked.values())])
        if known not in self._compared:
            self._compared[known] = drift_key_now(self.workspace, self.dataset, self._embedding, asked)
        return self._compared[known]

    @property
    def _embedding(self) -> Embedding:
        if self.embedding is None:
            raise InvalidInput("What is found by vectors can be held only against an embedding.")
        return self.embedding


def _by_vectors(key: Callable[[Present, str, Asked], str | None]) -> Callable[[Present, Asked], str | None]:
    """`key` with the embedding's fingerprint; None, which no finding has, where there is no embedding."""
    return lambda now, asked: None if now.embedding is None else key(now, now.embedding.fingerprint, asked)


def _leakage(now: Present, vectors: str, asked: Asked) -> str | None:
    together = now.together(asked["column"])
    if together is None:
        return None
    return leakage_key(vectors, now.labels, now.splits, *together, column=asked["column"], seed=asked["seed"])


# From the kind of a finding to what its fingerprint would be now.
KINDS: Mapping[str, Callable[[Present, Asked], str | None]] = {
    "photos": lambda now, asked: now.looked,
    "duplicates": _by_vectors(lambda now, vectors, asked: duplicates_key(vectors)),
    "outliers": _by_vectors(lambda now, vectors, asked: outliers_key(vectors, now.labels, seed=asked["seed"])),
    "labels": _by_vectors(
        lambda now, vectors, asked: label_issues_key(vectors, now.labels, copies=now.copies, seed=asked["seed"])
    ),
    "leakage": _by_vectors(_leakage),
    "balance": lambda now, asked: now.counted,
    "next": _by_vectors(
        lambda now, vectors, asked: next_key(
            vectors, now.labels, count=asked["count"], by=asked["by"], seed=asked["seed"]
        )
    ),
    "new": _by_vectors(lambda now, vectors, asked: now.compared(asked)),
}
