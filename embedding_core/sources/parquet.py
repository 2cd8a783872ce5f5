"""Parquet files: their columns, and which of them holds images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from embedding_core.errors import InvalidSource
from embedding_core.sources.columns import distinct, plain


def is_parquet(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(4) == b"PAR1"


UNSOUND = (pa.ArrowException, OSError, UnicodeDecodeError)  # what pyarrow raises on a damaged file


@contextmanager
def opened(file: Path | pa.BufferReader, name: str) -> Iterator[pq.ParquetFile]:
    """The file, open; everything that can be wrong with it becomes `InvalidSource`."""
    try:
        # Buffered and not read ahead: a column is streamed page by page, however large its row group is.
        with pq.ParquetFile(file, buffer_size=2**20, pre_buffer=False) as parquet:
            yield parquet
    except UNSOUND as error:
        raise InvalidSource(f"{name} is not a sound Parquet file: {error}.") from error


def image_column(parquet: pq.ParquetFile) -> str | None:
    """The first column of bytes, or of the Hugging Face form `{bytes, path}`, that has any bytes."""
    for field in parquet.schema_arrow:
        leaf = bytes_leaf(field)
        if leaf is not None and _has_values(parquet, leaf):
            return str(field.name)
    return None


def bytes_leaf(field: pa.Field) -> str | None:
    """The Parquet path of a field's bytes: its own name, or `name.bytes`."""
    if _is_binary(field.type):
        return str(field.name)
    if pa.types.is_struct(field.type):
        index = field.type.get_field_index("bytes")
        if index >= 0 and _is_binary(field.type.field(index).type):
            return f"{field.name}.bytes"
    return None


def read_columns(parquet: pq.ParquetFile) -> pa.Table:
    """All columns but bytes and vectors, as int64, double, bool or string. Class numbers become the classes' names.

    A Hugging Face column `{bytes, path}` is represented by its paths. Raises one of `UNSOUND`.
    """
    names, columns = [], []
    classes = class_names(parquet.schema_arrow)
    for field in parquet.schema_arrow:
        leaf = bytes_leaf(field)
        if _is_vector(field.type):
            continue
        if leaf is None:
            column = parquet.read(columns=[field.name])[field.name]
            columns.append(_named(column, classes[field.name]) if field.name in classes else plain(column))
        elif "path" in _children(field.type):
            columns.append(plain(pc.struct_field(parquet.read(columns=[f"{field.name}.path"])[field.name], "path")))
        else:
            continue
        names.append(field.name)
    table = pa.table(columns, distinct(names))
    table.validate(full=True)  # text that is no UTF-8 shows here, and not at some later use
    return table


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of classes by column, where `datasets` has left them in the schema's metadata (`ClassLabel`)."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            column: [str(name) for name in feature["names"]]
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature["names"], list)
        }
    except (KeyError, TypeError, AttributeError, ValueError):  # absent, or of a form that nobody promised
        return {}


def _named(column: pa.ChunkedArray, classes: list[str]) -> pa.ChunkedArray:
    if not pa.types.is_integer(column.type):
        return plain(column)
    known = pc.and_(pc.greater_equal(column, 0), pc.less(column, len(classes)))
    return pc.take(pa.array(classes, pa.string()), pc.if_else(known, column, None))


def _has_values(parquet: pq.ParquetFile, leaf: str) -> bool:
    metadata = parquet.metadata
    indices = [index for index in range(metadata.num_columns) if metadata.schema.column(index).path == leaf]
    for group in range(metadata.num_row_groups):
        for index in indices:
            chunk = metadata.row_group(group).column(index)
            if not chunk.is_stats_set or not chunk.statistics.has_null_count:
                return True
            if chunk.statistics.null_count < metadata.row_group(group).num_rows:
                return True
    return False


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def _is_vector(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists and pa.types.is_floating(kind.value_type))


def _children(kind: pa.DataType) -> list[str]:
    return [field.name for field in kind] if pa.types.is_struct(kind) else []
