"""A store that can hold still: within a moment it asks for the version of each table once, and counts rows from that.

Every read of a version lists a folder, and of a workspace in a bucket it is a request. A page asks for the same few
again and again, and what it shows is to be of one moment anyway. Outside of a moment every read asks.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from embedding_core.workspace.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa


class SteadyStore(Store):
    """Rows are read as they are now, also within a moment: it is versions that hold still, and they name states."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self._held: ContextVar[dict[str, int] | None] = ContextVar("versions", default=None)
        self._counts: dict[str, tuple[int, int]] = {}  # version and rows

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Hold still in this thread until the end of the `with`; within another moment this is a part of it."""
        if self._held.get() is not None:
            yield
            return
        begun = self._held.set({})
        try:
            yield
        finally:
            self._held.reset(begun)

    def look_again(self) -> None:
        """The moment begins anew."""
        held = self._held.get()
        if held is not None:
            held.clear()

    def version(self, name: str) -> int:
        held = self._held.get()
        if held is None:
            return super().version(name)
        if name not in held:
            held[name] = super().version(name)
        return held[name]

    def count(self, name: str, where: str | None = None) -> int:
        if where is not None:
            return super().count(name, where)
        version = self.version(name)
        known, rows = self._counts.get(name, (-1, 0))
        if known != version:
            rows = super().count(name)
            self._counts[name] = version, rows
        return rows

    # -- what this process writes is seen in the same moment ------------------------------------------------------

    def replace(self, name: str, rows: pa.Table) -> None:
        super().replace(name, rows)
        self._changed(name)

    def widen(self, name: str, fields: Sequence[pa.Field]) -> None:
        super().widen(name, fields)
        self._changed(name)

    def upsert(self, name: str, key: str, rows: pa.Table) -> None:
        super().upsert(name, key, rows)
        self._changed(name)

    def insert(self, name: str, key: str, rows: pa.Table, *, over: str | None = None) -> int:
        written = super().insert(name, key, rows, over=over)
        self._changed(name)
        return written

    def append(self, name: str, rows: pa.Table) -> None:
        super().append(name, rows)
        self._changed(name)

    def delete(self, name: str, where: str) -> None:
        super().delete(name, where)
        self._changed(name)

    def tidy(self, name: str, *, above: int = 0) -> None:
        super().tidy(name, above=above)
        self._changed(name)

    def drop(self, name: str) -> None:
        super().drop(name)
        self._changed(name)
        self._counts.pop(name, None)  # a table of that name may come back, and count its versions from one

    def _changed(self, name: str) -> None:
        held = self._held.get()
        if held is not None:
            held.pop(name, None)
