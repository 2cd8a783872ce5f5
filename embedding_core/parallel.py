"""Run a function over items in threads: results in order, and only a window of them in memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WINDOW = 32  # items begun before the first of them is consumed
CHUNK = 8  # items announced and begun together
BRIEF = 8  # items of brief work that one thread does in a row


def in_order(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    announce: Callable[[list[Item]], None] = lambda window: None,
    workers: int | None = None,
    window: int = WINDOW,
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in order, computed by threads ahead of the reader.

    `announce` is told which items are under way whenever that set grows, before any new one is begun. An exception in
    `work` is raised where its result would have come.
    """
    source = iter(items)
    under_way: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(workers or _threads(), thread_name_prefix="decode") as pool:
        try:
            while True:
                while len(under_way) < window and (chunk := list(islice(source, min(CHUNK, window)))):
                    announce([item for item, _ in under_way] + chunk)
                    under_way.extend((item, pool.submit(work, item)) for item in chunk)
                if not under_way:
                    return
                _, future = under_way.popleft()
                yield future.result()
        finally:
            for _, future in under_way:
                future.cancel()


def brief_in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The same for work of a millisecond or less, `BRIEF` items after each other in one thread.

    To hand over an item and to wake a thread for it costs a tenth of a millisecond.
    """
    source = iter(items)

    def some_done(some: list[Item]) -> tuple[list[Result], Exception | None]:
        done: list[Result] = []
        try:
            done.extend(map(work, some))  # what is done before an error stays
        except Exception as error:  # noqa: BLE001 - raised in its place, after what came before
            return done, error
        return done, None

    groups = iter(lambda: list(islice(source, BRIEF)), [])
    for done, error in in_order(some_done, groups, window=_threads() + 2):
        yield from done
        if error is not None:
            raise error


def _threads() -> int:
    return min(8, os.cpu_count() or 2)
