"""The thin layer over LanceDB: open, upsert, select, delete. Nothing above this file names it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedding_core.errors import WorkspaceError
from embedding_core.workspace import bucket
from embedding_core.workspace.bucket import explaining
from embedding_core.workspace.lance import lancedb

ID_CHUNK = 5_000  # ids named in one filter expression
# Lance keeps what it knows of its files, by default in up to 7 GB; of a column with one large value that is the value.
CACHES = 64 * 2**20  # bytes, each
TRIES = 20  # of a commit that another process was ahead of, before it fails
PAUSE = 0.05  # seconds before trying again, times a random number and the number of the try

Row = Mapping[str, Any]


class Store:
    """Tables by name under one URI: a folder, or a bucket such as `s3://…`."""

    def __init__(self, uri: str) -> None:
        bucket.check(uri)
        self.uri = uri
        if not bucket.remote(uri):
            folder = Path(uri)
            if folder.exists() and not folder.is_dir():
                raise WorkspaceError(f"The workspace must be a folder, and {uri} is a file. Set KINDRED_WORKSPACE.")
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise WorkspaceError(f"Cannot create the workspace {uri}: {error.strerror}.") from error
        self._database: Any = self._connected()
        self._tables: dict[str, Any] = {}
        self._small: dict[str, tuple[int, tuple[Row, ...]]] = {}  # version and rows
        self._lock = threading.Lock()

    @explaining
    def _connected(self) -> Any:
        options = bucket.options(self.uri)
        if options:  # a bucket that is not there is found out in seconds, not after all the patience for one that is
            lancedb.connect(self.uri, storage_options={**options, **bucket.PROBE})
        # Interval zero: every read sees what other processes have committed.
        return lancedb.connect(
            self.uri,
            read_consistency_interval=timedelta(0),
            session=lancedb.Session(index_cache_size_bytes=CACHES, metadata_cache_size_bytes=CACHES),
            storage_options=options,
        )

    @explaining
    def names(self) -> list[str]:
        names: list[str] = []
        token: str | None = None
        while True:
            page = self._database.list_tables(page_token=token, limit=1000)
            names += page.tables
            token = page.page_token
            if not token:
                return names

    @explaining
    def create(self, name: str, schema: pa.Schema) -> None:
        """Make sure that a table is there. Another process may be making the same one."""
        if self.exists(name):
            return
        try:
            self._database.create_table(name, schema=schema)
        except (ValueError, OSError, RuntimeError):
            if not self.exists(name):
                raise

    @explaining
    def exists(self, name: str) -> bool:
        """Whether a table can be read. One whose making was cut off has files and is listed, yet is not there."""
        try:
            self._table(name)
        except ValueError as error:
            if "was not found" in str(error):
                return False
            raise
        return True

    @explaining
    def drop(self, name: str) -> None:
        with self._lock:
            self._tables.pop(name, None)
        self._database.drop_table(name, ignore_missing=True)

    @explaining
    def replace(self, name: str, rows: pa.Table) -> None:
        """Put `rows` in place of a whole table, atomically; its columns may change. Of two at once, the last counts."""
        self._again(lambda: self._database.create_table(name, data=rows, mode="overwrite"))
        with self._lock:
            self._tables.pop(name, None)

    @explaining
    def widen(self, name: str, fields: Sequence[pa.Field]) -> None:
        """Add those columns that are not there yet, as null in every row. Another process may be adding the same."""

        def add() -> None:
            table = self._table(name)
            absent = [field for field in fields if field.name not in table.schema.names]
            if absent:
                table.add_columns(pa.schema(absent))

        self._again(add)

    @explaining
    def upsert(self, name: str, key: str, rows: pa.Table) -> None:
        """Insert rows, or replace those with the same key. One atomic commit.

        Of two processes that insert the same key at once one replaces the other's row: the schema marks the key, and
        Lance then compares what was inserted meanwhile.
        """
        if rows.num_rows:
            merge = self._table(name).merge_insert(key).when_matched_update_all().when_not_matched_insert_all()
            self._again(lambda: merge.execute(_keyed(rows, key)))

    @explaining
    def insert(self, name: str, key: str, rows: pa.Table, *, over: str | None = None) -> int:
        """Insert rows whose key is not there yet, and say how many; the others stay as they are. One atomic commit.

        With `over`, a condition on columns of `target`, rows for which it holds are replaced too. Of several processes
        that insert the same key at once exactly one does.
        """
        written = 0
        if rows.num_rows:
            merge = self._table(name).merge_insert(key).when_not_matched_insert_all()
            if over is not None:
                merge = merge.when_matched_update_all(where=over)

            def commit() -> None:
                nonlocal written
                done = merge.execute(_keyed(rows, key))
                written = int(done.num_inserted_rows + done.num_updated_rows)

            self._again(commit)
        return written

    @explaining
    def append(self, name: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self._again(lambda: self._table(name).add(rows))

    @explaining
    def delete(self, name: str, where: str) -> None:
        self._again(lambda: self._table(name).delete(where))

    @explaining
    def select(self, name: str, columns: Sequence[str], where: str | None = None) -> pa.Table:
        """Rows of a table, in no particular order."""
        query = self._table(name).search().select(list(columns))
        return (query.where(where) if where else query).to_arrow()

    def rows(self, name: str, columns: Sequence[str]) -> tuple[Row, ...]:
        """All rows of a small table, read again only after a commit. Always ask for the same columns of one table."""
        version = self.version(name)
        known, rows = self._small.get(name, (-1, ()))
        if known != version:
            rows = tuple(self.select(name, columns).to_pylist())
            self._small[name] = version, rows
        return rows

    def select_ids(self, name: str, columns: Sequence[str], ids: Iterable[int]) -> pa.Table:
        """The rows with these ids, in no particular order; ids that are not there are left out."""
        parts = [self.select(name, columns, where) for where in id_filters(ids)]
        if not parts:
            return self.schema(name).empty_table().select(list(columns))
        return pa.concat_tables(parts)

    def batches(self, name: str, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        """All rows, `size` at a time, so that memory stays flat."""
        with bucket.explained(self.uri):
            yield from self._table(name).search().select(list(columns)).to_batches(batch_size=size)

    @explaining
    def blobs(self, name: str, column: str, ids: Sequence[int]) -> dict[int, bytes]:
        """The bytes of a blob column by `id`; rows that are not there, or hold null, are left out."""
        table = self._table(name)
        found: dict[int, bytes] = {}
        for where in id_filters(ids):
            rows = table.search().where(where).with_row_id(True).select(["id"]).to_arrow()
            if rows.num_rows:
                values = table.fetch_blobs(column, rows["_rowid"].to_pylist()).to_pylist()
                found.update(zip(rows["id"].to_pylist(), values, strict=True))
        return {image_id: value for image_id, value in found.items() if value is not None}

    @explaining
    def count(self, name: str, where: str | None = None) -> int:
        return int(self._table(name).count_rows(where))

    @explaining
    def version(self, name: str) -> int:
        return int(self._table(name).version)

    def location(self, name: str) -> str:
        """Where the files of a table lie: a folder or a URI."""
        return str(self._table(name).uri)

    @explaining
    def schema(self, name: str) -> pa.Schema:
        return self._table(name).schema

    @explaining
    def tidy(self, name: str, *, above: int = 0) -> None:
        """Merge more than `above` fragments into few, so that reads stay fast. It writes all of them anew."""
        table = self._table(name)
        if table.stats()["fragment_stats"]["num_fragments"] > above:
            try:
                table.optimize()
            except (OSError, RuntimeError, ValueError) as error:
                if not bucket.conflicting(error):  # else someone is writing; the next one tidies
                    raise

    @staticmethod
    def _again(commit: Callable[[], Any]) -> None:
        """Commit, again when another process was ahead. Lance tries by itself first, but gives up where many write."""
        for number in range(1, TRIES + 1):
            try:
                commit()
                return
            except (OSError, RuntimeError, ValueError) as error:
                if number == TRIES or not bucket.conflicting(error):
                    raise
            time.sleep(PAUSE * number * random.random())  # noqa: S311 - to part two writers, not to keep a secret

    def _table(self, name: str) -> Any:
        with self._lock:
            table = self._tables.get(name)
            if table is None:
                table = self._tables[name] = self._database.open_table(name)
        return table


def _keyed(rows: pa.Table, key: str) -> pa.Table:
    """Rows whose key is never null, as Lance wants what goes into a table with a marked key."""
    fields = [field.with_nullable(False).remove_metadata() if field.name == key else field for field in rows.schema]
    return pa.table(rows.columns, schema=pa.schema(fields))


def quoted(text: str) -> str:
    """A string literal for a filter expression."""
    return "'" + text.replace("'", "''") + "'"


def id_filters(ids: Iterable[int]) -> Iterator[str]:
    """Filter expressions that together name all of `ids`."""
    wanted = [int(one) for one in ids]
    for start in range(0, len(wanted), ID_CHUNK):
        yield f"id IN ({','.join(map(str, wanted[start : start + ID_CHUNK]))})"
