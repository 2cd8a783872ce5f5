"""What the checks would take out of a dataset, and which images they say belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.duplicates import duplicates_key, find_duplicates, read_duplicates
from embedding_core.derived.lines import at_moved_lines
from embedding_core.derived.outliers import outliers
from embedding_core.derived.photos import photos
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from embedding_core.records import Reporter
    from embedding_core.review.cases import Case
    from embedding_core.workspace import Dataset, Embedding, Workspace

CHECKS = ("duplicates", "outliers", "photos")  # whose cases suggest removals


def suggested(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, check: str, *, progress: Reporter = silent
) -> NDArray[np.int64]:
    """The ids, ascending, that one of `CHECKS` suggests to remove, by its lines in force; it is run where nothing is
    kept of it.

    Raises `InvalidInput` where it cannot be run.
    """
    if check == "duplicates":
        return _removals(find_duplicates(workspace, dataset, embedding, progress=progress).found.cases())
    if check == "outliers":
        odd = outliers(workspace, dataset, embedding, progress=progress)
        return _removals(at_moved_lines(workspace, dataset, check, odd).found.cases())
    return _removals(at_moved_lines(workspace, dataset, check, photos(workspace, dataset, progress)).found.cases())


def known_groups(workspace: Workspace, embedding: Embedding) -> NDArray[np.int32] | None:
    """Copies and bursts as groups (n,), rows as in `embedding.ids`; None where nobody has looked for duplicates."""
    kept = read_duplicates(workspace, duplicates_key(embedding.fingerprint))
    return None if kept is None else kept.found.groups_with_bursts


def known_copies(workspace: Workspace, embedding: Embedding) -> NDArray[np.int32] | None:
    """Copies alone as groups (n,) likewise; None also where there are none, which comes to the same."""
    kept = read_duplicates(workspace, duplicates_key(embedding.fingerprint))
    return kept.found.groups if kept is not None and kept.found.copies else None


def _removals(cases: Iterable[Case]) -> NDArray[np.int64]:
    ids: set[int] = set()
    for one in cases:
        if one.suggestion is not None and one.suggestion.act == "remove":
            ids.update(one.suggestion.ids)
    return np.array(sorted(ids), np.int64)
