"""How many threads a numerical library may use for one piece of work."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController, threadpool_limits  # type: ignore[import-untyped]

ALONE = 5_000  # rows up to which one thread is the better choice
ALONE_COMPILED = 2_000  # likewise, where a thread has more to do before it waits
BRIEF = 2**23  # multiplications of matrices and a vector, likewise: two milliseconds


def for_rows(n: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread, within a `with`, when the work is over few rows.

    Threads of small work wait for each other thousands of times, spinning. Beside one other busy process on two cores,
    that made KMeans over 400 rows 25 times slower than one thread, principal components 12 times, t-SNE 10 times; on
    idle cores several threads gain little at these sizes.
    """
    return _limits.at(1) if n <= ALONE else nullcontext()


def alone() -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread within a `with`, for work that is itself run in several threads.

    It holds for the process: of several that are entered at a time, from whatever threads, the least counts.
    """
    return for_rows(0)


def shared_by(pieces: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to their part of the cores within a `with`, for so many pieces of work beside each other.

    What these limit on their own meanwhile counts where it is less.
    """
    import scipy.linalg  # noqa: F401 - it has a BLAS of its own, which can be limited only once it is there

    return _limits.at(max(1, (os.cpu_count() or 1) // pieces))


class _Limits:
    """The limits in force. A limit is the process's, not a thread's, so who leaves first must not lift another's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: list[int] = []
        self._set: list[threadpool_limits] = []  # each knows what it found, to be put back from the last to the first

    @contextmanager
    def at(self, limit: int) -> Iterator[None]:
        self._change(self._wanted.append, limit)
        try:
            yield
        finally:
            self._change(self._wanted.remove, limit)

    def _change(self, change: Callable[[int], None], limit: int) -> None:
        from threadpoolctl import threadpool_limits

        with self._lock:
            change(limit)
            if self._wanted:
                self._set.append(threadpool_limits(min(self._wanted)))
            while self._set and not self._wanted:
                self._set.pop().restore_original_limits()


_limits = _Limits()


@contextmanager
def compiled_for_rows(n: int) -> Iterator[None]:
    """The same, within a `with`, for what numba has compiled: epochs of a layout, each of which ends in a wait."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1 if n <= ALONE_COMPILED else before)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def for_products(multiplications: int) -> AbstractContextManager[object]:
    """Limit BLAS to one thread, within a `with`, for products of a matrix and a vector that take no time each.

    A search through an index takes fifty of them, one for each of its parts: beside a busy process that is 2 ms in one
    thread, and in two 5 ms at the median and 15 ms in one of twenty.
    """
    limits: AbstractContextManager[object]
    limits = _blas().limit(limits=1, user_api="blas") if multiplications <= BRIEF else nullcontext()
    return limits


@cache
def _blas() -> ThreadpoolController:
    """Finding the libraries of this process takes a millisecond, limiting them a hundredth of that."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
