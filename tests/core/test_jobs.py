"""The job runner with real worker processes and tasks that misbehave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from embedding_core.errors import JobFailed, UnknownJob
from embedding_core.jobs import Job, JobRunner
from embedding_core.jobs import runner as runner_module
from embedding_core.records import LOCAL, Actor

TASKS = "tests.core.fake_tasks:TASKS"
WAIT = 30.0


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
    made = JobRunner(str(tmp_path / "workspace"), records=records, tasks=TASKS)
    yield made
    made.shutdown()


def until(condition: Callable[[], object], timeout: float = WAIT) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def start(runner: JobRunner, kind: str, **parameters: Any) -> Job:
    return runner.submit(kind, parameters, actor=LOCAL)


def finish(runner: JobRunner, kind: str, **parameters: Any) -> Job:
    return runner.wait(start(runner, kind, **parameters).id, WAIT)


def test_a_job_reports_and_ends_with_its_result(runner: JobRunner, records: Memory) -> None:
    job = runner.submit("count", {"to": 30}, dataset="d", actor=Actor("1", "Ada"))
    until(lambda: runner.get(job.id).seconds_left is not None)
    seen = runner.get(job.id)
    assert (seen.state, seen.stage, seen.total) == ("running", "counting", 30)
    assert seen.seconds_left is not None
    assert 0 < seen.seconds_left < 5
    ended = runner.wait(job.id, WAIT)
    assert (ended.state, dict(ended.result)) == ("done", {"counted": 30})
    assert records.kept[job.id]["state"] == "done"
    assert records.kept[job.id]["actor"] == {"id": "1", "name": "Ada"}


def test_the_process_stays_warm(runner: JobRunner) -> None:
    assert finish(runner, "echo", say=1).result["pid"] == finish(runner, "echo", say=2).result["pid"]


def test_the_same_work_is_one_job_until_it_has_ended(runner: JobRunner) -> None:
    first = start(runner, "count", to=10)
    assert start(runner, "count", to=10).id == first.id
    assert start(runner, "count", to=11).id != first.id
    runner.wait(first.id, WAIT)
    assert start(runner, "count", to=10).id != first.id


def test_cancel_kills_what_runs_and_removes_what_waits(runner: JobRunner) -> None:
    held, waiting = start(runner, "hold"), start(runner, "echo", say=1)
    until(lambda: runner.get(held.id).stage == "holding")
    before = runner.pids()["long"]
    runner.cancel(waiting.id, LOCAL)
    assert runner.wait(waiting.id, WAIT).state == "cancelled"
    runner.cancel(held.id, LOCAL)
    assert runner.wait(held.id, WAIT).state == "cancelled"
    assert not psutil.pid_exists(before)
    assert finish(runner, "echo", say=2).state == "done"


def test_a_crash_costs_one_job_and_says_why(runner: JobRunner) -> None:
    crashed, after = start(runner, "crash", signal="SIGSEGV"), start(runner, "echo", say="still here")
    failed = runner.wait(crashed.id, WAIT)
    assert failed.state == "failed"
    assert "SIGSEGV" in failed.error
    assert "crashing" in failed.error
    assert runner.wait(after.id, WAIT).result["said"] == "still here"


def test_a_file_that_crashes_twice_is_left_out(runner: JobRunner) -> None:
    files = [f"{number}.png" for number in range(10)]
    ended = finish(runner, "read", files=files, bad=["5.png"])
    assert ended.state == "done", ended.error
    assert ended.result["rejected"] == ["5.png"]
    assert len(ended.result["read"]) == 9


def test_errors_for_the_user_pass_word_for_word_and_others_by_name(runner: JobRunner) -> None:
    assert finish(runner, "refuse").error == "Give 1 to 3, not 7."
    assert finish(runner, "stumble").error == "Unexpected ZeroDivisionError: by zero"
    with pytest.raises(JobFailed, match="not 7"):
        runner.call("refuse", {}, actor=LOCAL)


def test_chatter_on_standard_output_does_no_harm_and_bytes_come_through(runner: JobRunner) -> None:
    assert runner.call("noise", {}, actor=LOCAL, timeout=WAIT) == {"bytes": b"\x00\xff"}


def test_the_lanes_do_not_wait_for_each_other(runner: JobRunner, records: Memory) -> None:
    held = start(runner, "hold")
    until(lambda: runner.get(held.id).stage == "holding")
    assert runner.call("echo", {"say": "quick"}, actor=LOCAL, timeout=WAIT)["said"] == "quick"
    assert runner.get(held.id).state == "running"
    assert list(records.kept) == [held.id], "interactive jobs are not recorded"


def test_a_call_that_takes_too_long_is_stopped(runner: JobRunner) -> None:
    runner.call("echo", {}, actor=LOCAL, timeout=WAIT)
    with pytest.raises(JobFailed, match="longer than"):
        runner.call("hold", {}, actor=LOCAL, timeout=0.2)
    assert runner.call("echo", {"say": 1}, actor=LOCAL, timeout=WAIT)["said"] == 1


def test_an_unknown_job_is_named(runner: JobRunner) -> None:
    with pytest.raises(UnknownJob, match="nope"):
        runner.get("nope")


def test_ended_jobs_are_forgotten_in_the_end(
    runner: JobRunner, records: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "HISTORY", 3)
    ids = [finish(runner, "echo", say=number).id for number in range(6)]
    assert list(records.kept) == ids[-3:]
    assert [job.id for job in runner.list()] == ids[:-4:-1]


SERVER = """
import sys, time
sys.path.insert(0, sys.argv[3])
from embedding_core.jobs import JobRunner
from embedding_core.records import LOCAL
runner = JobRunner(sys.argv[1], tasks="tests.core.fake_tasks:TASKS")
job = runner.submit(sys.argv[2], {"to": 40, "mark": sys.argv[1] + "/mark"}, actor=LOCAL)
while not runner.get(job.id).stage:
    time.sleep(0.02)
print(runner.pids()["long"], flush=True)
time.sleep(60)
"""


def serve(workspace: Path, kind: str) -> tuple[subprocess.Popen[str], int]:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", SERVER, str(workspace), kind, str(root)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("kind", ["count", "hold"])
def test_a_worker_ends_with_its_server(tmp_path: Path, kind: str) -> None:
    server, worker = serve(tmp_path, kind)
    server.send_signal(signal.SIGKILL)
    server.wait()
    if kind == "hold" and sys.platform != "linux":
        os.kill(worker, signal.SIGKILL)  # only Linux can end a process that holds its interpreter
    until(lambda: ended(worker), 5)


def test_the_next_server_goes_on_with_what_the_last_one_began(tmp_path: Path) -> None:
    server, _ = serve(tmp_path, "count")
    server.send_signal(signal.SIGKILL)
    server.wait()
    with_workspace = JobRunner(str(tmp_path), tasks=TASKS)
    try:
        [job] = with_workspace.list()
        assert with_workspace.wait(job.id, WAIT).result == {"counted": 40}
        assert len((tmp_path / "mark").read_text().split()) == 2
    finally:
        with_workspace.shutdown()


def test_a_job_of_a_living_server_is_left_alone(tmp_path: Path) -> None:
    server, _ = serve(tmp_path, "count")
    try:
        second = JobRunner(str(tmp_path), tasks=TASKS)
        [job] = second.list()
        assert job.state == "running"
        assert not second.pids()
        second.shutdown()
    finally:
        server.kill()
        server.wait()


def test_a_job_that_ends_every_server_is_given_up(tmp_path: Path, records: Memory) -> None:
    job = Job("j", "count", "", {"to": 1}, LOCAL, state="running", owner="elsewhere:1:x", attempts=3)
    records.save(job.to_record())
    made = JobRunner(str(tmp_path), records=records, tasks=TASKS)
    assert made.get("j").state == "failed"
    assert "3 times" in made.get("j").error
    made.shutdown()
