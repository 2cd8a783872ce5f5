"""The pieces of the job runner that need no process: time left, blame, messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_core.jobs import Job, crashes, wire
from embedding_core.jobs.pace import Pace
from embedding_core.records import LOCAL

JOB = Job("j", "add", "", {}, LOCAL)


def test_time_left_follows_the_speed_of_late() -> None:
    pace = Pace()
    assert pace.seconds_left("reading", 0, 1000, 0.0) is None
    for second in range(1, 6):  # 100 a second, because they are skipped
        left = pace.seconds_left("reading", second * 100, 1000, float(second))
    assert left == pytest.approx(5.0)
    for second in range(6, 46):  # 10 a second from there on
        left = pace.seconds_left("reading", 500 + (second - 5) * 10, 1000, float(second))
    assert left == pytest.approx(10.0, rel=0.25)


def test_time_left_starts_anew_with_a_stage() -> None:
    pace = Pace()
    pace.seconds_left("reading", 0, 10, 0.0)
    assert pace.seconds_left("reading", 5, 10, 5.0) == pytest.approx(5.0)
    assert pace.seconds_left("map", 0, 100, 6.0) is None
    assert pace.seconds_left("map", 10, 100, 7.0) == pytest.approx(9.0)


def test_a_resumed_stage_is_not_taken_for_a_fast_one() -> None:
    pace = Pace()
    pace.seconds_left("reading", 900, 1000, 0.0)
    assert pace.seconds_left("reading", 910, 1000, 1.0) == pytest.approx(9.0)


def test_time_left_is_unknown_without_a_total() -> None:
    pace = Pace()
    pace.seconds_left("map", 0, None, 0.0)
    assert pace.seconds_left("map", 5, None, 5.0) is None


def test_files_read_together_are_suspected_and_one_read_alone_is_accused() -> None:
    once = crashes.with_suspects(JOB, ["a", "b", "c"])
    assert once is not None
    assert once.suspects == {"a": 1, "b": 1, "c": 1}
    twice = crashes.with_suspects(once, ["b"])
    assert twice is not None
    assert twice.suspects == {"a": 1, "b": 2, "c": 1}


def test_a_task_that_reads_suspects_together_condemns_none_of_them() -> None:
    once = crashes.with_suspects(JOB, ["a", "b"])
    assert once is not None
    assert crashes.with_suspects(once, ["a", "b"]) is None


def test_a_task_that_reads_what_it_should_leave_out_is_given_up() -> None:
    once = crashes.with_suspects(JOB, ["a"])
    assert once is not None
    twice = crashes.with_suspects(once, ["a"])
    assert twice is not None
    assert crashes.with_suspects(twice, ["a"]) is None


def test_a_crash_while_nothing_is_read_teaches_nothing() -> None:
    assert crashes.with_suspects(JOB, []) is None


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True), min_size=40, max_size=40))
def test_restarts_come_to_an_end(readings: list[list[str]]) -> None:
    job: Job | None = JOB
    restarts = 0
    for reading in readings:
        job = crashes.with_suspects(job, reading) if job else None
        restarts += job is not None
    assert restarts <= 16, "two for each of eight files"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), json_like, max_size=4))
def test_messages_are_one_line_and_come_back_as_they_were(message: dict[str, object]) -> None:
    line = wire.encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert wire.decode(line) == message
