"""Give images their labels and their split: from columns, from folder names, from file names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from embedding_core.errors import InvalidInput, InvalidSource
from embedding_core.records import Scalar
from embedding_core.sources.columns import path_column
from embedding_core.sources.matching import match
from embedding_core.sources.metadata import with_paths
from embedding_core.sources.table import read_table

LABEL_COLUMNS = ("label", "class", "category", "target")
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_PREFIX = re.compile(rf"({'|'.join(SPLITS)})[-_. ]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was found out about some images, in their order. None: nothing is known."""

    labels: tuple[str | None, ...]
    splits: tuple[str | None, ...]
    label_source: str  # none, folders or column:X
    split_source: str  # none, folders, prefix or column:X


def assign(paths: Sequence[str], columns: pa.Table, labels: str = "auto", split: str = "none") -> Assigned:
    """Find the label and the split of every path.

    `columns` has a column `path`; rows may be missing. `labels` is `auto` (a column named label, class, category or
    target; else folder names when at least two of them repeat; else none), `folders`, `none`, `metadata` (only such a
    column) or `column:X`. `split` is `none`, `folders`, `prefix` (`train_…` in the file's name) or `column:X`; usual
    words for a split become train, val and test. Raises `InvalidInput`.
    """
    label_source = _label_source(paths, columns, labels)
    if split not in ("none", "folders", "prefix") and not split.startswith("column:"):
        raise InvalidInput(f"The split is none, folders, prefix or column:NAME, not {split!r}.")
    found_labels: list[str | None]
    if label_source == "folders":
        found_labels = [folder_label(path) for path in paths]
    else:
        found_labels = _values(paths, columns, label_source)
    if split == "folders":
        found_splits = [_folder_split(path) for path in paths]
    elif split == "prefix":
        found_splits = [_prefix_split(path) for path in paths]
    else:
        found_splits = [value and SPLITS.get(value.lower(), value) for value in _values(paths, columns, split)]
    return Assigned(tuple(found_labels), tuple(found_splits), label_source, split)


def join(dataset_paths: Sequence[str], table: str | Path) -> tuple[pa.Table, list[str]]:
    """Match the rows of a CSV or Parquet file with the images of a dataset.

    By path, else by file name where that is unique on both sides. Returns the columns (`path` as in the dataset, then
    the others, matched rows only) and the names in the table that matched nothing. Raises `InvalidSource`.
    """
    file = Path(table)
    if not file.is_file():
        raise InvalidSource(f"There is no file {file}. A CSV or Parquet file with a column `file` is wanted.")
    rows = read_table(file, file.name)
    column = path_column(rows)
    if column is None:
        known = ", ".join(rows.column_names)
        raise InvalidSource(f"No column of {file.name} names image files ({known}). Call one `file`.")
    names = rows[column].to_pylist()
    paths = match(names, dataset_paths)
    unmatched = [name or "" for name, path in zip(names, paths, strict=True) if path is None]
    return with_paths(rows, column, paths), unmatched


def folder_label(path: str) -> str | None:
    """The nearest folder that is not named like a split."""
    return next((folder for folder in reversed(path.split("/")[:-1]) if folder.lower() not in SPLITS), None)


def _label_source(paths: Sequence[str], columns: pa.Table, labels: str) -> str:
    if labels in ("folders", "none") or labels.startswith("column:"):
        return labels
    if labels not in ("auto", "metadata"):
        raise InvalidInput(f"Labels come from auto, folders, none, metadata or column:NAME, not {labels!r}.")
    by_name = {name.lower(): name for name in reversed(columns.column_names)}
    for usual in LABEL_COLUMNS:
        if usual in by_name and columns[by_name[usual]].null_count < len(columns):
            return f"column:{by_name[usual]}"
    if labels == "metadata":
        raise InvalidInput(f"No column is named {', '.join(LABEL_COLUMNS)}. {_known(columns)}")
    counts = Counter(map(folder_label, paths))
    repeated = [label for label, count in counts.items() if label is not None and count > 1]
    return "folders" if len(repeated) > 1 else "none"


def _values(paths: Sequence[str], columns: pa.Table, source: str) -> list[str | None]:
    """The values of `column:X` as text, by path; None throughout for `none`."""
    if source == "none":
        return [None] * len(paths)
    name = source.removeprefix("column:")
    if name not in columns.column_names or name == "path":
        raise InvalidInput(f"There is no column {name!r}. {_known(columns)}")
    values = dict(zip(columns["path"].to_pylist(), columns[name].to_pylist(), strict=True))
    return [_text(values.get(path)) for path in paths]


def _known(columns: pa.Table) -> str:
    others = [name for name in columns.column_names if name != "path"]
    return f"Columns: {', '.join(others)}." if others else "No columns came with these images."


def _text(value: Scalar) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _folder_split(path: str) -> str | None:
    folders = (folder.lower() for folder in reversed(path.split("/")[:-1]))
    return next((SPLITS[folder] for folder in folders if folder in SPLITS), None)


def _prefix_split(path: str) -> str | None:
    found = _PREFIX.match(path.rsplit("/", 1)[-1])
    return SPLITS[found[1].lower()] if found else None
