"""Columns that come with images: read from CSV, given one of four types, and the column of paths found."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from embedding_core.errors import InvalidSource
from embedding_core.sources.paths import has_image_name

NO_COLUMNS = pa.table({"path": pa.array([], pa.string())})

PATH_NAMES = (
    *("file", "file_name", "filename", "path", "file_path", "filepath"),
    *("image", "image_path", "image_file", "image_name", "img", "img_path"),
)
_DELIMITERS = ",;\t|"
_BLOCK = 16 * 2**20  # bytes; a row must fit
_WHOLE = r"^[+-]?(0|[1-9][0-9]*)$"  # not 007, which is a name
_DECIMAL = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?(?i:nan|inf|infinity)$"
_BOOLEAN = r"^(?i:true|false)$"


def read_csv(content: bytes, what: str) -> pa.Table:
    """A typed table of a CSV file whose first row holds the names. Raises `InvalidSource`, which calls it `what`.

    Commas, semicolons, tabs and bars separate; UTF-8, UTF-16 and, failing these, Windows-1252 are read. An empty cell
    is null. Values keep their meaning: a column becomes numbers only when nothing is lost by it.
    """
    text = decoded(content)
    delimiter = delimiter_of(text)
    stream = io.StringIO(text, newline="")
    try:
        names = distinct(next(filter(None, csv.reader(stream, delimiter=delimiter)), []))
    except csv.Error as error:
        raise InvalidSource(f"{what} is not a CSV table: {error}.") from error
    if not names:
        raise InvalidSource(f"{what} is empty. Its first row must hold the names of the columns.")
    rows = stream.read().encode()
    if not rows.strip():
        return pa.table({name: pa.array([], pa.string()) for name in names})
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(rows),
            arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise InvalidSource(f"{what} is not a sound CSV table: {error}.") from error
    return pa.table([_typed(column) for column in table.columns], names)


def distinct(names: Sequence[str]) -> list[str]:
    """Column names, trimmed, none empty, none twice."""
    found: list[str] = []
    for index, given in enumerate(names, start=1):
        name, count = given.strip() or f"column {index}", 1
        while name in found:
            count += 1
            name = f"{given.strip()} ({count})"
        found.append(name)
    return found


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as int64, double, bool or string; lists and records as JSON text, moments as ISO text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if pa.types.is_boolean(kind) or kind in (pa.int64(), pa.float64(), pa.string()):
        return column
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return column.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_nested(kind):
        texts = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return column.cast(pa.string())


def path_column(table: pa.Table) -> str | None:
    """The column that names image files: one of the usual names, else the first that looks it."""
    texts: list[str] = [name for name in table.column_names if pa.types.is_string(table.schema.field(name).type)]
    lowered = {name.lower(): name for name in reversed(texts)}
    for usual in PATH_NAMES:
        if usual in lowered:
            return lowered[usual]
    return next((name for name in texts if _looks_like_paths(table[name])), None)


def unite(tables: Sequence[pa.Table]) -> pa.Table:
    """All rows under all columns. Where types differ, whole numbers become decimal ones, anything else text."""
    types: dict[str, pa.DataType] = {}
    for field in (field for table in tables for field in table.schema):
        kind = types.setdefault(field.name, field.type)
        if kind != field.type:
            types[field.name] = pa.float64() if {kind, field.type} == {pa.int64(), pa.float64()} else pa.string()
    return pa.concat_tables(
        [table.cast(pa.schema([(name, types[name]) for name in table.column_names])) for table in tables],
        promote_options="default",
    )


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    column = pc.utf8_trim_whitespace(column)
    column = pc.if_else(pc.equal(column, ""), None, column)
    if column.null_count == len(column):
        return column
    for pattern, kind in ((_WHOLE, pa.int64()), (_DECIMAL, pa.float64()), (_BOOLEAN, pa.bool_())):
        if pc.all(pc.match_substring_regex(column, pattern)).as_py():
            try:
                return pc.utf8_ltrim(column, "+").cast(kind)
            except pa.ArrowInvalid:  # a whole number past 64 bits is a name, not an amount
                return column
    return column


def _looks_like_paths(column: pa.ChunkedArray) -> bool:
    values = column.drop_null().slice(0, 1000).to_pylist()
    return sum(map(has_image_name, values)) * 2 > len(values)


def decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def delimiter_of(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)  # a comma when there is none of them
