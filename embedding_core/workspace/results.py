"""Derived results, each under the fingerprint of all that it was computed from."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from embedding_core.records import Scalar
from embedding_core.workspace import npz
from embedding_core.workspace.npz import Array
from embedding_core.workspace.schema import RESULTS
from embedding_core.workspace.store import Row, Store, quoted

_DESCRIPTION = ["fingerprint", "kind", "dataset", "parent", "parameters", "seconds", "created"]


@dataclass(frozen=True, slots=True)
class StoredResult:
    """What was computed, from what, how long it took; `arrays` is empty in a listing."""

    fingerprint: str
    kind: str
    dataset: str  # uuid
    parent: str  # fingerprint of the embedding, or of the result it refines
    parameters: Mapping[str, Any]
    seconds: float
    created: float
    arrays: Mapping[str, Array]


class Results:
    """The results of a workspace. Writing one again replaces it by the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create("results", RESULTS)

    def put(
        self,
        fingerprint: str,
        *,
        kind: str,
        dataset: str,
        parent: str,
        arrays: Mapping[str, Array],
        parameters: Mapping[str, Scalar | list[Any] | dict[str, Any]],
        seconds: float,
    ) -> None:
        row = {
            "fingerprint": [fingerprint],
            "kind": [kind],
            "dataset": [dataset],
            "parent": [parent],
            "parameters": [json.dumps(parameters, ensure_ascii=False)],
            "seconds": [seconds],
            "created": [time.time()],
            "arrays": [npz.pack(arrays)],
        }
        self._store.upsert("results", "fingerprint", pa.table(row, schema=RESULTS))

    def get(self, fingerprint: str) -> StoredResult | None:
        """A result with its arrays, which are read-only and lie where they were read to, not copied once more."""
        rows = self._store.select("results", [*_DESCRIPTION, "arrays"], f"fingerprint = {quoted(fingerprint)}")
        if not rows.num_rows:
            return None
        (described,) = rows.select(_DESCRIPTION).slice(0, 1).to_pylist()
        return _read(described, npz.unpack(rows["arrays"][0].as_buffer()))

    def find(self, dataset: str, kind: str, parent: str | None = None) -> list[StoredResult]:
        """Results of one kind, newest first, without their arrays."""
        found = [
            _read(row, {})
            for row in self._store.rows("results", _DESCRIPTION)
            if row["dataset"] == dataset and row["kind"] == kind and parent in (None, row["parent"])
        ]
        return sorted(found, key=lambda result: -result.created)

    def forget(self, dataset: str) -> None:
        """Delete all results of a dataset."""
        self._store.delete("results", f"dataset = {quoted(dataset)}")


def _read(row: Row, arrays: Mapping[str, Array]) -> StoredResult:
    return StoredResult(**{**row, "parameters": json.loads(row["parameters"]), "arrays": arrays})
