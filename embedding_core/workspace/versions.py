"""The versions of one dataset that were made by name. One that is there is never overwritten."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.review.snapshots import Snapshot, Version, coded, decoded
from embedding_core.workspace import npz
from embedding_core.workspace.npz import Array
from embedding_core.workspace.schema import VERSIONS
from embedding_core.workspace.store import Store, quoted

_LISTED = ["name", "created", "facts"]


@dataclass(frozen=True)
class Versions:
    """Reads and adds to the versions of the dataset `uuid`. In older workspaces the first makes the table."""

    uuid: str
    _store: Store = field(repr=False)

    @property
    def token(self) -> str:
        """Changes whenever a version is made."""
        return f"{self.uuid}:{self._store.version(self._table) if self._there else 0}"

    def all(self) -> list[Version]:
        """Those that were made, oldest first."""
        rows = self._store.rows(self._table, _LISTED) if self._there else ()
        found = [Version(**json.loads(row["facts"])) for row in rows]
        return sorted(found, key=lambda version: (version.created, version.name))

    def snapshot(self, name: str) -> Snapshot | None:
        """What a version holds, as it was when it was made; None when none is called so."""
        if not self._there:
            return None
        rows = self._store.select(self._table, ["arrays"], f"name = {quoted(name)}")
        return _snapshot(name, npz.unpack(rows["arrays"][0].as_buffer())) if rows.num_rows else None

    def put(self, version: Version, taken: Snapshot) -> bool:
        """Store a version; False, and nothing is changed, when one of that name is there already."""
        self._store.create(self._table, VERSIONS)
        row = {
            "name": [version.name],
            "created": [version.created],
            "facts": [json.dumps(asdict(version), ensure_ascii=False)],
            "arrays": [npz.pack(_arrays(taken))],
        }
        return self._store.insert(self._table, "name", pa.table(row, schema=VERSIONS)) == 1

    @property
    def _table(self) -> str:
        return f"versions_{self.uuid}"

    @property
    def _there(self) -> bool:
        return self._store.exists(self._table)


def _arrays(taken: Snapshot) -> dict[str, Array]:
    """Eleven bytes an image or so: its id, and small numbers for what is said of it."""
    arrays: dict[str, Array] = {"ids": taken.ids}
    for name, texts in (("labels", taken.labels), ("splits", taken.splits)):
        codes, words = coded(texts)
        arrays[name] = codes.astype(np.min_scalar_type(-max(1, len(words))))
        arrays[f"{name}_words"] = _bytes(words)
    carried = list(taken.tags.values())
    arrays["tags_words"] = _bytes(list(taken.tags))
    arrays["tags_sizes"] = np.array(list(map(len, carried)), np.int64)
    arrays["tags"] = np.concatenate([*carried, np.empty(0, np.int64)])
    return arrays


def _snapshot(name: str, arrays: dict[str, Array]) -> Snapshot:
    labels, splits = (decoded(arrays[one], _texts(arrays[f"{one}_words"])) for one in ("labels", "splits"))
    parts = np.split(arrays["tags"], np.cumsum(arrays["tags_sizes"])[:-1])
    # Without any tag there is one part of nothing.
    tags = dict(zip(_texts(arrays["tags_words"]), parts, strict=False))
    return Snapshot(name, arrays["ids"], labels, splits, tags)


def _bytes(words: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(words, ensure_ascii=False).encode(), np.uint8)


def _texts(stored: NDArray[Any]) -> list[str]:
    words: list[str] = json.loads(stored.tobytes())
    return words
