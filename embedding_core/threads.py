"""How many threads a numerical library may use for one piece of work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

ALONE = 5_000  # rows up to which one thread is the better choice


def for_rows(n: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread, within a `with`, when the work is over few rows.

    Threads of small work wait for each other thousands of times, spinning. Beside one other busy process on two cores,
    that made KMeans over 400 rows 25 times slower than one thread, principal components 12 times, t-SNE 10 times; on
    idle cores several threads gain little at these sizes.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[object] = threadpool_limits(1 if n <= ALONE else None)
    return limits


@contextmanager
def compiled_for_rows(n: int) -> Iterator[None]:
    """The same, within a `with`, for what numba has compiled: an epoch of a small layout ends in a wait as well."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1 if n <= ALONE else before)
    try:
        yield
    finally:
        numba.set_num_threads(before)
