"""What a version holds, and what a list of versions says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.ids import find
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.fingerprint import Texts


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A state of a dataset. Row i of every array is the image `ids[i]`."""

    name: str  # of the version
    ids: NDArray[np.int64]  # (m,) of the images that remain, in the order of their paths
    labels: NDArray[np.object_]  # (m,) str, None where there is none
    splits: NDArray[np.object_]  # (m,) likewise
    tags: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)  # tag → ids ascending, of those that remain

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over which images there are and all that is said of them; the version's name does not enter."""
        tags = [f"{tag}:{digest(ids.tobytes())}" for tag, ids in sorted(self.tags.items())]
        said = [digest_of_texts(self.labels.tolist()), digest_of_texts(self.splits.tolist()), digest_of_texts(tags)]
        return fingerprint("snapshot", 1, digest(self.ids.tobytes()), *said)

    def labels_of(self, ids: NDArray[np.int64]) -> list[str | None]:
        """The labels (n,) in this version of `ids` (n,); None also for an image that is not in it."""
        rows = find(ids, self.ids)
        labels = np.full(len(ids), None, dtype=object)
        labels[rows >= 0] = self.labels[rows[rows >= 0]]
        found: list[str | None] = labels.tolist()
        return found


@dataclass(frozen=True, slots=True)
class Version:
    """What a list of versions says of one."""

    name: str
    images: int
    removed: int  # images of the dataset that are not in it
    relabelled: int  # images with another label than the dataset gives them
    created: float  # seconds since the epoch; of "now", when the last decision was made
    actor: str = ""  # the id of who made it
    who: str = ""  # the name they gave
    note: str = ""
    decisions: int = 0  # on which it stands
    state: str = ""  # `Snapshot.fingerprint`; empty in a list for the two that are always there


def coded(texts: Texts | NDArray[np.object_]) -> tuple[NDArray[np.int32], list[str]]:
    """Texts (n,) as numbers (n,) into the different ones, −1 for None."""
    import pyarrow as pa

    found = pa.array(texts, pa.string()).dictionary_encode()
    return found.indices.fill_null(-1).to_numpy(zero_copy_only=False), found.dictionary.to_pylist()


def decoded(codes: NDArray[np.integer], words: Sequence[str]) -> NDArray[np.object_]:
    """The texts (n,) that `coded` has taken apart; of equal ones there is one object. Read-only."""
    return read_only(np.array([*words, None], dtype=object)[codes])
