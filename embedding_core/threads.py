"""How many threads a numerical library may use for one piece of work."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

ALONE = 5_000  # rows up to which one thread is the better choice
ALONE_COMPILED = 2_000  # likewise, where a thread has more to do before it waits
BRIEF = 2**23  # multiplications of matrices and a vector, likewise: two milliseconds


def for_rows(n: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread, within a `with`, when the work is over few rows.

    Threads of small work wait for each other thousands of times, spinning. Beside one other busy process on two cores,
    that made KMeans over 400 rows 25 times slower than one thread, principal components 12 times, t-SNE 10 times; on
    idle cores several threads gain little at these sizes.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1 if n <= ALONE else None)
    return limits


def alone() -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread within a `with`, for work that is itself run in several threads.

    Enter it once, around them all: it holds for the process.
    """
    return for_rows(0)


def shared_by(pieces: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to their part of the cores within a `with`, for so many pieces of work beside each other.

    What these limit on their own within it, in whatever order, ends in the same limit.
    """
    import scipy.linalg  # noqa: F401 - it has a BLAS of its own, which can be limited only once it is there
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(max(1, (os.cpu_count() or 1) // pieces))
    return limits


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
