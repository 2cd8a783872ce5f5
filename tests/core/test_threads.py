"""Limits on the threads of numerical libraries, which are the process's and not a thread's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import scipy.linalg  # noqa: F401 - with the BLAS that it brings
from threadpoolctl import threadpool_info, threadpool_limits

from embedding_core import threads


@pytest.fixture
def four() -> Iterator[None]:
    """As on four cores."""
    with threadpool_limits(4):
        assert blas() == {4}
        yield


def blas() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_who_leaves_first_does_not_lift_the_limit_of_who_stays(four: None) -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(threads.alone())
    second.enter_context(threads.alone())
    first.close()
    assert blas() == {1}
    second.close()
    assert blas() == {4}


def test_a_limit_within_a_looser_one_counts_until_it_is_left(four: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    with threads.shared_by(2):
        assert blas() == {2}
        with threads.alone():
            assert blas() == {1}
        assert blas() == {2}
    assert blas() == {4}


def test_a_limit_is_lifted_when_work_fails(four: None) -> None:
    with pytest.raises(ZeroDivisionError), threads.alone():
        print(1 / 0)
    assert blas() == {4}
