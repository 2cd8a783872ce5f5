"""Labels, splits and metadata of images: what people say of them, apart from what they are.

They live in a table of their own, so that they change without touching images, vectors or maps. A metadata column may
have any name; it is stored under an escaped one, since LanceDB reads dots and quotes as syntax.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from embedding_core.ids import find

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


def merge(old: pa.Table, new: pa.Table) -> pa.Table:
    """`old` updated by `new` on `id`: columns of `new` win, columns that only `old` has are kept, rows are united.

    A column that changes its type becomes text, so that no value is lost.
    """
    old_ids, new_ids = old["id"].to_numpy(), new["id"].to_numpy()
    before = align(old, new_ids)
    for name in old.column_names:
        if name not in new.column_names:
            new = new.append_column(name, before[name])
    untouched = old.filter(pa.array(~np.isin(old_ids, new_ids)))
    for name in new.column_names:
        if name in untouched.column_names and untouched.schema.field(name).type != new.schema.field(name).type:
            untouched, new = as_text(untouched, name), as_text(new, name)
    order = [*_FIXED, *sorted(set(new.column_names) - set(_FIXED))]
    return pa.concat_tables([untouched, new], promote_options="default").select(order)


def align(rows: pa.Table, ids: np.ndarray) -> pa.Table:
    """Rows in the order of `ids` (m,); an id that is not there gives a row of nulls."""
    indices = find(ids, rows["id"].to_numpy())
    return rows.take(pa.array(indices, mask=indices < 0))


def as_text(rows: pa.Table, name: str) -> pa.Table:
    index = rows.column_names.index(name)
    return rows.set_column(index, name, rows[name].cast(pa.string()))
