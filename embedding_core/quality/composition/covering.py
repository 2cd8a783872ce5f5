"""The greedy cover, compiled: an image that stands for most of what is left, again and again.

Gains only fall, and an edge lowers one once, so all picks together take as long as there are edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def greedy(rows: NDArray[np.int32], near: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Rows (m,) in the order in which they are picked, and how many are covered after each (m,).

    `rows` (n, k) are the neighbours of each, `near` (n, k) those that are near enough; nearness holds both ways. The
    same set gives the same picks.
    """
    from scipy import sparse

    n, k = rows.shape
    begins = np.repeat(np.arange(n, dtype=np.int32), k)[near.ravel()]
    ends = rows.ravel()[near.ravel()]
    ones = np.ones(len(begins), np.int8)
    edges = sparse.coo_matrix((ones, (begins, ends)), shape=(n, n)).tocsr()
    both = (edges + edges.T).tocsr()
    order, covered = _picked(both.indptr.astype(np.int64), both.indices.astype(np.int32))
    return order, covered


@njit(cache=True, nogil=True)
def _picked(starts: NDArray[np.int64], others: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    n = len(starts) - 1
    gain = np.empty(n, np.int64)  # images that each would newly cover, itself among them
    for one in range(n):
        gain[one] = starts[one + 1] - starts[one] + 1
    most = gain.max() if n else 0
    # Those of one gain lie in a stack; one whose gain has fallen since is moved when it is met.
    head = np.full(most + 1, -1, np.int64)
    after = np.full(n, -1, np.int64)
    for one in range(n - 1, -1, -1):
        after[one] = head[gain[one]]
        head[gain[one]] = one
    done = np.zeros(n, np.bool_)
    order = np.empty(n, np.int32)
    covered = np.empty(n, np.int64)
    picks = total = 0
    while total < n:
        while head[most] < 0:
            most -= 1
        one = head[most]
        head[most] = after[one]
        if gain[one] < most:
            after[one] = head[gain[one]]
            head[gain[one]] = one
            continue
        for place in range(starts[one] - 1, starts[one + 1]):
            new = one if place < starts[one] else others[place]
            if done[new]:
                continue
            done[new] = True
            total += 1
            gain[new] -= 1
            for edge in range(starts[new], starts[new + 1]):
                gain[others[edge]] -= 1
        order[picks], covered[picks] = one, total
        picks += 1
    return order[:picks].copy(), covered[:picks].copy()
