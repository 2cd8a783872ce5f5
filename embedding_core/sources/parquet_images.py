"""Images that lie in a Parquet file as bytes, read row by row as they are asked for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.images.sniff import identify
from embedding_core.records import Candidate, Reason
from embedding_core.sources.base import Listing
from embedding_core.sources.columns import path_column
from embedding_core.sources.files import check_size
from embedding_core.sources.metadata import with_paths
from embedding_core.sources.parquet import UNSOUND, bytes_leaf, image_column, opened, read_columns
from embedding_core.sources.paths import clean, stem

BATCH_BYTES = 8 * 2**20
KEPT = 4  # batches; threads that decode side by side ask a little out of order
SUFFIXES = {"JPEG": ".jpg", "HEIF": ".heic"}


class ParquetSource:
    """A Parquet file with a column of image bytes, or of the Hugging Face form `image: {bytes, path}`.

    An image's path is the one in the table when every row has one of its own, and else the row's number: `000123.png`.
    Candidates come in the order of the rows; loading them in about this order streams through the file once, with a
    few batches in memory. `load` may be called from many threads.
    """

    def __init__(self, file: Path, name: str | None = None) -> None:
        """Open the file, which its owner calls `name`. Raises `InvalidSource` when it holds no image bytes."""
        self._name = name or file.name
        self._close = ExitStack()
        parquet = self._close.enter_context(opened(file, self._name))
        column = image_column(parquet)
        if column is None:
            self._close.close()
            raise InvalidSource(f"{self._name} holds no column of image bytes.")
        self._parquet, self._column = parquet, column
        self._rows = _Rows(parquet, column)

    @property
    def name(self) -> str:
        return stem(self._name)

    def listing(self) -> Listing:
        try:
            table = read_columns(self._parquet)
        except UNSOUND as error:
            raise InvalidSource(f"{self._name} is not a sound Parquet file: {error}.") from error
        named = self._column if self._column in table.column_names else path_column(table)
        paths = _own_paths(table[named].to_pylist()) if named is not None else None
        if paths is None:
            paths = self._numbered(self._parquet.metadata.num_rows)
            if named != self._column:
                named = None  # it did not become the paths, so it stays a column
        return Listing(
            candidates=tuple(Candidate(path, partial(self._load, row)) for row, path in enumerate(paths)),
            rejected=(),
            columns=with_paths(table, named, paths),
        )

    def close(self) -> None:
        self._close.close()

    def _load(self, row: int) -> bytes:
        try:
            content = self._rows.fetch(row)
        except UNSOUND as error:
            raise ImageRefused(Reason.CORRUPT, f"The table is damaged at row {row + 1}: {error}.") from error
        if content is None:
            raise ImageRefused(Reason.EMPTY, f"Row {row + 1} holds no image.")
        check_size(len(content))
        return content

    def _numbered(self, count: int) -> list[str]:
        """Numbers as names, with the suffix of the first image: its siblings are nearly always of one format."""
        try:
            form = identify(self._load(0)) if count else ""
        except ImageRefused:
            form = ""
        ending = SUFFIXES.get(form, f".{form.lower()}" if form else "")
        return [f"{row:06d}{ending}" for row in range(count)]


class _Rows:
    """The values of the image column by row number: one stream through the file, its last few batches kept."""

    def __init__(self, parquet: pq.ParquetFile, column: str) -> None:
        field = parquet.schema_arrow.field(column)
        self._parquet, self._leaf, self._column = parquet, bytes_leaf(field), column
        self._nested = pa.types.is_struct(field.type)
        metadata = parquet.metadata
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        self._starts = np.cumsum([0, *(group.num_rows for group in groups)])
        nbytes = sum(group.total_byte_size for group in groups)
        self._batch_rows = int(np.clip(BATCH_BYTES * metadata.num_rows // max(nbytes, 1), 1, 1024))
        self._lock = threading.Lock()
        self._kept: deque[tuple[int, pa.Array]] = deque(maxlen=KEPT)
        self._next = -1  # the row with which the stream goes on; -1 when there is none
        self._stream: Iterator[pa.RecordBatch] = iter(())

    def fetch(self, row: int) -> bytes | None:
        """The bytes in one row. Raises one of `UNSOUND` when the file is damaged there."""
        with self._lock:
            for start, values in self._kept:
                if start <= row < start + len(values):
                    return _value(values, row - start)
            group = int(np.searchsorted(self._starts, row, side="right")) - 1
            if self._next < self._starts[group] or row < self._next:
                self._restart(group)
            while True:
                start, values = self._advance()
                if row < start + len(values):
                    return _value(values, row - start)

    def _restart(self, group: int) -> None:
        self._kept.clear()
        self._next = int(self._starts[group])
        self._stream = self._batches(group)

    def _batches(self, first: int) -> Iterator[pa.RecordBatch]:
        """One row group after the other: in a single call a damaged group would spoil the batches before it."""
        for group in range(first, len(self._starts) - 1):
            yield from self._parquet.iter_batches(self._batch_rows, [group], [self._leaf], use_threads=False)

    def _advance(self) -> tuple[int, pa.Array]:
        start = self._next
        self._next = -1  # should reading fail, the next call starts anew
        batch = next(self._stream, None)
        if batch is None:
            raise pa.ArrowInvalid("it has fewer rows than it says")
        values = batch.column(0)
        if self._nested:
            values = pc.struct_field(values, "bytes")
        self._kept.append((start, values))
        self._next = start + len(values)
        return start, values


def _value(values: pa.Array, index: int) -> bytes | None:
    content: bytes | None = values[index].as_py()
    return content


def _own_paths(names: list[str | None]) -> list[str] | None:
    """The names as paths, if each row has one and no two agree."""
    try:
        paths = [clean(name or "") for name in names]
    except ImageRefused:
        return None
    return paths if len(set(paths)) == len(paths) else None
