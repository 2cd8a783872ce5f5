"""Images as a table, and the orders in which they can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from pages.parts import urls, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.parts.cached import Columns

Keys = Callable[["Columns"], Any]


def pixels(columns: Columns) -> pa.Array:
    return pc.multiply(pc.cast(columns.images["width"], pa.int64()), pc.cast(columns.images["height"], pa.int64()))


Order = tuple[Keys, str] | None  # keys (n,) and a direction; None keeps the order of the paths


def orders(columns: Columns) -> dict[str, Order]:
    """What these images can be sorted by, every metadata column whose values have an order included."""
    found: dict[str, Order] = {"Path": None}
    if columns.labels:
        found["Label"] = (lambda columns: columns.label, "ascending")
    if columns.splits:
        found["Split"] = (lambda columns: columns.split, "ascending")
    found["Largest file"] = (lambda columns: columns.images["nbytes"], "descending")
    found["Most pixels"] = (pixels, "descending")
    found["Fewest pixels"] = (pixels, "ascending")
    for field in columns.metadata.schema:
        if not pa.types.is_nested(field.type):
            keys: Keys = partial(_metadata, name=field.name)
            found[f"{field.name} ↑"], found[f"{field.name} ↓"] = (keys, "ascending"), (keys, "descending")
    return found


def _metadata(columns: Columns, name: str) -> Any:
    return columns.metadata[name]


def ordered(columns: Columns, rows: NDArray[np.int64], order: str) -> NDArray[np.int64]:
    """These rows in another order; equal ones stay in the order of their paths, those without a value come last."""
    by = orders(columns).get(order)
    if by is None or not len(rows):
        return rows
    keys = pa.table({"key": pc.take(by[0](columns), pa.array(rows)), "row": rows})
    sorting = pc.sort_indices(keys, sort_keys=[("key", by[1]), ("row", "ascending")])
    return rows[sorting.to_numpy()]


def show(columns: Columns, rows: NDArray[np.int64], *, key: str) -> list[int]:
    """A page of images as a table; returns the ids of the rows that are ticked."""
    page = columns.images.take(rows)
    at = pa.array(rows)
    ids = page["id"].to_pylist()
    tags = [", ".join(tag for tag, tagged in columns.tags.items() if image in tagged) for image in ids]
    frame = pd.DataFrame(
        {
            "Image": [
                urls.thumbnail(columns.dataset, image, sha)
                for image, sha in zip(ids, page["sha256"].to_pylist(), strict=True)
            ],
            "Path": page["path"].to_pylist(),
            "Label": columns.label.take(at).to_pylist(),
            "Split": columns.split.take(at).to_pylist(),
            "Tags": tags,
            "Width": page["width"].to_pylist(),
            "Height": page["height"].to_pylist(),
            "Format": page["format"].to_pylist(),
            "KB": np.round(page["nbytes"].to_numpy() / 1000, 1),
        }
    )
    if not columns.labels:
        frame = frame.drop(columns="Label")
    if not columns.splits:
        frame = frame.drop(columns="Split")
    if not columns.tags:
        frame = frame.drop(columns="Tags")
    for name in columns.metadata.column_names:
        title = f"{name} (metadata)" if name in frame else name
        frame[title] = columns.metadata[name].take(at).to_pylist()
    event = st.dataframe(
        frame,
        key=f"{key}_{columns.dataset[:12]}_{ids[0]}_{len(ids)}",  # another page is another table, with ticks of its own
        hide_index=True,
        row_height=52,
        height=min(620, 40 + 52 * len(ids)),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Image": st.column_config.ImageColumn("Image", width=64),
            "Path": st.column_config.TextColumn("Path", width="medium"),
            "Label": st.column_config.TextColumn("Label", help=words.HELP["label"]),
            "Split": st.column_config.TextColumn("Split", help=words.HELP["split"]),
            "Tags": st.column_config.TextColumn("Tags", help=words.HELP["tag"]),
            "Width": st.column_config.NumberColumn("Width", help="Pixels", format="%d"),
            "Height": st.column_config.NumberColumn("Height", help="Pixels", format="%d"),
        },
        alt="Images with path, label, split, tags, size and metadata",
    )
    return [ids[row] for row in event.selection.rows if row < len(ids)]
