"""Vectors that many processes write straight into a table's folder and one of them commits, all at once.

A piece is a file that lies where the table lies and belongs to no version of it yet. What has been written is
remembered in a table of its own, so that a driver that is killed goes on where it was. Pieces that nobody remembers are
never read, and Lance removes them when it cleans up. Needs `pylance`, Lance's own library, for what LanceDB lacks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest
from embedding_core.workspace import bucket
from embedding_core.workspace.schema import STAGED, vectors
from embedding_core.workspace.store import Store, id_filters, quoted


@dataclass(frozen=True, slots=True)
class Block:
    """Images whose vectors have been written."""

    ids: NDArray[np.int64]  # (m,)
    pieces: tuple[str, ...]  # Lance's description of each file, as JSON

    @property
    def name(self) -> str:
        return digest(self.ids.tobytes())[:32]


@dataclass(frozen=True, slots=True)
class Place:
    """Where pieces go: all that another machine must know of the table. Holds no secret."""

    uri: str
    dim: int
    version: str  # of Lance's file format, which all files of a table share

    def write(self, ids: Sequence[int], shas: Sequence[str], matrix: NDArray[np.float32]) -> tuple[str, ...]:
        """Write vectors (m, dim) of these images as a piece; returns its description. m is at least 1."""
        fragment = _lance().fragment
        with bucket.explained(self.uri):
            written = fragment.write_fragments(
                vector_rows(ids, shas, matrix),
                self.uri,
                schema=vectors(self.dim),
                mode="append",
                data_storage_version=self.version,
                storage_options=bucket.options(self.uri),
            )
        return tuple(json.dumps(piece.to_json()) for piece in written)


class Staged:
    """The blocks of one table of vectors that have been written and are not committed."""

    def __init__(self, store: Store, table: str, card: EncoderCard) -> None:
        """Raises `InvalidInput` when the library is missing."""
        _lance()
        self._store = store
        self._table = table
        self._card = card
        self._record = table.replace("vectors_", "staged_", 1)
        store.create(self._record, STAGED)

    def place(self) -> Place:
        uri = self._store.location(self._table)
        with bucket.explained(uri):
            found = _lance().dataset(uri, storage_options=bucket.options(uri))
        return Place(uri, self._card.dim, str(found.data_storage_version))

    def keep(self, block: Block) -> None:
        """Remember what has been written. One atomic commit; safe to repeat."""
        row = {
            "block": [block.name],
            "encoder": [self._card.fingerprint],
            "ids": [block.ids.tolist()],
            "pieces": [list(block.pieces)],
        }
        self._store.upsert(self._record, "block", pa.table(row, schema=STAGED))

    def kept(self) -> list[Block]:
        """What has been written of this encoder, by this process or an earlier one."""
        self._store.delete(self._record, f"encoder != {quoted(self._card.fingerprint)}")
        rows = self._store.select(self._record, ["ids", "pieces"]).to_pylist()
        return [Block(np.array(row["ids"], np.int64), tuple(row["pieces"])) for row in rows]

    def commit(self) -> int:
        """Put all that is kept into the table, in one commit, and forget it; returns how many images that were.

        A block of which someone else has stored an image meanwhile is dropped as a whole; those of its images that
        are still without a vector are missing, as before. The same holds for an image that is stored at the very
        moment. So no image is ever there twice for long.
        """
        lance = _lance()
        blocks = self.kept()
        version = self._store.version(self._table)
        stored = self._store.select(self._table, ["id"])["id"].to_numpy()
        fresh = [block for block in blocks if not np.isin(block.ids, stored).any()]
        if fresh:
            pieces = [lance.fragment.FragmentMetadata.from_json(piece) for block in fresh for piece in block.pieces]
            uri = self._store.location(self._table)
            with bucket.explained(uri):
                made = lance.LanceDataset.commit(
                    uri,
                    lance.LanceOperation.Append(pieces),
                    read_version=version,
                    storage_options=bucket.options(uri),
                )
            if made.version != version + 1:  # Lance has put it after a commit that was not looked at
                self._part(np.concatenate([block.ids for block in fresh]))
        self._forget(blocks)
        return sum(len(block.ids) for block in fresh)

    def _part(self, ids: NDArray[np.int64]) -> None:
        """Remove the vectors of images that are there twice: one that is missing is embedded again."""
        stored = np.sort(self._store.select(self._table, ["id"])["id"].to_numpy())
        twice = np.intersect1d(stored[1:][stored[1:] == stored[:-1]], ids)
        for where in id_filters(twice.tolist()):
            self._store.delete(self._table, where)

    def _forget(self, blocks: Iterable[Block]) -> None:
        names = [quoted(block.name) for block in blocks]
        for start in range(0, len(names), 1000):
            self._store.delete(self._record, f"block IN ({','.join(names[start : start + 1000])})")


def vector_rows(ids: Sequence[int], shas: Sequence[str], matrix: NDArray[np.float32]) -> pa.Table:
    """Rows of a table of vectors (m, d)."""
    dim = matrix.shape[1]
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), dim)
    return pa.table({"id": pa.array(ids, pa.int64()), "sha256": list(shas), "vector": column}, schema=vectors(dim))


def _lance() -> Any:
    """Raises `InvalidInput` when it is not installed."""
    if find_spec("lance") is None:
        raise InvalidInput(
            "Writing from several machines needs Lance's library: pip install -r requirements-cluster.txt"
        )
    import lance

    return lance
