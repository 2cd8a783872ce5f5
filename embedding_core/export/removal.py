"""What the version is without: for whoever cleans the same images elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from embedding_core.export.archive import Member, gathered

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken


def paths(taken: Taken) -> Iterator[Member]:
    """A path a line, as `xargs -d '\\n' rm` and most tools take it."""
    yield Member("removed.txt", gathered(f"{one.path}\n" for one in taken.removed))


def table(taken: Taken) -> Iterator[Member]:
    """path, reason, who and when (ISO 8601, UTC) as CSV."""
    yield Member("removed.csv", gathered(_rows(taken)))


def _rows(taken: Taken) -> Iterator[str]:
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(["path", "reason", "who", "when"])
    for one in taken.removed:
        when = "" if one.at is None else datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
        writer.writerow([one.path, one.reason, one.who, when])
    yield page.getvalue()
