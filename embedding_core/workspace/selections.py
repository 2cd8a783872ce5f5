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

    def keep(self, dataset: str, ids: Iterable[int], *, how: str, projection: str = "") -> Selection:
        """Store a selection; the same images of a dataset always get the same hash, and keep an earlier name."""
        unique = np.unique(np.asarray(list(ids), dtype=np.int64))
        key = digest(dataset.encode() + unique.tobytes())[:16]
        known = self.get(key)
        if known is not None:
            return known
        unique.flags.writeable = False
        selection = Selection(key, dataset, unique, how, projection, "", time.time())
        self._write(selection)
        return selection

    def get(self, key: str) -> Selection | None:
        rows = self._store.select("selections", SELECTIONS.names, f"hash = {quoted(key)}").to_pylist()
        return _read(rows[0]) if rows else None

    def named(self, dataset: str) -> list[Selection]:
        """The selections that someone gave a name, newest first."""
        where = f"dataset = {quoted(dataset)} AND name != ''"
        rows = self._store.select("selections", SELECTIONS.names, where).to_pylist()
        return sorted((_read(row) for row in rows), key=lambda selection: -selection.created)

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
        row: dict[str, list[Any]] = {
            "hash": [selection.hash],
            "dataset": [selection.dataset],
            "name": [selection.name],
            "how": [selection.how],
            "projection": [selection.projection],
            "created": [selection.created],
            "ids": [selection.ids.tolist()],
        }
        self._store.upsert("selections", "hash", pa.table(row, schema=SELECTIONS))


def _read(row: dict[str, Any]) -> Selection:
    ids = np.asarray(row.pop("ids"), dtype=np.int64)
    ids.flags.writeable = False
    return Selection(ids=ids, **row)
