"""Work in threads: in order, each item once, errors where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from embedding_core.parallel import BRIEF, brief_in_order, in_order

Run = Callable[[Callable[[int], int], Iterable[int]], Iterator[int]]

WAYS: list[Any] = [in_order, brief_in_order]
COUNTS = [0, 1, BRIEF - 1, BRIEF, BRIEF + 1, 500]


@pytest.mark.parametrize("run", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_each_item_is_worked_on_once_and_comes_in_order(run: Run, count: int) -> None:
    asked: list[int] = []

    def double(item: int) -> int:
        asked.append(item)
        return 2 * item

    assert list(run(double, iter(range(count)))) == [2 * item for item in range(count)]
    assert sorted(asked) == list(range(count))


@pytest.mark.parametrize("run", WAYS)
@pytest.mark.parametrize("bad", [0, 3, BRIEF, 77])
def test_an_error_comes_in_place_of_its_result(run: Run, bad: int) -> None:
    def fails(item: int) -> int:
        if item == bad:
            raise ValueError("bad")
        return item

    results = run(fails, range(100))
    assert [next(results) for _ in range(bad)] == list(range(bad))
    with pytest.raises(ValueError, match="bad"):
        next(results)


@pytest.mark.parametrize("run", WAYS)
def test_only_a_window_is_read_ahead(run: Run) -> None:
    read = 0

    def source() -> Iterator[int]:
        nonlocal read
        for item in range(10_000):
            read += 1
            yield item

    results = run(lambda item: item, source())
    assert next(results) == 0
    assert read < 400
