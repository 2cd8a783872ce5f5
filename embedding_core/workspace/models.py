"""Models that were trained on a dataset: probes, ensembles, fine-tuned encoders. Never pickled."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from embedding_core.fingerprint import digest
from embedding_core.workspace.schema import MODELS
from embedding_core.workspace.store import Row, Store, quoted

_DESCRIPTION = [name for name in MODELS.names if name != "content"]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What was trained, on what, and what is known of it; `content` is empty in a listing."""

    id: str  # 64 hex digits over content and name
    dataset: str  # uuid of what it was trained on
    kind: str  # probe, ensemble, encoder
    name: str  # for people
    facts: Mapping[str, Any]
    nbytes: int  # of the content
    created: float
    content: bytes = b""


class Models:
    """The models of a workspace. They go with the dataset that they were trained on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create("models", MODELS)

    def put(self, *, dataset: str, kind: str, name: str, facts: Mapping[str, Any], content: bytes) -> StoredModel:
        """Store a model; `facts` as JSON. One of the same kind and name on that dataset is replaced."""
        key = digest(f"{dataset}\0{kind}\0{name}\0{digest(content)}".encode())
        row = {
            "id": key,
            "dataset": dataset,
            "kind": kind,
            "name": name,
            "facts": json.dumps(facts, ensure_ascii=False),
            "nbytes": len(content),
            "created": time.time(),
            "content": content,
        }
        self._store.upsert("models", "id", pa.Table.from_pylist([row], schema=MODELS))
        same = " AND ".join(f"{field} = {quoted(str(row[field]))}" for field in ("dataset", "kind", "name"))
        self._store.delete("models", f"{same} AND id != {quoted(key)}")
        return _read({**row, "content": content})

    def get(self, key: str) -> StoredModel | None:
        """A model with its content; None when it is not there."""
        rows = self._store.select("models", MODELS.names, f"id = {quoted(key)}").to_pylist()
        return _read(rows[0]) if rows else None

    def find(
        self, *, dataset: str | None = None, kind: str | None = None, name: str | None = None
    ) -> list[StoredModel]:
        """Models with all of these, newest first, without their content."""
        wanted = {"dataset": dataset, "kind": kind, "name": name}
        found = [
            _read({**row, "content": b""})
            for row in self._store.rows("models", _DESCRIPTION)
            if all(value in (None, row[field]) for field, value in wanted.items())
        ]
        return sorted(found, key=lambda model: -model.created)

    @property
    def token(self) -> str:
        """Changes whenever a model is stored or deleted."""
        return str(self._store.version("models"))

    def delete(self, key: str) -> None:
        self._store.delete("models", f"id = {quoted(key)}")

    def forget(self, dataset: str) -> None:
        """Delete all models that were trained on a dataset."""
        self._store.delete("models", f"dataset = {quoted(dataset)}")


def _read(row: Row) -> StoredModel:
    return StoredModel(**{**row, "facts": json.loads(row["facts"])})
