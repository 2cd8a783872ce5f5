"""What a blur takes away of a picture, against the blur itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from embedding_core.quality.photos.edges import lost_down


@pytest.mark.parametrize("shape", [(18, 18), (40, 31), (19, 64)])
def test_what_is_lost_is_what_a_mean_of_lines_takes_away(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    blurred = cv2.blur(grey.astype(np.float64), (1, 9), borderType=cv2.BORDER_REFLECT_101)
    sharp, soft = (np.abs(np.diff(one, axis=0)) for one in (grey.astype(np.float64), blurred))
    whole, lost = lost_down(grey, 9)
    assert whole == pytest.approx(9 * sharp.sum())
    assert lost == pytest.approx(9 * np.maximum(0, sharp - soft).sum())


def test_an_even_picture_has_nothing_to_lose() -> None:
    assert lost_down(np.full((20, 20), 7, np.uint8), 9) == (0, 0)
