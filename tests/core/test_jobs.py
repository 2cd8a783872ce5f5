"""The job runner with real worker processes and tasks that misbehave."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from embedding_core.errors import JobCancelled, JobFailed, UnknownJob
from embedding_core.jobs import Job, JobRunner, Work, ledger
from embedding_core.jobs.process import WorkerProcess
from embedding_core.records import LOCAL, Actor
from tests.waiting import until

TASKS, OPENER = "tests.core.fake_tasks:TASKS", "tests.core.fake_tasks:NoWorkspace"
WAIT = 30.0  # seconds after which something will not happen any more


class Memory:
    """Records without a workspace."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def save(self, record: Mapping[str, Any]) -> None:
        self.kept[record["id"]] = dict(record)

    def load_all(self) -> list[dict[str, Any]]:
        return list(self.kept.values())

    def remove(self, job_id: str) -> None:
        self.kept.pop(job_id, None)


@pytest.fixture
def records() -> Memory:
    return Memory()


@pytest.fixture
def runner(tmp_path: Path, records: Memory) -> Iterator[JobRunner]:
    made = JobRunner(Work(str(tmp_path), tasks=TASKS, opener=OPENER), records=records)
    yield made
    made.shutdown()


def start(runner: JobRunner, kind: str, **parameters: Any) -> Job:
    return runner.submit(kind, parameters, actor=LOCAL)


def finish(runner: JobRunner, kind: str, **parameters: Any) -> Job:
    return runner.wait(start(runner, kind, **parameters).id, WAIT)


def call(runner: JobRunner, kind: str, **parameters: Any) -> dict[str, Any]:
    return runner.call(kind, parameters, actor=LOCAL, timeout=WAIT)


def test_a_job_reports_and_ends_with_its_result(runner: JobRunner, records: Memory) -> None:
    job = runner.submit("count", {"to": 30}, dataset="d", actor=Actor("1", "Ada"))
    until(lambda: runner.get(job.id).seconds_left is not None)
    seen = runner.get(job.id)
    assert (seen.state, seen.stage, seen.total) == ("running", "counting", 30)
    assert seen.seconds_left is not None
    assert 0 < seen.seconds_left < 10
    assert records.kept[job.id]["lease_until"] > time.time()
    ended = runner.wait(job.id, WAIT)
    assert (ended.state, ended.result, ended.seconds_left) == ("done", {"counted": 30}, None)
    assert ended.started is not None
    assert ended.finished is not None
    assert ended.created <= ended.started <= ended.finished
    assert records.kept[job.id]["state"] == "done"
    assert records.kept[job.id]["lease_until"] == 0
    assert records.kept[job.id]["actor"] == {"id": "1", "name": "Ada"}


def test_no_process_is_started_before_there_is_work_and_then_it_stays_warm(runner: JobRunner) -> None:
    assert runner.pids() == {}
    first, second = finish(runner, "echo", say=1), finish(runner, "echo", say=2)
    assert first.result["pid"] == second.result["pid"] == runner.pids()["long"]


def test_a_task_gets_the_workspace_the_parameters_and_the_actor(runner: JobRunner, tmp_path: Path) -> None:
    job = runner.submit("echo", {"say": "Grüße \udcff"}, actor=Actor("1", "Ada"))
    result = runner.wait(job.id, WAIT).result
    assert (result["said"], result["by"], result["workspace"]) == ("Grüße \udcff", "Ada", str(tmp_path))


def test_the_same_work_is_one_job_until_it_has_ended(runner: JobRunner) -> None:
    first = start(runner, "count", to=10)
    assert start(runner, "count", to=10).id == first.id
    assert start(runner, "count", to=11).id != first.id
    assert runner.submit("count", {"to": 10}, dataset="another", actor=LOCAL).id != first.id
    runner.wait(first.id, WAIT)
    assert start(runner, "count", to=10).id != first.id


def test_jobs_are_listed_newest_first(runner: JobRunner) -> None:
    ended = finish(runner, "echo")
    held = runner.submit("hold", {}, dataset="d", actor=LOCAL)
    assert [job.id for job in runner.list()] == [held.id, ended.id]
    assert [job.id for job in runner.list(active_only=True)] == [held.id]
    assert [job.id for job in runner.list("d")] == [held.id]


def test_cancel_kills_what_runs_and_removes_what_waits(runner: JobRunner) -> None:
    held, waiting, after = start(runner, "hold"), start(runner, "echo", say=1), start(runner, "echo", say=2)
    until(lambda: runner.get(held.id).stage == "holding")
    before = runner.pids()["long"]
    runner.cancel(waiting.id, LOCAL)
    assert runner.wait(waiting.id, 0).state == "cancelled"
    runner.cancel(held.id, Actor("1", "Ada"))
    cancelled = runner.wait(held.id, WAIT)
    assert (cancelled.state, cancelled.note, cancelled.error) == ("cancelled", "Cancelled by Ada.", "")
    assert not psutil.pid_exists(before)
    assert runner.wait(after.id, WAIT).result["pid"] != before
    runner.cancel(after.id, LOCAL)  # too late, and harmless
    assert runner.get(after.id).state == "done"


def test_a_job_cancelled_while_its_process_starts_does_not_run(runner: JobRunner, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for number in range(3):
        job = start(runner, "count", to=3, mark=str(mark), number=number)
        until(lambda: "long" in runner.pids())
        runner.cancel(job.id, LOCAL)
        assert runner.wait(job.id, WAIT).state == "cancelled"
    assert finish(runner, "echo").state == "done"
    assert not mark.exists()


def test_a_killed_process_is_given_no_more_work_though_it_may_still_be_dying(tmp_path: Path) -> None:
    process = WorkerProcess(Work(str(tmp_path), tasks=TASKS, opener=OPENER), "long")
    process.kill()
    assert not process.alive
    assert list(process.ask({"kind": "echo", "parameters": {}, "actor": {"id": "1", "name": "Ada"}})) == []
    assert process.close() == -signal.SIGKILL


def test_a_job_cancelled_right_away_does_not_run(runner: JobRunner, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for number in range(20):
        runner.cancel(start(runner, "count", to=3, mark=str(mark), number=number).id, LOCAL)
    assert finish(runner, "echo").state == "done"
    assert {job.state for job in runner.list() if job.kind == "count"} == {"cancelled"}
    assert not mark.exists()


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        (
            "crash",
            {"signal": "SIGSEGV"},
            "was killed by signal 11, SIGSEGV (a fault in compiled code) during “crashing”",
        ),
        ("crash", {"signal": "SIGKILL"}, "was killed by signal 9, SIGKILL (out of memory?) during “crashing”"),
        ("stammer", {}, "was killed by signal 9, SIGKILL (out of memory?) during “stammering”"),
        ("leave", {}, "ended by itself with status 7 before it had begun"),
    ],
)
def test_a_crash_costs_one_job_and_says_why(
    runner: JobRunner, kind: str, parameters: dict[str, Any], words: str
) -> None:
    crashed, after = start(runner, kind, **parameters), start(runner, "echo", say="still here")
    failed = runner.wait(crashed.id, WAIT)
    assert (failed.state, failed.error) == ("failed", f"The worker process {words}.")
    assert runner.wait(after.id, WAIT).result["said"] == "still here"


def test_a_process_that_dies_while_idle_costs_nothing(runner: JobRunner) -> None:
    finish(runner, "echo", say=1)
    idle = psutil.Process(runner.pids()["long"])
    idle.kill()
    until(lambda: "long" not in runner.pids())
    assert finish(runner, "echo", say=2).state == "done"


def test_a_file_that_crashes_twice_is_left_out_and_the_job_goes_on(runner: JobRunner) -> None:
    files = [f"{number}.png" for number in range(12)]
    ended = finish(runner, "read", files=files, bad=["5.png", "11.png"])
    assert ended.state == "done", ended.error
    assert ended.result["rejected"] == ["5.png", "11.png"]
    assert len(ended.result["read"]) == 10
    assert "suspects" not in ended.parameters, "asking for the same again must be the same job"


def test_a_crash_after_reading_is_not_laid_at_a_file(runner: JobRunner) -> None:
    ended = finish(runner, "read", files=["a.png"], bad=[], then="crash")
    assert ended.state == "failed"
    assert "a.png" not in ended.error


def test_restarts_end_when_no_file_is_to_blame(runner: JobRunner) -> None:
    ended = finish(runner, "starve", files=[f"{number}.png" for number in range(100)])
    assert ended.state == "failed"
    assert "SIGKILL (out of memory?) while it read '6.png' and 1 more" in ended.error


def test_errors_for_the_user_pass_word_for_word_and_others_by_name(runner: JobRunner) -> None:
    assert finish(runner, "refuse").error == "Give 1 to 3, not 7."
    assert finish(runner, "stumble").error == "Unexpected ZeroDivisionError: by zero"
    assert "set cannot travel" in finish(runner, "unsayable").error
    assert "'nothing'" in finish(runner, "nothing").error
    with pytest.raises(JobFailed, match=r"^Give 1 to 3, not 7\.$"):
        call(runner, "refuse")


def test_chatter_on_standard_output_does_no_harm_and_bytes_go_both_ways(runner: JobRunner) -> None:
    assert call(runner, "noise", bytes=b"\x80") == {"bytes": b"\x00\xff\x80"}


def test_the_lanes_do_not_wait_for_each_other(runner: JobRunner, records: Memory) -> None:
    held = start(runner, "hold")
    until(lambda: runner.get(held.id).stage == "holding")
    assert call(runner, "echo", say="quick")["said"] == "quick"
    assert runner.get(held.id).state == "running"
    assert list(records.kept) == [held.id], "interactive jobs are not recorded"
    assert runner.list() == [runner.get(held.id)], "what a call wanted is not kept"


def test_nothing_waits_for_a_training_whose_process_ends_with_it(runner: JobRunner, records: Memory) -> None:
    held = runner.submit("hold", {}, actor=LOCAL, lane="training")
    again = runner.submit("hold", {}, actor=LOCAL, lane="training")
    assert again.id == held.id, "asked for twice it is done once"
    until(lambda: runner.get(held.id).stage == "holding")
    assert finish(runner, "echo", say="long").result["said"] == "long"
    assert set(records.kept) == {held.id, *(job.id for job in runner.list() if job.kind == "echo")}
    runner.cancel(held.id, LOCAL)
    assert runner.wait(runner.submit("echo", {}, actor=LOCAL, lane="training").id, WAIT).state == "done"
    until(lambda: set(runner.pids()) == {"long"})


@pytest.mark.parametrize(
    ("kind", "parameters", "lane"),
    [
        ("finetune", {}, "training"),
        ("tune", {"minutes": 10}, "training"),
        ("improve", {"step": "finetune:last"}, "training"),
        ("learning_curve", {}, "long"),
        ("learning_curve", {"scratch_minutes": 6.0}, "training"),
        ("embed", {}, "long"),
    ],
)
def test_what_trains_for_minutes_has_a_lane(
    runner: JobRunner, kind: str, parameters: dict[str, Any], lane: str
) -> None:
    assert runner.submit(kind, parameters, actor=LOCAL).lane == lane


def test_a_call_that_takes_too_long_is_stopped(runner: JobRunner) -> None:
    call(runner, "echo")
    with pytest.raises(JobFailed, match=r"within 0 s"):
        runner.call("hold", {}, actor=LOCAL, timeout=0.2)
    assert call(runner, "echo", say=1)["said"] == 1


def test_a_call_that_someone_cancels_says_so(runner: JobRunner) -> None:
    def cancel() -> None:
        until(lambda: any(job.stage == "holding" for job in runner.list()))
        runner.cancel(runner.list()[0].id, Actor("1", "Ada"))

    threading.Thread(target=cancel).start()
    with pytest.raises(JobCancelled, match="Ada"):
        call(runner, "hold")


def test_an_unknown_job_is_named(runner: JobRunner) -> None:
    with pytest.raises(UnknownJob, match="nope"):
        runner.get("nope")
    with pytest.raises(UnknownJob, match="nope"):
        runner.cancel("nope", LOCAL)


def test_ended_jobs_are_forgotten_in_the_end(
    runner: JobRunner, records: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ledger.HISTORY, "long", 3)
    ids = [finish(runner, "echo", say=number).id for number in range(6)]
    assert list(records.kept) == ids[-3:]
    assert [job.id for job in runner.list()] == ids[:-4:-1]


def test_a_workspace_that_cannot_be_written_stops_no_job(
    runner: JobRunner, records: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(record: Mapping[str, Any]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records, "save", full)
    assert finish(runner, "echo", say=1).state == "done"
    assert finish(runner, "echo", say=2).state == "done"


def test_looking_at_jobs_does_not_wait_for_the_workspace(
    runner: JobRunner, records: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, written = threading.Event(), threading.Event()

    def slow(record: Mapping[str, Any]) -> None:
        writing.set()
        written.wait(WAIT)

    monkeypatch.setattr(records, "save", slow)
    threading.Thread(target=start, args=(runner, "echo")).start()
    assert writing.wait(WAIT)
    assert len(runner.list()) == 1, "an answer while the record is still being written"
    written.set()
    until(lambda: runner.list()[0].state == "done")


def test_the_worker_outlives_the_signals_that_stop_a_server(runner: JobRunner) -> None:
    job = start(runner, "count", to=20)
    until(lambda: runner.get(job.id).stage == "counting")
    for one in (signal.SIGINT, signal.SIGTERM):
        os.kill(runner.pids()["long"], one)
    assert runner.wait(job.id, WAIT).state == "done"


def test_the_worker_does_not_know_the_key_and_steps_back(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_SECRET", "s3cret")
    finish(runner, "echo")
    worker = psutil.Process(runner.pids()["long"])
    assert "KINDRED_SECRET" not in worker.environ()
    assert worker.nice() >= 10
