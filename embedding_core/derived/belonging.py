"""Which images of a dataset belong together, by every kind that leakage minds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived.duplicates import find_duplicates
from embedding_core.errors import InvalidInput
from embedding_core.quality import groups
from embedding_core.quality.leakage.finding import BURST, DUPLICATE
from embedding_core.records import silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.quality.duplicates import DuplicatesFound
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace


def groupings(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    column: str | None = None,
    progress: Reporter = silent,
) -> dict[str, NDArray[np.int32]]:
    """Copies and bursts as groups (n,) by kind, rows as in `embedding.ids`; with `column` of one value too.

    Raises `InvalidInput` for a column that is not there.
    """
    return grouped_by(
        find_duplicates(workspace, dataset, embedding, progress=progress).found, dataset, embedding, column
    )


def grouped_by(
    copies: DuplicatesFound, dataset: Dataset, embedding: Embedding, column: str | None
) -> dict[str, NDArray[np.int32]]:
    """`groupings`, where the duplicates are known. Raises `InvalidInput`."""
    found = {DUPLICATE: copies.groups, BURST: groups.numbered(copies.bursts, len(embedding))}
    if column is not None:
        found[f"column:{column}"] = groups.by_value(values_of(dataset, embedding.ids, column))
    return found


def values_of(dataset: Dataset, ids: NDArray[np.int64], column: str) -> list[str | None]:
    """The values (n,) of a metadata column as text, None where there is none. Raises `InvalidInput`."""
    _, metadata = dataset.said_of(ids)
    if column not in metadata.column_names:
        known = ", ".join(metadata.column_names) or "none came with these images"
        raise InvalidInput(f"There is no column {column!r}. Columns: {known}.")
    values = metadata[column].to_pylist()
    return [None if value is None or value == "" else str(value) for value in values]
