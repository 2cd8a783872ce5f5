"""Every row against every other one, each pair once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.encoders.devices import best_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Progress

TILE = 2048  # rows; a tile of similarities is 16 MB
_CELLS = 2**26  # entries of the largest block that a GPU holds at once


def best(unit: NDArray[np.float32], k: int, *, progress: Progress) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The k most similar rows (n, k) of each of `unit` (n, d), and their similarities (n, k)."""
    return _on_gpu(unit, k, progress) if best_device() == "cuda" else _on_cpu(unit, k, progress)


def _on_cpu(unit: NDArray[np.float32], k: int, progress: Progress) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Tile by tile of the upper triangle: a pair's similarity serves both of its rows."""
    from embedding_core.neighbours import kernels

    n = len(unit)
    found = kernels.empty(n, k)
    parts = [np.arange(start, min(n, start + TILE), dtype=np.int32) for start in range(0, n, TILE)]
    pairs = len(parts) * (len(parts) + 1) // 2
    for number, columns in enumerate(parts):
        progress("neighbours", number * (number + 1) // 2, pairs)
        for queries in parts[: number + 1]:
            block = unit[queries[0] : queries[-1] + 1] @ unit[columns[0] : columns[-1] + 1].T
            kernels.merge(block, queries, queries, columns, *found)
            if queries is not columns:
                kernels.merge(np.ascontiguousarray(block.T), columns, columns, queries, *found)
    progress("neighbours", pairs, pairs)
    np.clip(found[1], -1, 1, out=found[1])
    return found


def _on_gpu(unit: NDArray[np.float32], k: int, progress: Progress) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    import torch

    n = len(unit)
    rows, similarity = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    there = torch.from_numpy(unit).to("cuda")
    size = max(1, min(n, _CELLS // n))
    for start in range(0, n, size):
        progress("neighbours", start, n)
        stop = min(n, start + size)
        block = there[start:stop] @ there.T
        # The row itself goes by its place on the diagonal: among duplicates it need not come first.
        block[torch.arange(stop - start), torch.arange(start, stop)] = -torch.inf
        most = torch.topk(block, k, dim=1)
        rows[start:stop] = most.indices.cpu().numpy()
        similarity[start:stop] = most.values.clamp(-1, 1).cpu().numpy()
    progress("neighbours", n, n)
    return rows, similarity
