"""Vectors with what they belong to: as npz for numpy, as Parquet for tables. In the order of paths, row by row."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from embedding_core.errors import InvalidInput
from embedding_core.export.archive import Member, Sink, cut, zipped
from embedding_core.export.taking import Missing
from embedding_core.ids import find

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.export.taking import Taken
    from embedding_core.workspace import Embedding

BATCH = 4096  # vectors written at a time
HELD = 256 * 2**20  # bytes of vectors that are put in order in memory; more are, in a file


def npz(taken: Taken) -> Iterator[Member]:
    """Arrays `vectors` (n, d) float32, `ids` (n,) int64, `paths`, `labels`, `splits` (n,), "" for none; no pickle."""
    yield Member("embeddings.npz", zipped(_arrays(taken)))


def parquet(taken: Taken) -> Iterator[Member]:
    """Columns `id`, `path`, `label`, `split` and `vector`, a list of d float32."""
    yield Member("embeddings.parquet", _table(taken))


def _arrays(taken: Taken) -> Iterator[Member]:
    embedding, rows = _embedded(taken)
    ids = taken.rows["id"].to_numpy()[rows]
    shape = (len(rows), embedding.card.dim)
    vectors = (block.tobytes() for block in ordered(embedding, ids))
    yield Member("vectors.npy", array("<f4", shape, vectors), 128 + shape[0] * shape[1] * 4)
    yield Member("ids.npy", array("<i8", shape[:1], iter([ids.astype("<i8").tobytes()])), 128 + len(ids) * 8)
    for name in ("path", "label", "split"):
        said = taken.rows[name].take(pa.array(rows)).to_pylist()
        yield texts(f"{name}s.npy", [text or "" for text in said])


def texts(member: str, given: Sequence[str]) -> Member:
    """Texts (n,) as a .npy file of fixed width."""
    width = max(1, *map(len, given)) if given else 1
    kind = f"<U{width}"
    parts = (np.array(given[at : at + BATCH], kind).tobytes() for at in range(0, len(given), BATCH))
    return Member(member, array(kind, (len(given),), parts), 128 + 4 * width * len(given))


def array(kind: str, shape: tuple[int, ...], content: Iterator[bytes]) -> Iterator[bytes]:
    """A .npy file, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": kind, "fortran_order": False, "shape": shape})
    yield head.getvalue()
    for part in content:
        yield from cut(part)


def _table(taken: Taken) -> Iterator[bytes]:
    embedding, rows = _embedded(taken)
    known = taken.rows.select(["id", "path", "label", "split"]).take(pa.array(rows))
    schema = pa.schema([*known.schema, pa.field("vector", pa.list_(pa.float32(), embedding.card.dim))])
    schema = schema.with_metadata({"encoder": embedding.card.id})
    sink = Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, "w"), schema, compression="none") as writer:
        start = 0
        for block in ordered(embedding, known["id"].to_numpy()):
            part = known.slice(start, len(block)).columns
            values = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1)), embedding.card.dim)
            writer.write_table(pa.table([*part, values], schema=schema))
            start += len(block)
            yield from cut(sink.take())
    yield from cut(sink.take())


def _embedded(taken: Taken) -> tuple[Embedding, NDArray[np.int64]]:
    """The embedding, and which rows of what is taken it has vectors of; the others are noted."""
    embedding = taken.embedding
    if embedding is None:
        raise InvalidInput("This format holds vectors. Say from which encoder.")
    has = find(taken.rows["id"].to_numpy(), embedding.ids) >= 0
    paths = taken.rows["path"].filter(pa.array(~has)).to_pylist()
    taken.missing.extend(Missing(path, f"It has no vector from {embedding.card.id}.") for path in paths)
    return embedding, np.flatnonzero(has)


def ordered(embedding: Embedding, ids: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    """The vectors (b, d) of these images (m,), all of which have one, in this order and a batch at a time.

    Vectors are stored in the order in which they were made. Many are put in order in a file without a name, so that
    memory stays flat.
    """
    shape = (len(ids), embedding.card.dim)
    order = np.argsort(ids)

    def fill(room: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        for some, vectors in embedding.batches(BATCH):
            at = find(some, ids, order)
            room[at[at >= 0]] = vectors[at >= 0]
        for start in range(0, len(ids), BATCH):
            yield np.array(room[start : start + BATCH])

    if shape[0] * shape[1] * 4 <= HELD:
        yield from fill(np.empty(shape, np.float32))
        return
    with tempfile.TemporaryFile(prefix="kindred-") as file:
        yield from fill(np.memmap(file, np.float32, "w+", shape=shape))
