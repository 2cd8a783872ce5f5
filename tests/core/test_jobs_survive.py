"""Jobs over the end of their server: real processes, real records in a workspace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from embedding_core.errors import InvalidInput, JobFailed
from embedding_core.jobs import Job, JobRunner, Work
from embedding_core.records import LOCAL
from tests.core.test_jobs import OPENER, TASKS, WAIT, Memory, start
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
# A server that submits one job, says which process runs it, and lives on.
SERVER = f"""
import sys, time
from embedding_core.jobs import JobRunner, Work
from embedding_core.records import LOCAL
runner = JobRunner(Work(sys.argv[1], tasks="{TASKS}", opener="{OPENER}"), resumable=["count"])
job = runner.submit(sys.argv[2], {{"to": 40, "mark": sys.argv[1] + "/mark"}}, actor=LOCAL)
while not runner.get(job.id).stage:
    time.sleep(0.02)
print(runner.pids()["long"], flush=True)
time.sleep(60)
"""


@contextmanager
def server(workspace: Path, kind: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process of its own and the pid of its worker."""
    command = [sys.executable, "-c", SERVER, str(workspace), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def next_server(workspace: Path, records: Memory | None = None) -> JobRunner:
    return JobRunner(Work(str(workspace), tasks=TASKS, opener=OPENER), records=records, resumable=["count"])


def running(**facts: object) -> Job:
    """A job that a server far away has begun and whose lease has run out."""
    return replace(Job("j", "count", "", {"to": 1}, LOCAL, state="running", owner="elsewhere/1/x"), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["count", "hold"])
def test_a_worker_ends_with_its_killed_server(tmp_path: Path, kind: str) -> None:
    if kind == "hold" and sys.platform != "linux":
        pytest.skip("only Linux ends a process whose compiled code holds the interpreter")
    with server(tmp_path, kind) as (process, worker):
        assert not gone(worker)
        kill(process)
        until(lambda: gone(worker), 5)


def test_the_next_server_goes_on_with_what_the_last_one_began(tmp_path: Path) -> None:
    with server(tmp_path, "count") as (process, _):
        kill(process)
    runner = next_server(tmp_path)
    try:
        [job] = runner.list()
        assert (job.state, job.attempts) == ("queued", 1)
        assert start(runner, "count", to=40, mark=f"{tmp_path}/mark").id == job.id, "asked for again, it is the same"
        assert runner.wait(job.id, WAIT).result == {"counted": 40}
        assert len((tmp_path / "mark").read_text().split()) == 2
    finally:
        runner.shutdown()


def test_a_job_that_cannot_be_resumed_is_failed_in_words(tmp_path: Path) -> None:
    with server(tmp_path, "hold") as (process, _):
        kill(process)
    runner = next_server(tmp_path)
    [job] = runner.list()
    assert (job.state, job.error) == ("failed", "The server ended while this ran. Start it again.")
    runner.shutdown()


def test_a_job_of_a_living_server_is_left_alone(tmp_path: Path) -> None:
    with server(tmp_path, "count"):
        second = next_server(tmp_path)
        [job] = second.list()
        assert job.state == "running"
        assert start(second, "count", to=40, mark=f"{tmp_path}/mark").id == job.id, "not done twice at the same time"
        with pytest.raises(InvalidInput, match=socket.gethostname()):
            second.cancel(job.id, LOCAL)
        assert not second.pids()
        second.shutdown()


def test_a_server_that_is_stopped_hands_its_jobs_on(tmp_path: Path) -> None:
    records = Memory()
    first = next_server(tmp_path, records)
    begun, waiting = start(first, "count", to=30), start(first, "count", to=2)
    until(lambda: first.get(begun.id).stage == "counting")
    worker = first.pids()["long"]
    first.shutdown()
    assert gone(worker)
    with pytest.raises(JobFailed, match="stopped"):
        start(first, "count", to=1)
    assert {(one["state"], one["lease_until"], one["attempts"]) for one in records.load_all()} == {("queued", 0, 0)}
    second = next_server(tmp_path, records)
    assert second.wait(begun.id, WAIT).result == {"counted": 30}
    assert second.wait(waiting.id, WAIT).result == {"counted": 2}
    second.shutdown()


def test_a_job_that_ends_every_server_is_given_up(tmp_path: Path) -> None:
    records = Memory()
    records.save(running(attempts=2).to_record())
    runner = next_server(tmp_path, records)
    assert runner.get("j").state == "failed"
    assert "3 times" in runner.get("j").error
    runner.shutdown()


def test_a_lease_from_afar_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.jobs.runner.BEAT", 0.1)
    records = Memory()
    records.save(running(lease_until=time.time() + 2).to_record())
    runner = next_server(tmp_path, records)
    assert runner.get("j").state == "running"
    ended = runner.wait("j", WAIT)
    assert (ended.state, ended.attempts) == ("done", 1)
    assert ended.finished is not None
    assert ended.finished > records.kept["j"]["created"] + 1.5
    runner.shutdown()


def test_of_two_servers_that_claim_a_job_one_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.jobs.runner.SETTLE", 1.5)
    records = Memory()
    records.save(running().to_record())
    runner = next_server(tmp_path, records)
    assert runner.get("j").state == "queued"
    records.save(running(owner="elsewhere/2/y", lease_until=time.time() + 60).to_record())  # a moment later
    until(lambda: runner.get("j").owner == "elsewhere/2/y")
    assert not runner.pids()
    runner.shutdown()


def test_leases_are_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.jobs.runner.BEAT", 0.1)
    records = Memory()
    runner = next_server(tmp_path, records)
    job = start(runner, "hold")
    first = records.kept[job.id]["lease_until"]
    until(lambda: records.kept[job.id]["lease_until"] > first + 0.5)
    runner.shutdown()


def test_a_restarted_container_has_the_id_of_the_server_before(tmp_path: Path) -> None:
    records = Memory()
    owner = f"{socket.gethostname()}/{os.getpid()}/before"
    records.save(running(owner=owner, lease_until=time.time() + 60).to_record())
    runner = next_server(tmp_path, records)
    assert runner.wait("j", WAIT).state == "done"
    runner.shutdown()


def test_a_record_of_another_version_is_read(tmp_path: Path) -> None:
    records = Memory()
    record = running(state="done").to_record()
    del record["suspects"]
    records.save({**record, "mood": "good"})
    runner = next_server(tmp_path, records)
    assert runner.get("j").state == "done"
    runner.shutdown()
