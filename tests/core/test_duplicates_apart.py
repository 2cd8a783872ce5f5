"""Pictures that are known to differ are in no group together, whatever both are copies of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from embedding_core.quality.duplicates import DuplicatesFound
from embedding_core.quality.duplicates.grouping import grouped, members
from tests.core.test_duplicates import sample, scene, searched, sets, written

RED, BLUE = (60, -20, -20), (-20, -20, 60)


def rows(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def test_what_is_a_copy_of_two_that_differ_goes_with_its_best() -> None:
    of, alone = np.arange(4, dtype=np.uint64), np.full(4, -1, np.int32)
    first, second, score = rows(0, 1, 0), rows(1, 2, 3), np.array([0.95, 0.97, 0.99], np.float32)
    assert grouped(of, alone, first, second, score, 0.85, (rows(), rows())).tolist() == [0, 0, 0, 0]
    assert grouped(of, alone, first, second, score, 0.85, (rows(0), rows(2))).tolist() == [0, 1, 1, 0]
    assert grouped(of, alone, first, second, score, 0.85, (rows(2), rows(3))).tolist() == [0, 1, 1, 0], "by its copy"
    exact = rows(-1, -1, 0, 0)
    assert grouped(of, exact, first[:2], second[:2], score[:2], 0.85, (rows(3), rows(0))).tolist() == [
        -1,
        0,
        0,
        0,
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_group_holds_two_that_are_apart_and_the_order_of_rows_changes_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    pairs = np.array([(one, other) for one in range(12) for other in range(one)], np.int32)
    random.shuffle(pairs)
    linked, parted = pairs[:20], pairs[20:28]
    score = random.integers(60, 100, 20).astype(np.float32) / 100
    ids, alone = np.arange(12), np.full(12, -1, np.int32)
    found = grouped(ids.astype(np.uint64), alone, *linked.T, score, 0.85, (parted[:, 0], parted[:, 1]))
    assert not any({*pair} <= group for pair in parted.tolist() for group in sets(found, ids))
    place = random.permutation(12).astype(np.int32)
    back = np.argsort(place)
    other = grouped(
        back.astype(np.uint64), alone, *place[linked].T, score, 0.85, (place[parted[:, 0]], place[parted[:, 1]])
    )
    assert sets(other, back) == sets(found, ids)


def tinted(grey: Image.Image, tint: tuple[int, int, int]) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(grey, float)[..., None] + tint, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def drawing() -> Image.Image:
    """In grey, with room for a tint."""
    return scene(3).convert("L").point([60 + value // 2 for value in range(256)])


def found_among(images: list[Image.Image], seed: int) -> DuplicatesFound:
    """With birds around. Ids are places in `images`, and rows in an order of their own."""
    files = [*(written(one, "PNG") for one in images), *sample("bird", 8).values()]
    order = np.random.default_rng(seed).permutation(len(files)).tolist()
    return searched([files[place] for place in order], order)


@pytest.mark.parametrize("best", [0, 1], ids=["red", "blue"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_grey_picture_goes_with_one_of_two_colours_and_never_joins_them(
    drawing: Image.Image, best: int, seed: int
) -> None:
    soft = drawing.filter(ImageFilter.GaussianBlur(1.2))
    shapes = [drawing, soft] if best == 0 else [soft, drawing]
    images = [tinted(shapes[0], RED), tinted(shapes[1], BLUE), drawing]
    found = found_among(images, seed)
    pairs = {frozenset(found.ids[[one, other]].tolist()) for one, other in zip(found.first, found.second, strict=True)}
    assert {frozenset({0, 2}), frozenset({1, 2})} <= pairs, "it is a copy of both"
    for line in (0.5, found.line):
        assert sets(found.at(line).groups, found.ids) == {frozenset({best, 2})}
    again = DuplicatesFound.restored(found.arrays(), found.facts())
    assert again.groups.tolist() == found.groups.tolist()


def test_a_grey_copy_is_with_the_picture_that_it_was_made_of(drawing: Image.Image) -> None:
    red = tinted(drawing, RED)
    found = found_among([red, red.convert("L"), red.resize((240, 160))], seed=2)
    assert [set(found.ids[one].tolist()) for one in members(found.groups)] == [{0, 1, 2}]
    assert len(found.apart_first) == 0
