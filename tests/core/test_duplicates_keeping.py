"""Which of several copies is kept, and whether what is said of it is true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from embedding_core.neighbours import NeighbourGraph
from embedding_core.quality.duplicates.keeping import Choice, Copies, choose, typical
from embedding_core.quality.duplicates.kinds import keeps_up
from embedding_core.quality.hashing import SYMMETRIES

NAN = float("nan")


def chosen(
    sizes: Sequence[tuple[int, int]],
    *,
    sharpness: Sequence[float] | None = None,
    density: Sequence[float] | None = None,
    chroma: Sequence[float] | None = None,
    typical: Sequence[float] | None = None,
    stand: Sequence[int] | None = None,
) -> Choice:
    """Rows 10, 20, … of pictures equal in all that is not given."""
    count = len(sizes)
    widths, heights = np.array(sizes, np.int32).T
    pixels = widths.astype(np.float64) * heights
    return choose(
        Copies(
            10 * np.arange(1, count + 1),
            widths,
            heights,
            (pixels * (density or [1.0] * count)).astype(np.int64),
            (pixels * (sharpness or [0.2] * count)).astype(np.float32),
            np.array(chroma or [90.0] * count, np.float32),
            np.array(typical or [NAN] * count, np.float32),
            np.array(stand or [0] * count, np.int32),
        )
    )


BIG, SMALL = (800, 600), (400, 300)


def test_a_grey_copy_is_not_kept_before_one_in_colour_however_large() -> None:
    assert chosen([BIG, SMALL], chroma=[2, 90]) == Choice(20, "; keep the one that is in colour.")
    both = chosen([BIG, SMALL, (600, 450)], chroma=[2, 90, 90])
    assert both == Choice(30, "; keep of those in colour the largest (600 × 450 pixels).")


@pytest.mark.parametrize("chroma", [[3, 5], [60, 90], [NAN, NAN]])
def test_pictures_that_have_as_good_as_the_same_colours_are_told_by_size(chroma: list[float]) -> None:
    assert chosen([SMALL, BIG], chroma=chroma) == Choice(20, "; keep the largest (800 × 600 pixels).")


def test_the_one_that_the_rest_of_the_set_says_is_upright_is_kept() -> None:
    turned = chosen([(800, 600), (600, 800)], stand=[0, 1], typical=[0.6, 0.75])
    assert turned == Choice(20, "; keep the one that is upright.")
    larger = chosen([(800, 600), (300, 400), (600, 800)], stand=[0, 1, 1], typical=[0.6, 0.75, 0.74])
    assert larger == Choice(30, "; keep of those upright the largest (600 × 800 pixels).")
    grey = chosen([BIG, (600, 800), SMALL], chroma=[90, 1, 90], stand=[0, 1, 1], typical=[0.5, 0.8, 0.8])
    assert grey == Choice(30, "; keep the one that is in colour and upright.")


def test_only_what_the_set_says_clearly_and_of_one_way_is_called_upright() -> None:
    hardly = chosen([(800, 600), (600, 800)], stand=[0, 1], typical=[0.6, 0.64])
    assert hardly == Choice(20, "; keep the one that is most like the other images.")
    two_ways = chosen([BIG, (600, 800), SMALL], stand=[0, 1, 2], typical=[0.7, 0.71, 0.5])
    assert two_ways.why == ". Both of those most like the other images are equally good; the first is kept."
    grey = chosen([BIG, (600, 800), SMALL], chroma=[90, 1, 90], stand=[0, 1, 1], typical=[0.5, 0.8, 0.53])
    assert grey == Choice(30, "; keep the one that is in colour and most like the other images.")


def test_where_the_set_says_nothing_most_copies_decide_and_two_do_not() -> None:
    for near in ([NAN] * 3, [0.7, 0.7, 0.71]):
        most = chosen([BIG] * 3, stand=[0, 1, 1], typical=near)
        assert most == Choice(20, ". Both of those turned like most are equally good; the first is kept.")
    tied = chosen([BIG] * 5, stand=[0, 1, 1, 2, 2])
    assert tied == Choice(10, ". All are equally good; the first is kept."), "no way is that of most"
    assert chosen([(800, 600), (600, 800)], stand=[0, 1], typical=[0.7, 0.71]) == Choice(
        10, ". Both are equally good; the first is kept."
    )


def test_the_largest_is_kept_unless_it_was_only_enlarged() -> None:
    assert chosen([SMALL, BIG]).row == 20
    enlarged = chosen([SMALL, BIG], sharpness=[0.8, 0.2])
    assert enlarged == Choice(10, "; keep the sharpest (400 × 300 pixels).")


def test_the_least_compressed_is_kept_of_equals_and_else_the_larger_by_little() -> None:
    assert chosen([SMALL, SMALL], density=[0.2, 0.9]) == Choice(20, "; keep the least compressed (108 KB).")
    assert chosen([(398, 300), SMALL], density=[0.9, 0.8]) == Choice(20, "; keep the largest (400 × 300 pixels).")


def test_nothing_is_called_best_where_all_are_equal() -> None:
    assert chosen([SMALL] * 2) == Choice(10, ". Both are equally good; the first is kept.")
    assert chosen([SMALL] * 3) == Choice(10, ". All are equally good; the first is kept.")
    of_two = chosen([SMALL] * 3, chroma=[1, 90, 90])
    assert of_two == Choice(20, ". Both of those in colour are equally good; the first is kept.")


def test_what_is_best_in_no_single_way_is_not_said_to_be() -> None:
    mixed = chosen([BIG, BIG, (790, 600)], sharpness=[0.2, 0.1, 0.2], density=[0.9, 0.9, 0.3])
    assert mixed.row == 10
    assert mixed.why == "; keep the best in size, sharpness and compression together (800 × 600 pixels, 432 KB)."


def test_how_like_the_rest_a_picture_is_leaves_its_copies_out() -> None:
    rows = np.array([[1, 2, 3], [0, 3, 2], [3, 0, 1], [2, 1, 0]], np.int32)
    similarity = np.array([[0.99, 0.8, 0.6], [0.99, 0.5, 0.3], [0.7, 0.8, 0.3], [0.7, 0.5, 0.6]], np.float32)
    found = typical(
        NeighbourGraph(rows, similarity), np.array([0, 0, -1, -1], np.int32), np.array([0], int), np.array([1], int)
    )
    assert found[:2] == pytest.approx([0.7, 0.4])
    assert np.isnan(found[2:]).all()


def test_up_stays_up_when_mirrored_left_to_right_alone() -> None:
    kept = keeps_up(np.arange(8, dtype=np.int8))
    assert {one.name for one, keeps in zip(SYMMETRIES, kept, strict=True) if keeps} == {"upright", "mirrored"}
