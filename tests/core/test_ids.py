"""Ids among ids, against dictionaries and sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedding_core import ids

NUMBERS = st.lists(st.integers(-5, 40), max_size=30)


@given(NUMBERS)
def test_distinct_ids_ascend(given: list[int]) -> None:
    assert ids.distinct(np.array(given, np.int64)).tolist() == sorted(set(given))


# Few ids among many are looked up another way than many.
@given(NUMBERS, st.lists(st.integers(-5, 99), max_size=30, unique=True) | st.permutations(range(-5, 90)))
def test_each_id_is_found_where_it_is_and_nowhere_else(wanted: list[int], among: list[int]) -> None:
    row = {image: row for row, image in enumerate(among)}
    found = ids.find(np.array(wanted, np.int64), np.array(among, np.int64))
    assert found.tolist() == [row.get(image, -1) for image in wanted]


def test_large_ids_are_told_apart() -> None:
    large = np.array([2**62, 2**62 + 1, 2**52 + 1], np.int64)
    assert ids.find(large, large[::-1].copy()).tolist() == [2, 1, 0]
    assert ids.find(large, large).tolist() == [0, 1, 2]
