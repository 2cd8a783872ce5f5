"""A run of a page is of one moment: whatever it asks the workspace again and again is looked at once.

The jobs under way are looked at first. One that has ended since has committed something, so that whoever hears of its
end looks at the tables again: nobody is told that work is done beside figures from before it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from pages.parts import server

if TYPE_CHECKING:
    from collections.abc import Iterator

_active: ContextVar[set[str] | None] = ContextVar("active", default=None)  # ids of jobs, as far as this run knows


@contextmanager
def moment() -> Iterator[None]:
    """Around a run, or as a decorator below that of a fragment, which also runs alone."""
    if _active.get() is not None:
        yield
        return
    begun = _active.set({job.id for job in server.runner().list(active_only=True)})
    try:
        with server.workspace().moment():
            yield
    finally:
        _active.reset(begun)


def heard_of_jobs() -> None:
    """Call it after a look at jobs: what has ended since the moment began is to be seen in the tables, too."""
    known = _active.get()
    if known is None:
        return
    active = {job.id for job in server.runner().list(active_only=True)}
    if known - active:
        known &= active
        server.workspace().look_again()
