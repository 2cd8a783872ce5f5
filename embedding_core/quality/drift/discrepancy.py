"""Whether two samples come from one distribution, asked of a kernel: maximum mean discrepancy.

Gretton et al. 2012, "A kernel two-sample test", with a Gaussian kernel as wide as the median distance, and its
significance by permutation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE = 1_500  # rows of each
PERMUTATIONS = 500


def compare(first: NDArray[np.float32], second: NDArray[np.float32], *, seed: int = 0) -> tuple[float, float]:
    """The squared discrepancy of `first` (n, d) and `second` (m, d), unbiased, and its p-value.

    Rows are of length 1. Of more than `SAMPLE` rows a sample is taken. The smallest p is 1 / (PERMUTATIONS + 1).
    """
    random = np.random.default_rng(seed)
    one, other = sample(first, SAMPLE, random), sample(second, SAMPLE, random)
    n, m = len(one), len(other)
    both = np.concatenate([one, other])
    squares = np.maximum(2 - 2 * (both @ both.T), 0)
    middle = float(np.median(squares[np.triu_indices(n + m, 1)]))
    kernel = np.exp(-squares / max(middle, 1e-12))
    np.fill_diagonal(kernel, 0)
    of_first = np.zeros((PERMUTATIONS + 1, n + m), np.float32)  # the first line is the division as it is
    of_first[0, :n] = 1
    for line in of_first[1:]:
        line[random.permutation(n + m)[:n]] = 1
    values = _discrepancies(kernel, of_first, n, m)
    exceeding = np.count_nonzero(values[1:] >= values[0])
    return float(values[0]), float((exceeding + 1) / (PERMUTATIONS + 1))


def sample(rows: NDArray[np.float32], size: int, random: np.random.Generator) -> NDArray[np.float32]:
    """At most `size` of the rows (n, d), in their order."""
    if len(rows) <= size:
        return rows
    return rows[np.sort(random.choice(len(rows), size, replace=False))]


def _discrepancies(kernel: NDArray[np.float32], of_first: NDArray[np.float32], n: int, m: int) -> NDArray[np.float64]:
    """The discrepancy (p,) for each line of `of_first` (p, n + m), which marks n rows; the kernel's diagonal is 0."""
    to_first = of_first @ kernel
    within = np.einsum("pi,pi->p", to_first, of_first, dtype=np.float64)
    between = np.einsum("pi,pi->p", to_first, 1 - of_first, dtype=np.float64)
    others = kernel.sum(dtype=np.float64) - within - 2 * between
    found: NDArray[np.float64] = within / (n * (n - 1)) + others / (m * (m - 1)) - 2 * between / (n * m)
    return found
