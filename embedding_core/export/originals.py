"""The original files under their own paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from embedding_core.export.archive import Member, whole
from embedding_core.export.names import Names

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken


def members(taken: Taken) -> Iterator[Member]:
    """Every image where it lay; a path that some disk could not hold is changed as little as needed."""
    names, paths = Names(), taken.column("path")
    for row, content in taken.contents():
        yield whole(names.nested(paths[row]), content)
