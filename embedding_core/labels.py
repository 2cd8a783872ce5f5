"""Change labels and splits of a dataset. Images, vectors and maps stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from embedding_core.sources.labelling import assign, join

if TYPE_CHECKING:
    from pathlib import Path

    from embedding_core.workspace import Dataset, Workspace


@dataclass(frozen=True, slots=True)
class Joined:
    """What joining a table of labels did."""

    matched: int  # images that got values
    unmatched: tuple[str, ...]  # rows of the table that named no image
    columns: tuple[str, ...]  # metadata columns that the dataset has now


def relabel(workspace: Workspace, dataset: Dataset, *, labels: str | None = None, split: str | None = None) -> Dataset:
    """Take labels, splits or both from another place: auto, folders, none, metadata, column:X; none, folders, column:X,
    prefix. None leaves them. Raises `InvalidInput` for a column that is not there."""
    images = dataset.images()
    paths = images["path"].to_pylist()
    columns = dataset.metadata().drop_columns(["id"])
    assigned = assign(paths, columns, labels or "none", split or "none")
    dataset.put_attributes(
        images["id"].to_pylist(),
        labels=assigned.labels if labels else None,
        splits=assigned.splits if split else None,
    )
    return workspace.update(
        dataset,
        label_source=assigned.label_source if labels else None,
        split_source=assigned.split_source if split else None,
    )


def join_labels(workspace: Workspace, dataset: Dataset, table: Path) -> Joined:
    """Join a CSV or Parquet with a column of paths. Its further columns become metadata; a label column, labels.

    Rows match by full path, then by a file name that is unique. Raises `InvalidSource`.
    """
    ids = dataset.ids()
    columns, unmatched = join(list(ids), table)
    paths = columns["path"].to_pylist()
    metadata = columns.drop_columns(["path"])
    assigned = assign(paths, columns, "metadata" if _names_labels(columns) else "none", "none")
    dataset.put_attributes(
        [ids[path] for path in paths],
        labels=assigned.labels if assigned.label_source != "none" else None,
        metadata=metadata,
    )
    if assigned.label_source != "none":
        workspace.update(dataset, label_source=assigned.label_source)
    return Joined(len(paths), tuple(unmatched), tuple(metadata.column_names))


def _names_labels(columns: pa.Table) -> bool:
    # `auto` over no folders finds a label column, or nothing.
    flat = [path.rsplit("/", 1)[-1] for path in columns["path"].to_pylist()]
    return assign(flat, columns.set_column(0, "path", pa.array(flat)), "auto", "none").label_source != "none"
