"""What every source of images gives: a listing of candidates, cheap to make, with bytes read on demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.columns import NO_COLUMNS
from embedding_core.sources.metadata import gather, is_metadata
from embedding_core.sources.paths import is_ignored


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a source holds. No image has been read yet; a candidate may still be refused when it is."""

    candidates: tuple[Candidate, ...]  # distinct paths
    rejected: tuple[Rejected, ...]
    columns: pa.Table  # `path` (string, distinct, each of a candidate), then metadata: int64, double, bool, string


class Source(Protocol):
    """Somewhere images come from."""

    @property
    def name(self) -> str:
        """What to call a dataset made from it."""

    def listing(self) -> Listing:
        """Read names and table columns. Raises `InvalidSource`."""

    def close(self) -> None:
        """Let go of open files. Candidates cannot be loaded afterwards."""


def assemble(
    candidates: Iterable[Candidate],
    rejected: Iterable[Rejected] = (),
    *,
    tables: Iterable[Candidate] = (),
    columns: pa.Table = NO_COLUMNS,
) -> Listing:
    """Make a listing from all files that were found, in their order.

    Every `metadata.csv` among them, and the CSV files in `tables`, become columns; licence texts, hidden files and
    what operating systems leave behind are passed over. `columns` are added as they are. Of several files of one
    path the first is kept.
    """
    kept: dict[str, Candidate] = {}
    refused = list(rejected)
    described = list(tables)
    for one in candidates:
        if is_metadata(one.path):
            described.append(one)
        elif is_ignored(one.path):
            continue
        elif one.path in kept:
            refused.append(
                Rejected(f"{one.path} (again)", Reason.UNSAFE_MEMBER, "Another file has the same path; it was kept.")
            )
        else:
            kept[one.path] = one
    gathered, unusable = gather(described, sorted(kept), columns)
    return Listing(
        candidates=tuple(kept.values()),
        rejected=tuple(sorted([*refused, *unusable], key=lambda one: one.path)),
        columns=gathered,
    )
