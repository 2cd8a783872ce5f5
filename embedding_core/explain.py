"""Why two images are similar: what of each the similarity hangs on.

A grey patch is slid over what the network sees of one image, and the similarity to the other is taken anew each time.
Where it falls, the patch has covered something that both have. Zeiler & Fergus 2014, "Visualizing and understanding
convolutional networks", section 4.2, with the similarity in place of a class's probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.records import silent
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.records import Progress

GRID = 14  # cells a side of what is returned
BATCH = 32  # covered inputs that are held at once
PATCH = 2 / 7  # of the side that is covered: 64 of 224 pixels


@dataclass(frozen=True, eq=False, slots=True)
class Explanation:
    """How much the similarity of two images falls when a part of one is covered; below zero where it rises."""

    similarity: float  # cosine of the two whole images, in [-1, 1]
    first: NDArray[np.float32]  # (grid, grid) by rows from the top, covering the first image
    second: NDArray[np.float32]  # (grid, grid) covering the second one

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", read_only(self.first))
        object.__setattr__(self, "second", read_only(self.second))


def explain(
    encoder: Encoder, first: NDArray[Any], second: NDArray[Any], *, grid: int = GRID, progress: Progress = silent
) -> Explanation:
    """Explain the similarity of two network inputs (3, s, s), as `encoder.prepare` makes them.

    The patch is 2/7 of the side wide, moves by half of its width, and has the colour that normalisation turns to
    zero, a grey. A cell's value is the mean over the patches that cover it; at an edge these are cut off. The same
    inputs give the same answer, after some hundred runs of the network. Raises `InvalidInput` for a grid of fewer than
    2 cells a side or finer than the input.
    """
    side = first.shape[-1]
    if not 2 <= grid <= side:
        raise InvalidInput(f"The grid over an input of {side} pixels has 2 to {side} cells a side, not {grid}.")
    places = _places(grid)
    whole = unit_rows(_encoded(encoder, [first, second]))
    falls = []
    for one, (image, other) in enumerate(((first, whole[1]), (second, whole[0]))):
        progress("explaining", one, 2)
        covered = [_covered(image, place, grid, encoder) for place in places]
        similar = unit_rows(_encoded(encoder, covered)) @ other
        falls.append(_spread(float(whole[0] @ whole[1]) - similar, places, grid))
    return Explanation(float(np.clip(whole[0] @ whole[1], -1, 1)), *falls)


def _places(grid: int) -> list[tuple[slice, slice]]:
    """The cells that each patch covers: lines and columns. Together they cover every cell."""
    wide = max(1, round(grid * PATCH))
    step = max(1, wide // 2)
    begins = range(-((wide - step) // 2), grid - (wide - step) // 2, step)
    stretches = [slice(max(begin, 0), min(begin + wide, grid)) for begin in begins]
    return [(lines, columns) for lines in stretches for columns in stretches]


def _covered(image: NDArray[Any], place: tuple[slice, slice], grid: int, encoder: Encoder) -> NDArray[Any]:
    """The input (3, s, s) with these cells under a patch."""
    edges = np.round(np.arange(grid + 1) * image.shape[-1] / grid).astype(int)
    lines, columns = (slice(edges[cells.start], edges[cells.stop]) for cells in place)
    grey = np.round(np.array(encoder.card.preprocessing.mean) * 255)
    hidden = image.copy()
    hidden[:, lines, columns] = grey[:, None, None].astype(image.dtype)
    return hidden


def _encoded(encoder: Encoder, inputs: list[NDArray[Any]]) -> NDArray[np.float32]:
    parts = [encoder.encode(np.stack(inputs[start : start + BATCH])) for start in range(0, len(inputs), BATCH)]
    return np.concatenate(parts)


def _spread(falls: NDArray[np.float32], places: list[tuple[slice, slice]], grid: int) -> NDArray[np.float32]:
    """The mean fall (grid, grid) over the patches that cover each cell."""
    total, times = np.zeros((grid, grid)), np.zeros((grid, grid))
    for fall, place in zip(falls.tolist(), places, strict=True):
        total[place] += fall
        times[place] += 1
    return (total / times).astype(np.float32)
