"""Selections: sets of images under the hash of their content, so that a link can carry one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.fingerprint import digest
from embedding_core.ids import distinct
from embedding_core.workspace.schema import SELECTIONS
from embedding_core.workspace.store import Store, quoted


@dataclass(frozen=True, eq=False, slots=True)
class Selection:
    """Images that someone picked out. It outlives the projection it was made on."""

    hash: str
    dataset: str  # uuid
    ids: NDArray[np.int64]  # (m,) ascending
    how: str  # in words: lasso on the map, cluster 3, search for a/b.jpg
    projection: str = ""  # fingerprint of the map it was drawn on
    name: str = ""
    created: float = 0.0

    def __len__(self) -> int:
        return len(self.ids)


class Selections:
    def __init__(self, store: Store) -> None:
        self._store = store
        store.create("selections", SELECTIONS)

    def keep(
        self, dataset: str, ids: Iterable[int] | NDArray[np.integer], *, how: str, projection: str = ""
    ) -> Selection:
        """Store a selection; the same images of a dataset always get the same hash, and keep an earlier name.

        Of many images an array is the quick way to name them.
        """
        unique = distinct(ids if isinstance(ids, np.ndarray) else np.array(list(ids), np.int64))
        key = digest(dataset.encode() + unique.tobytes())[:16]
        known = self.get(key)
        if known is not None:
            return known
        unique.flags.writeable = False
        selection = Selection(key, dataset, unique, how, projection, "", time.time())
        self._write(selection)
        return selection

    def get(self, key: str) -> Selection | None:
        return next(iter(self._read(f"hash = {quoted(key)}")), None)

    @property
    def token(self) -> str:
        """Changes whenever a selection is kept, named or forgotten."""
        return str(self._store.version("selections"))

    def named(self, dataset: str) -> list[Selection]:
        """The selections that someone gave a name, newest first."""
        found = self._read(f"dataset = {quoted(dataset)} AND name != ''")
        return sorted(found, key=lambda selection: -selection.created)

    def rename(self, selection: Selection, name: str) -> Selection:
        """Give a selection a name, or take it away with an empty one."""
        renamed = Selection(
            selection.hash,
            selection.dataset,
            selection.ids,
            selection.how,
            selection.projection,
            name.strip(),
            time.time(),
        )
        self._write(renamed)
        return renamed

    def forget(self, dataset: str) -> None:
        self._store.delete("selections", f"dataset = {quoted(dataset)}")

    def _write(self, selection: Selection) -> None:
        row: dict[str, Any] = {
            "hash": [selection.hash],
            "dataset": [selection.dataset],
            "name": [selection.name],
            "how": [selection.how],
            "projection": [selection.projection],
            "created": [selection.created],
            "ids": pa.ListArray.from_arrays(pa.array([0, len(selection)], pa.int32()), pa.array(selection.ids)),
        }
        self._store.upsert("selections", "hash", pa.table(row, schema=SELECTIONS))

    def _read(self, where: str) -> list[Selection]:
        rows = self._store.select("selections", SELECTIONS.names, where)
        facts = rows.drop_columns(["ids"]).to_pylist()
        return [Selection(ids=_ids(ids), **row) for row, ids in zip(facts, rows["ids"], strict=True)]


def _ids(stored: pa.ListScalar) -> NDArray[np.int64]:
    ids: NDArray[np.int64] = stored.values.to_numpy()
    ids.flags.writeable = False
    return ids
