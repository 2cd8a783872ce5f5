"""The vectors of one dataset: one table per encoder, each row remembering which content was embedded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard, card_from_json, card_to_json
from embedding_core.errors import NotEmbedded
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.workspace.attributes import align
from embedding_core.workspace.embedding import Embedding
from embedding_core.workspace.schema import ENCODINGS, vectors
from embedding_core.workspace.staged import Staged, vector_rows
from embedding_core.workspace.store import Row, Store, id_filters, quoted


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoder that a dataset has vectors from."""

    card: EncoderCard
    count: int  # vectors


@dataclass(frozen=True)
class Vectors:
    """Reads and writes the vector tables of the dataset `uuid`."""

    uuid: str
    name: str  # of the dataset, for messages
    _store: Store = field(repr=False, compare=False)

    def encodings(self) -> list[Encoding]:
        return [
            Encoding(card_from_json(row["card"]), self._store.count(row["table"]))
            for row in sorted(self._rows(), key=lambda row: str(row["encoder"]))
        ]

    def embedding(self, encoder_id: str) -> Embedding:
        """The vectors from one encoder. Raises `NotEmbedded` when there are none."""
        card, table = self._encoding(encoder_id)
        images = self._images()
        kept = images.filter(self._current(images, table))
        if not len(kept):
            raise self._not_embedded(encoder_id)
        ids = np.array(kept["id"], dtype=np.int64)
        ids.flags.writeable = False
        shas = kept["sha256"]
        first = "".join(pc.utf8_slice_codeunits(shas, 0, 16).to_pylist())
        contents = np.frombuffer(bytes.fromhex(first), ">u8").astype(np.uint64)
        contents.flags.writeable = False
        content = digest(ids.tobytes() + "".join(shas.to_pylist()).encode())
        name = fingerprint("embedding", 1, card.fingerprint, content)
        return Embedding(ids, contents, card, name, self._store, table)

    def missing(self, card: EncoderCard) -> list[int]:
        """Ids of the images that have no vector from this encoder, in the order of their paths."""
        images = self._images()
        try:
            stored, table = self._encoding(card.id)
        except NotEmbedded:
            stored = None
        if stored is not None and stored.fingerprint == card.fingerprint:
            images = images.filter(pc.invert(self._current(images, table)))
        ids: list[int] = images["id"].to_pylist()
        return ids

    def put(self, card: EncoderCard, ids: Sequence[int], shas: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Store vectors (m, d) of these images; `shas` say which content was embedded. One atomic commit."""
        self._store.upsert(self._encoding_table(card), "id", vector_rows(ids, shas, matrix))

    def staged(self, card: EncoderCard) -> Staged:
        """Vectors from this encoder that many processes write and one commits."""
        return Staged(self._store, self._encoding_table(card), card)

    def drop(self, encoder_id: str) -> None:
        """Delete all vectors from one encoder. Raises `NotEmbedded`."""
        _, table = self._encoding(encoder_id)
        self._store.delete("encodings", f"key = {quoted(self.uuid + '/' + encoder_id)}")
        self._store.drop(table)

    def forget(self, ids: Iterable[int]) -> None:
        """Delete the vectors of these images, from every encoder."""
        filters = list(id_filters(ids))
        for table in self.tables():
            for where in filters:
                if self._store.count(table, where):
                    self._store.delete(table, where)

    def tables(self) -> list[str]:
        return [str(row["table"]) for row in self._rows()]

    def _images(self) -> pa.Table:
        """id and sha256 of all images, in the order of their paths."""
        rows = self._store.select(f"images_{self.uuid}", ["id", "path", "sha256"])
        return rows.select(["id", "sha256"]).take(pc.sort_indices(rows["path"]))

    def _current(self, images: pa.Table, table: str) -> pa.ChunkedArray:
        """Which of `images` (n,) have a vector in `table` of the content that they have now."""
        embedded = align(self._store.select(table, ["id", "sha256"]), images["id"].to_numpy())
        return pc.equal(embedded["sha256"], images["sha256"]).fill_null(False)

    def _rows(self) -> list[Row]:
        """What is known of the encoders that this dataset has vectors from."""
        return [row for row in self._store.rows("encodings", ENCODINGS.names) if row["dataset"] == self.uuid]

    def _encoding(self, encoder_id: str) -> tuple[EncoderCard, str]:
        for row in self._rows():
            if row["encoder"] == encoder_id:
                return card_from_json(row["card"]), str(row["table"])
        raise self._not_embedded(encoder_id)

    def _encoding_table(self, card: EncoderCard) -> str:
        """The table for an encoder's vectors, made when missing, emptied when the encoder itself has changed."""
        key = f"{self.uuid}/{card.id}"
        table = f"vectors_{self.uuid}_{digest(card.id.encode())[:12]}"
        try:
            known, _ = self._encoding(card.id)
        except NotEmbedded:
            self._store.create(table, vectors(card.dim))
        else:
            if known.fingerprint == card.fingerprint:
                return table
            self._store.replace(table, vectors(card.dim).empty_table())
        row = {
            "key": [key],
            "dataset": [self.uuid],
            "encoder": [card.id],
            "table": [table],
            "card": [card_to_json(card)],
        }
        self._store.upsert("encodings", "key", pa.table(row, schema=ENCODINGS))
        return table

    def _not_embedded(self, encoder_id: str) -> NotEmbedded:
        return NotEmbedded(
            f"The images of {self.name!r} have no vectors from {encoder_id!r} yet. "
            f"Run: python -m embedding_core embed {self.name!r} --encoder {encoder_id}"
        )
