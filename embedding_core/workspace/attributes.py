"""Labels, splits and metadata of images: what people say of them, apart from what they are.

They live in a table of their own, so that they change without touching images, vectors or maps. A metadata column may
have any name; it is stored under an escaped one, since LanceDB reads dots and quotes as syntax.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from embedding_core.ids import find
from embedding_core.workspace.schema import ATTRIBUTES

_FIXED = ("id", "label", "split")


def stored_name(column: str) -> str:
    """The column's name in storage."""
    return "m_" + re.sub(r"[^A-Za-z0-9]", lambda match: f"_{ord(match[0]):x}_", column)


def given_name(stored: str) -> str:
    """The name that the user gave."""
    return re.sub(r"_([0-9a-f]+)_", lambda match: chr(int(match[1], 16)), stored.removeprefix("m_"))


def escape(metadata: pa.Table) -> pa.Table:
    return metadata.rename_columns([name if name == "id" else stored_name(name) for name in metadata.column_names])


def unescape(rows: pa.Table) -> pa.Table:
    return rows.rename_columns([name if name in ("id", "path") else given_name(name) for name in rows.column_names])


def changed(old: pa.Schema, new: pa.Table) -> list[str]:
    """The columns whose type in `new` is another than in storage."""
    return [
        name for name in new.column_names if name in old.names and old.field(name).type != new.schema.field(name).type
    ]


def completed(old: pa.Table, new: pa.Table) -> pa.Table:
    """`new` with the columns that only `old` has, as they are there for the same ids: rows that can replace the old."""
    before = align(old, new["id"].to_numpy())
    for name in old.column_names:
        if name not in new.column_names:
            new = new.append_column(old.schema.field(name), before[name])
    return new


def merge(old: pa.Table, new: pa.Table) -> pa.Table:
    """`old` updated by `new` on `id`: columns of `new` win, columns that only `old` has are kept, rows are united.

    A column that changes its type becomes text, so that no value is lost.
    """
    new = completed(old, new)
    untouched = old.filter(pa.array(~np.isin(old["id"].to_numpy(), new["id"].to_numpy())))
    for name in changed(untouched.schema, new):
        untouched, new = as_text(untouched, name), as_text(new, name)
    order = [*_FIXED, *(name for name in new.column_names if name not in _FIXED)]
    united = pa.concat_tables([untouched, new], promote_options="default").select(order)
    return united.set_column(0, ATTRIBUTES.field("id"), united["id"])  # uniting forgets that it is the key


def align(rows: pa.Table, ids: np.ndarray) -> pa.Table:
    """Rows in the order of `ids` (m,); an id that is not there gives a row of nulls."""
    indices = find(ids, rows["id"].to_numpy())
    return rows.take(pa.array(indices, mask=indices < 0))


def as_text(rows: pa.Table, name: str) -> pa.Table:
    index = rows.column_names.index(name)
    return rows.set_column(index, name, rows[name].cast(pa.string()))
