"""How a process that computes holds memory, and how much it has held.

A forward pass takes and frees the same hundreds of megabytes for every batch. glibc hands blocks of that size back to
the system at once, which then clears each page anew: of the time of EfficientNet-Lite0 on two cores a third goes there
(98 images/s; 140 to 175 when freed memory is kept).
"""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from functools import cache

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # see mallopt(3)
_KEPT = 2**30  # bytes; also the size from which a block is still the system's
_STEP = 64 * 2**20  # bytes by which the heap grows
_YOUNG = 200_000  # objects that Python makes before it looks for cycles among them


def keep_freed() -> None:
    """Let this process reuse the memory that it frees. Elsewhere than under glibc nothing changes."""
    libc = _glibc()
    if libc is not None:
        for option, value in ((_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _STEP)):
            libc.mallopt(option, value)


def collect_rarely() -> None:
    """Look for cycles of dead objects after every 200,000 new ones instead of every few hundred, for this process.

    Imports make hundreds of thousands of objects and hardly one of them dies: a fifth of the time of a start goes into
    looking. To be called before them.
    """
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])


def give_back() -> None:
    """Return freed memory to the system, now that nothing more is to be done for a while."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def peak_rss_mb() -> float:
    """The most memory in MB that this process has had resident so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library of this process, if it is one that takes these calls."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
