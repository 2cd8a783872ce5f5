"""Change labels and splits of a dataset. Images, vectors and maps stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedding_core import splits
from embedding_core.records import LOCAL
from embedding_core.sources.labelling import assign, join

if TYPE_CHECKING:
    from pathlib import Path

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Workspace


@dataclass(frozen=True, slots=True)
class Joined:
    """What joining a table of labels did."""

    matched: int  # images that got values
    unmatched: tuple[str, ...]  # rows of the table that named no image
    columns: tuple[str, ...]  # metadata columns that the dataset has now


def relabel(
    workspace: Workspace,
    dataset: Dataset,
    *,
    labels: str | None = None,
    split: str | None = None,
    actor: Actor = LOCAL,
) -> Dataset:
    """Take labels, splits or both from another place: auto, folders, none, metadata, column:X; none, folders, column:X,
    prefix. None leaves them. Raises `InvalidInput` for a column that is not there."""
    images = dataset.images()
    paths = images["path"].to_pylist()
    columns = dataset.metadata().drop_columns(["id"])
    assigned = assign(paths, columns, labels or "none", split or "none")
    if split:
        splits.remember_split(workspace, dataset, by=assigned.split_source, actor=actor)
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
    assigned = assign(paths, columns, "auto")
    labelled = assigned.label_source.startswith("column:")  # else the table says nothing of labels
    dataset.put_attributes(
        [ids[path] for path in paths],
        labels=assigned.labels if labelled else None,
        metadata=metadata,
    )
    if labelled:
        workspace.update(dataset, label_source=assigned.label_source)
    return Joined(len(paths), tuple(unmatched), tuple(metadata.column_names))
