"""Which of several copies is best kept: the one that shows most, then the least compressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MORE = 1.1  # factor from which a difference in detail or size is one
BYTES = 2.0  # likewise of bytes a pixel: formats differ in what they need


def best(
    rows: NDArray[np.int64],
    widths: NDArray[np.int32],
    heights: NDArray[np.int32],
    nbytes: NDArray[np.int64],
    detail: NDArray[np.float32],
) -> int:
    """The row of the image to keep among `rows`: of those with the most detail the one with the most bytes a pixel.

    Of equals the first.
    """
    known = np.nan_to_num(detail[rows])
    rows = rows[known * MORE >= known.max()]
    dense = _density(rows, widths, heights, nbytes)
    return int(rows[np.flatnonzero(dense * BYTES >= dense.max())[0]])


def keep_reason(
    kept: int,
    rows: NDArray[np.int64],
    widths: NDArray[np.int32],
    heights: NDArray[np.int32],
    nbytes: NDArray[np.int64],
    detail: NDArray[np.float32],
) -> str:
    """Why, as the end of a sentence: what sets it apart from all others, else that nothing does."""
    others = rows[rows != kept]
    pixels = widths.astype(np.int64) * heights
    size = f"{widths[kept]} × {heights[kept]} pixels"
    if pixels[kept] > MORE * pixels[others].max():
        return f"the largest ({size})"
    sharpness = np.nan_to_num(detail) / np.maximum(pixels, 1)
    if sharpness[kept] > MORE * sharpness[others].max():
        return f"the sharpest ({size})"
    if (
        _density(rows[rows == kept], widths, heights, nbytes)[0]
        > BYTES * _density(others, widths, heights, nbytes).max()
    ):
        return f"the least compressed ({nbytes[kept] / 1000:,.0f} KB)"
    if np.nan_to_num(detail)[kept] > MORE * np.nan_to_num(detail)[others].max():
        return f"the one that shows most ({size})"
    return "the first, for none is better"


def _density(
    rows: NDArray[np.int64], widths: NDArray[np.int32], heights: NDArray[np.int32], nbytes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Bytes a pixel (m,)."""
    return np.asarray(nbytes[rows] / np.maximum(widths[rows].astype(np.int64) * heights[rows], 1), np.float64)
