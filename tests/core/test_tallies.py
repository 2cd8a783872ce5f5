"""What is counted over pixels, against arrays and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from embedding_core.quality.photos import tallies

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (37, 53, 3)).astype(np.uint8)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 53])
def test_each_level_is_counted(width: int) -> None:
    grey = np.ascontiguousarray(PICTURE[:, :width, 0])
    assert tallies.levels(grey).tolist() == np.bincount(grey.ravel(), minlength=256).tolist()


def test_chroma_is_the_largest_less_the_smallest_of_the_channels() -> None:
    chroma = PICTURE.max(axis=2) - PICTURE.min(axis=2)
    assert tallies.chromas(PICTURE).tolist() == np.bincount(chroma.ravel(), minlength=256).tolist()


def test_colourfulness_is_that_of_its_authors() -> None:
    red, green, blue = np.moveaxis(PICTURE.astype(np.float64), 2, 0)
    across, along = red - green, (red + green) / 2 - blue
    spread = np.hypot(across.std(), along.std())
    assert tallies.colourfulness(PICTURE) == pytest.approx(spread + 0.3 * np.hypot(across.mean(), along.mean()))


def test_grey_has_no_colourfulness() -> None:
    assert tallies.colourfulness(np.repeat(PICTURE[..., :1], 3, axis=2)) == 0


@pytest.mark.parametrize("same", [0, 10, 40])
def test_what_is_even_lies_near_the_mean_of_the_commonest_colour(same: int) -> None:
    page = PICTURE.copy()
    page[:20] = np.array([255, 250, 3]) - RNG.integers(0, 4, (20, 53, 1))
    counts = cv2.calcHist([page], [0, 1, 2], None, [16, 16, 16], [0, 256] * 3)
    commonest = np.array(np.unravel_index(counts.argmax(), counts.shape))
    mean = np.rint(page[(page // 16 == commonest).all(axis=2)].mean(axis=0))
    expected = (np.abs(page - mean) <= same).all(axis=2).mean()
    assert tallies.even(page, same) == pytest.approx(expected)
    assert expected > (0.5 if same else 0)
