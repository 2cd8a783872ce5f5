"""What lies turned is found by its embedding, and what only looks odd is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedding_core.quality.photos.finding import Photos, photos
from embedding_core.quality.photos.looks import looks
from embedding_core.quality.photos.turned import FEWEST, Turned, turned

N, D = 800, 48


def world(seed: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], list[int]]:
    """Pictures whose vectors show what is on them and which side is up; twelve lie turned, eight are just odd."""
    rng = np.random.default_rng(seed)
    lies = np.zeros(N, np.int64)
    planted = rng.choice(N, 12, replace=False)
    lies[planted] = rng.integers(1, 4, 12)
    odd = rng.choice(np.setdiff1d(np.arange(N), planted), 8, replace=False)
    return np.arange(N) + 100, rng.normal(size=(N, D)).astype(np.float32), lies, odd, planted.tolist()


def judged(seed: int) -> tuple[Turned, NDArray[np.int64], list[int]]:
    ids, content, lies, odd, planted = world(seed)
    up = np.random.default_rng(99).normal(size=(4, D)).astype(np.float32)

    def encode(rows: NDArray[np.int64], quarters: int) -> NDArray[np.float32]:
        sides = up[(lies[rows] + quarters) % 4]
        # An odd picture looks as if it lay on its side however it is turned.
        sides = np.where(np.isin(rows, odd)[:, None], up[1], sides)
        return (content[rows] * 0.5 + sides).astype(np.float32)

    return turned(ids, encode(np.arange(N), 0), encode), lies, planted


def test_what_lies_turned_is_found_with_the_turn_that_sets_it_upright() -> None:
    found, lies, planted = judged(1)
    line = 1.5
    told = np.flatnonzero(found.evidence > line)
    assert set(told.tolist()) == set(planted)
    assert np.array_equal(found.turns[told], 90 * lies[told])


def test_it_joins_the_bad_photographs() -> None:
    found, _, planted = judged(2)
    empty = looks(found.ids, found.ids.astype(np.uint64), lambda ids: {})
    joined = photos(empty).joined(found)
    assert set(joined.flagged("turned").tolist()) == set(planted)
    row = int(joined.flagged("turned")[0])
    assert joined.reason("turned", row).startswith(f"Turned by {found.turns[row]}° clockwise")
    assert {case.suggestion for case in joined.cases("turned")} == {None}, "turning it is better than removing it"
    some = photos(looks(found.ids[:9], found.ids[:9].astype(np.uint64), lambda ids: {})).joined(found)
    assert np.array_equal(some.of("turned"), found.evidence[:9], equal_nan=True), "by id, whatever else there is"
    again = Photos.restored(joined.arrays(), joined.facts())
    assert again.reason("turned", row) == joined.reason("turned", row)
    assert np.array_equal(Turned.restored(found.arrays(), found.facts()).turns, found.turns)


def test_of_few_pictures_nothing_is_said() -> None:
    vectors = np.random.default_rng(0).normal(size=(FEWEST - 1, D)).astype(np.float32)

    def encode(rows: NDArray[np.int64], quarters: int) -> NDArray[np.float32]:
        raise AssertionError("nothing is to be encoded")

    assert not np.isfinite(turned(np.arange(FEWEST - 1), vectors, encode).evidence).any()
