"""How tests wait for what happens elsewhere: in another process, in a thread, in the browser."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Page

Seen = TypeVar("Seen")


def until(condition: Callable[[], Seen], seconds: float = 30, what: str = "it", *, page: Page | None = None) -> Seen:
    """What `condition` returns, once that is true. A `page` that is given goes on meanwhile, with its events."""
    end = monotonic() + seconds
    while not (seen := condition()):
        assert monotonic() < end, f"waited {seconds:g} s in vain for {what}"
        if page is not None:
            page.wait_for_timeout(50)
        else:
            sleep(0.01)
    return seen
