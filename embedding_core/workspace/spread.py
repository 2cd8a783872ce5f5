"""A table of vectors that many machines read, each its own rows, and what they write back of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.vectors import unit_rows
from embedding_core.workspace.pieces import Folder
from embedding_core.workspace.schema import nearest, parts
from embedding_core.workspace.store import Store


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table at one version, by number, from any machine."""

    folder: Folder
    version: int
    count: int
    dim: int

    def read(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids (m,) and vectors of length 1, (m, dim), of the rows from `start` up to `stop`."""
        found = self.folder.read(self.version, ["id", "vector"], start, stop - start)
        return found["id"].to_numpy(), unit_rows(_matrix(found, "vector", self.dim))


@dataclass(frozen=True, slots=True)
class Parts:
    """Vectors in files, in each of which those of a partition lie together."""

    folder: Folder
    version: int
    starts: NDArray[np.int64]  # (files, partitions + 1) where each partition begins in each file
    dim: int

    def read(self, partition: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids (m,) and vectors of length 1, (m, dim), of one partition, from all files."""
        found = [np.empty(0, np.int64)], [np.empty((0, self.dim), np.float32)]
        for file, starts in enumerate(self.starts):
            first, last = int(starts[partition]), int(starts[partition + 1])
            if last > first:
                rows = self.folder.read(self.version, ["id", "vector"], first, last - first, file)
                found[0].append(rows["id"].to_numpy())
                found[1].append(_matrix(rows, "vector", self.dim))
        return np.concatenate(found[0]), np.concatenate(found[1])


class Spread:
    """Makes and removes the tables that a computation over many machines needs beside the vectors."""

    def __init__(self, store: Store, table: str, dim: int) -> None:
        self._store = store
        self._table = table
        self._dim = dim
        self._parts = table.replace("vectors_", "parts_", 1)
        self._nearest = table.replace("vectors_", "nearest_", 1)

    def rows(self) -> Rows:
        """All rows as they are now."""
        version, count = self._store.version(self._table), self._store.count(self._table)
        return Rows(Folder.of(self._store, self._table), version, count, self._dim)

    def begin_parts(self) -> Folder:
        """An empty place for `parts_rows`. What an earlier computation has left there is removed."""
        return self._anew(self._parts, parts(self._dim))

    def parts(self, folder: Folder, pieces: Sequence[str], starts: NDArray[np.int64]) -> Parts:
        """Make what was written readable; `starts` (pieces, partitions + 1) as in `Parts`."""
        return Parts(folder, folder.append(pieces, self._store.version(self._parts)), starts, self._dim)

    def end_parts(self) -> None:
        self._store.drop(self._parts)

    def begin_nearest(self, k: int) -> Folder:
        """An empty place for `nearest_rows`."""
        return self._anew(self._nearest, nearest(k))

    def end_nearest(self, folder: Folder, pieces: Sequence[str]) -> None:
        """Make the neighbours that were written readable, in one commit."""
        folder.append(pieces, self._store.version(self._nearest))

    def nearest(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Ids (n,), their neighbours' ids (n, k) and similarities (n, k), all at once: 12 bytes a neighbour."""
        found = self._store.select(self._nearest, nearest(k).names)
        others = found["others"].combine_chunks().flatten().to_numpy().reshape(-1, k)
        return found["id"].to_numpy(), others, _matrix(found, "similarity", k)

    def nearest_rows(self) -> tuple[Folder, int, int]:
        """Where the neighbours lie, the version and the number of rows, for reading in parts."""
        version, count = self._store.version(self._nearest), self._store.count(self._nearest)
        return Folder.of(self._store, self._nearest), version, count

    def _anew(self, table: str, schema: pa.Schema) -> Folder:
        self._store.drop(table)
        self._store.create(table, schema)
        return Folder.of(self._store, table)


def parts_rows(partition: NDArray[np.int32], ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> pa.Table:
    """Rows for `Parts`, in the order of their partitions."""
    dim = vectors.shape[1]
    return pa.table(
        {"partition": partition, "id": ids, "vector": _column(vectors)},
        schema=parts(dim),
    )


def nearest_rows(ids: NDArray[np.int64], others: NDArray[np.int64], similarity: NDArray[np.float32]) -> pa.Table:
    """Rows of neighbours: ids (m,), their neighbours' ids (m, k) and similarities (m, k)."""
    columns = {"id": ids, "others": _column(others), "similarity": _column(similarity)}
    return pa.table(columns, schema=nearest(others.shape[1]))


def _column(matrix: NDArray[np.float32] | NDArray[np.int64]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1])


def _matrix(rows: pa.Table, column: str, width: int) -> NDArray[np.float32]:
    values: NDArray[np.float32] = rows[column].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, width)
