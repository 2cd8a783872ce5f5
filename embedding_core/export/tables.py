"""All that is known of the images as one CSV: path, label, split, tags, every metadata column, id."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from embedding_core.export.archive import Member, gathered

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken

_PAGE = 500  # rows written at a time


def members(taken: Taken) -> Iterator[Member]:
    yield Member("images.csv", gathered(as_csv(taken)))


def as_csv(taken: Taken) -> Iterator[str]:
    """The table with a header, some hundred rows at a time."""
    columns = {"path": "path", "label": "label", "split": "split"}
    known = taken.rows.select(list(columns))
    extra = free_names(taken.metadata.column_names, ("path", "label", "split", "tags", "id"))
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(["path", "label", "split", "tags", *extra, "id"])
    for start in range(0, len(taken), _PAGE):
        said = [known[name].slice(start, _PAGE).to_pylist() for name in columns]
        more = [column.slice(start, _PAGE).to_pylist() for column in taken.metadata.columns]
        ids = taken.rows["id"].slice(start, _PAGE).to_pylist()
        tags = ["; ".join(taken.tags.get(image, ())) for image in ids]
        writer.writerows(zip(*said, tags, *more, ids, strict=True))
        yield page.getvalue()
        page.seek(0)
        page.truncate()
    yield page.getvalue()


def free_names(given: list[str], taken: tuple[str, ...]) -> list[str]:
    """Metadata columns under their names, or as `metadata.…` where a name is taken."""
    return [f"metadata.{name}" if name in taken else name for name in given]
