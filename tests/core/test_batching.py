"""Vectors in the order of their items, whatever the batch, the number of threads and what has no input."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_core.batching import AHEAD, encoded


class Doubler:
    """A vector is twice the input's first number. Each call takes as long as its first number says."""

    def __init__(self, batch: int, lanes: int) -> None:
        self.batch, self.lanes = batch, lanes
        self.sizes: list[int] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def encode(self, batch: np.ndarray) -> np.ndarray:
        with self._lock:
            self.sizes.append(len(batch))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(float(batch[0, 0, 0, 0] % 3) / 1000)
        with self._lock:
            self.at_once -= 1
        return 2 * batch[:, :1, 0, 0].astype(np.float32)


def inputs(numbers: list[int | None]) -> Iterator[tuple[int, Any]]:
    for at, number in enumerate(numbers):
        yield at, None if number is None else np.full((3, 1, 1), number, np.uint8)


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=90),
    st.integers(1, 7),
    st.integers(1, 4),
)
def test_every_item_comes_once_in_order_with_its_own_vector(numbers: list[int | None], batch: int, lanes: int) -> None:
    encoder: Any = Doubler(batch, lanes)
    found = list(encoded(encoder, inputs(numbers)))
    assert [item for item, _ in found] == list(range(len(numbers)))
    assert [None if vector is None else float(vector[0]) for _, vector in found] == [
        None if number is None else 2.0 * number for number in numbers
    ]
    assert max(encoder.sizes, default=0) <= batch
    assert encoder.most_at_once <= lanes


def test_no_more_is_taken_than_is_bounded() -> None:
    encoder: Any = Doubler(batch=4, lanes=2)
    taken = 0

    def endless() -> Iterator[tuple[int, Any]]:
        nonlocal taken
        while True:
            taken += 1
            yield taken, np.zeros((3, 1, 1), np.uint8)

    reader = encoded(encoder, endless())
    for seen in range(1, 200):
        next(reader)
        assert taken - seen <= AHEAD + encoder.batch
    reader.close()


def test_items_without_input_do_not_wait_for_ever() -> None:
    """Of a dataset that has everything already: nothing is to be encoded, and the reader hears of progress."""
    encoder: Any = Doubler(batch=16, lanes=1)
    reader = encoded(encoder, inputs([None] * 1000))
    assert next(reader) == (0, None)
    assert len(list(reader)) == 999
    assert encoder.sizes == []


def test_what_an_encoder_raises_reaches_the_reader() -> None:
    class Broken(Doubler):
        def encode(self, batch: np.ndarray) -> np.ndarray:
            raise RuntimeError("out of memory")

    broken: Any = Broken(batch=2, lanes=2)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(encoded(broken, inputs([1, 2, 3, 4, 5])))


def test_without_an_encoder_items_pass() -> None:
    assert list(encoded(None, inputs([1, None, 2]))) == [(0, None), (1, None), (2, None)]
