"""`metadata.csv`: what is said of the images beside it, in a column a property."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.columns import NO_COLUMNS, distinct, path_column, read_csv, unite
from embedding_core.sources.matching import match
from embedding_core.sources.parquet import opened, read_columns


def is_metadata(path: str) -> bool:
    return path.rsplit("/", 1)[-1].lower() == "metadata.csv"


def gather(described: Iterable[Candidate], paths: Sequence[str], columns: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """Read the tables and keep their rows for the images at `paths`, below the rows of `columns`.

    A table names images relative to its own folder, in a column such as `file`, `file_name` or `path`. Of several
    tables that speak of an image the nearest counts, of several rows the first.

    Returns the columns and the tables that could not be used.
    """
    tables, unusable = [columns], []
    left = set(paths) - set(columns["path"].to_pylist())
    for one in sorted(described, key=lambda one: (-one.path.count("/"), one.path)):
        try:
            table = aligned(_read(one), one.path, left)
        except ImageRefused as error:
            unusable.append(Rejected(one.path, error.reason, error.detail))
        except InvalidSource as error:
            unusable.append(Rejected(one.path, Reason.CORRUPT, str(error)))
        else:
            left.difference_update(table["path"].to_pylist())
            tables.append(table)
    filled = [table for table in tables if len(table)]
    return (unite(filled) if filled else NO_COLUMNS), unusable


def aligned(table: pa.Table, where: str, paths: Iterable[str]) -> pa.Table:
    """The rows of `table`, which lies at `where`, that speak of images at `paths`: `path`, then the other columns.

    Only images beside or below the table are meant. Raises `InvalidSource` when no column names files.
    """
    column = path_column(table)
    if column is None:
        known = ", ".join(table.column_names)
        raise InvalidSource(f"{where} was not used: none of its columns names files ({known}). Call one `file`.")
    folder = where.rpartition("/")[0]
    names = [f"{folder}/{name}" if folder and name else name for name in table[column].to_pylist()]
    below = (path for path in paths if not folder or path.startswith(f"{folder}/"))
    return with_paths(table, column, match(names, below))


def _read(one: Candidate) -> pa.Table:
    content = one.load()
    if not content.startswith(b"PAR1"):
        return read_csv(content, one.path)
    with opened(pa.BufferReader(content), one.path) as parquet:
        return read_columns(parquet)


def with_paths(table: pa.Table, column: str | None, paths: Sequence[str | None]) -> pa.Table:
    """`table` with `paths` as its first column instead of `column`; rows whose path is None are left out."""
    others = [name for name in table.column_names if name != column]
    rows = [row for row, path in enumerate(paths) if path is not None]
    chosen = table.select(others).take(pa.array(rows, pa.int64()))
    # The workspace has an `id` and a `path` of its own; a user's become `id (2)` and `path (2)`.
    names = ["path", *distinct(["path", "id", *others])[2:]]
    return pa.table([pa.array([paths[row] for row in rows], pa.string()), *chosen.columns], names)
