"""Where the state of jobs lies, so that it survives the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from embedding_core.workspace.schema import JOBS
from embedding_core.workspace.store import Store, quoted


class JobTable:
    """Records of jobs by id. A record is a flat JSON-able mapping with at least `id`, `kind`, `state` and `created`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create("jobs", JOBS)

    def save(self, record: Mapping[str, Any]) -> None:
        """Insert or replace one record."""
        row = {
            "id": [record["id"]],
            "kind": [record["kind"]],
            "dataset": [record.get("dataset", "")],
            "state": [record["state"]],
            "created": [float(record["created"])],
            "record": [json.dumps(record, ensure_ascii=False)],
        }
        self._store.upsert("jobs", "id", pa.table(row, schema=JOBS))

    def load_all(self) -> list[dict[str, Any]]:
        """All records, oldest first."""
        rows = self._store.select("jobs", ["created", "record"]).to_pylist()
        return [json.loads(row["record"]) for row in sorted(rows, key=lambda row: float(row["created"]))]

    def remove(self, job_id: str) -> None:
        self._store.delete("jobs", f"id = {quoted(job_id)}")
