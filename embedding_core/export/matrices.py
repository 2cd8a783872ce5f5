"""A matrix that was made of a dataset, with what it belongs to and what it was made by: as npz and as Parquet.

Both hold all that is needed to make the same numbers of new images: small arrays (`extras`), beside the matrix in an
npz, as base64 of their bytes in the metadata of a Parquet; `about` is JSON.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from embedding_core.errors import UnknownName
from embedding_core.export.archive import Member, Sink, cut, zipped
from embedding_core.export.embeddings import array, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABOUT = "kindred"  # key of what is said of a matrix


class UnknownForm(UnknownName):
    noun = "form of a file"


@dataclass(frozen=True, eq=False, slots=True)
class Matrix:
    """n rows of `dim` numbers, a block at a time."""

    column: str  # what it is called: vectors, features
    ids: NDArray[np.int64]  # (n,)
    paths: Sequence[str]
    labels: Sequence[str]  # "" for none
    splits: Sequence[str]
    dim: int
    kind: str  # float32, float16 or int8
    blocks: Callable[[], Iterator[NDArray[Any]]]  # (b, dim) each, in the order of `ids`
    extras: Mapping[str, NDArray[Any]]
    about: Mapping[str, Any]


def npz(matrix: Matrix) -> Iterator[bytes]:
    """Arrays `ids`, `paths`, `labels`, `splits`, the matrix, each of `extras`, and `about` as a text; no pickle."""
    return zipped(_arrays(matrix))


def parquet(matrix: Matrix) -> Iterator[bytes]:
    """Columns `id`, `path`, `label`, `split` and the matrix as a list of `dim` numbers a row."""
    kind = {"float32": pa.float32(), "float16": pa.float16(), "int8": pa.int8()}[matrix.kind]
    known = [("id", pa.int64()), ("path", pa.string()), ("label", pa.string()), ("split", pa.string())]
    extras = {
        name: {"type": one.dtype.str, "shape": list(one.shape), "base64": base64.b64encode(one.tobytes()).decode()}
        for name, one in matrix.extras.items()
    }
    schema = pa.schema([*known, (matrix.column, pa.list_(kind, matrix.dim))])
    schema = schema.with_metadata({ABOUT: json.dumps({**matrix.about, "arrays": extras}, ensure_ascii=False)})
    sink = Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, "w"), schema, compression="zstd") as writer:
        start = 0
        for block in matrix.blocks():
            part = slice(start, start + len(block))
            values = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1), kind), matrix.dim)
            said = (
                pa.array([text or None for text in one[part]], pa.string()) for one in (matrix.labels, matrix.splits)
            )
            columns = [pa.array(matrix.ids[part]), pa.array(matrix.paths[part], pa.string()), *said]
            writer.write_table(pa.table([*columns, values], schema=schema))
            start += len(block)
            yield from cut(sink.take())
    yield from cut(sink.take())


FORMS: Mapping[str, Callable[[Matrix], Iterator[bytes]]] = {"npz": npz, "parquet": parquet}


def written(matrix: Matrix, form: str) -> Iterator[bytes]:
    """The matrix in one of `FORMS`. Raises `UnknownForm`."""
    if form not in FORMS:
        raise UnknownForm(form, FORMS)
    return FORMS[form](matrix)


def extras_of(file: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The small arrays beside a matrix in a Parquet file, and what is said of it."""
    about = json.loads(pq.read_schema(file).metadata[ABOUT.encode()])
    arrays = {
        name: np.frombuffer(base64.b64decode(one["base64"]), one["type"]).reshape(one["shape"])
        for name, one in about.pop("arrays").items()
    }
    return arrays, about


def _arrays(matrix: Matrix) -> Iterator[Member]:
    n, kind = len(matrix.ids), np.dtype(matrix.kind).newbyteorder("<")
    blocks = (np.ascontiguousarray(block, kind).tobytes() for block in matrix.blocks())
    size = 128 + n * matrix.dim * kind.itemsize
    yield Member(f"{matrix.column}.npy", array(kind.str, (n, matrix.dim), blocks), size)
    yield Member("ids.npy", array("<i8", (n,), iter([matrix.ids.astype("<i8").tobytes()])), 128 + n * 8)
    for name in ("paths", "labels", "splits"):
        yield texts(f"{name}.npy", getattr(matrix, name))
    for name, one in matrix.extras.items():
        if one.dtype.kind == "U":
            yield texts(f"{name}.npy", one.tolist())
        else:
            yield Member(f"{name}.npy", array(one.dtype.str, one.shape, iter([one.tobytes()])), 128 + one.nbytes)
    yield texts("about.npy", [json.dumps(matrix.about, ensure_ascii=False)])
