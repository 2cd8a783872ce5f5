"""Vectors that many processes write straight into a table's folder and one of them commits, all at once.

A piece is a file that lies where the table lies and belongs to no version of it yet. What has been written is
remembered in a table of its own, so that a driver that is killed goes on where it was. Pieces that nobody remembers are
never read, and Lance removes them when it cleans up. Needs `pylance`, Lance's own library, for what LanceDB lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard
from embedding_core.fingerprint import digest
from embedding_core.workspace.pieces import Folder, lance
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


class Staged:
    """The blocks of one table of vectors that have been written and are not committed."""

    def __init__(self, store: Store, table: str, card: EncoderCard) -> None:
        """Raises `InvalidInput` when the library is missing."""
        lance()
        self._store = store
        self._table = table
        self._card = card
        self._record = table.replace("vectors_", "staged_", 1)
        store.create(self._record, STAGED)

    def folder(self) -> Folder:
        """Where the pieces go."""
        return Folder.of(self._store, self._table)

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
        blocks = self.kept()
        version = self._store.version(self._table)
        stored = self._store.select(self._table, ["id"])["id"].to_numpy()
        fresh = [block for block in blocks if not np.isin(block.ids, stored).any()]
        if fresh:
            made = self.folder().append([piece for block in fresh for piece in block.pieces], version)
            if made != version + 1:  # Lance has put it after a commit that was not looked at
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
