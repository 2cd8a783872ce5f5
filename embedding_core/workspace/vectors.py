"""The vectors of one dataset: one table per encoder, each row remembering which content was embedded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard, card_from_json, card_to_json
from embedding_core.errors import NotEmbedded
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.workspace.embedding import Embedding
from embedding_core.workspace.schema import ENCODINGS, vectors
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
        images = self._store.select(f"images_{self.uuid}", ["id", "path", "sha256"]).sort_by("path")
        current = _current(self._store, table)
        kept = [(image, sha) for image, sha in _pairs(images) if current.get(image) == sha]
        if not kept:
            raise self._not_embedded(encoder_id)
        ids = np.array([image for image, _ in kept], dtype=np.int64)
        ids.flags.writeable = False
        content = digest(ids.tobytes() + "".join(sha for _, sha in kept).encode())
        return Embedding(ids, card, fingerprint("embedding", 1, card.fingerprint, content), self._store, table)

    def missing(self, card: EncoderCard) -> list[int]:
        """Ids of the images that have no vector from this encoder, in the order of their paths."""
        images = self._store.select(f"images_{self.uuid}", ["id", "path", "sha256"]).sort_by("path")
        try:
            stored, table = self._encoding(card.id)
        except NotEmbedded:
            return [int(image) for image in images["id"].to_pylist()]
        current = _current(self._store, table) if stored.fingerprint == card.fingerprint else {}
        return [image for image, sha in _pairs(images) if current.get(image) != sha]

    def put(self, card: EncoderCard, ids: Sequence[int], shas: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Store vectors (m, d) of these images; `shas` say which content was embedded. One atomic commit."""
        table = self._encoding_table(card)
        column = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), card.dim)
        rows = pa.table(
            {"id": pa.array(ids, pa.int64()), "sha256": list(shas), "vector": column}, schema=vectors(card.dim)
        )
        self._store.upsert(table, "id", rows)

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


def _current(store: Store, table: str) -> Mapping[int, str]:
    return dict(_pairs(store.select(table, ["id", "sha256"])))


def _pairs(rows: pa.Table) -> list[tuple[int, str]]:
    return list(zip(rows["id"].to_pylist(), rows["sha256"].to_pylist(), strict=True))
