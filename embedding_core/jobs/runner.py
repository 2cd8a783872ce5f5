"""The server's side of jobs: what is queued, running and ended, kept in the workspace so that it survives the server.

Two lanes, long and interactive, each with a worker process of its own, so that a search never waits behind an
embedding. A job that is running holds a lease; when its server dies, the next one takes it over.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from embedding_core.errors import JobCancelled, JobFailed, UnknownJob
from embedding_core.jobs.job import ACTIVE, ENDED, Job
from embedding_core.jobs.lane import Lane
from embedding_core.records import Actor

TASKS = "embedding_core.tasks:TASKS"
LEASE = 30.0  # seconds
BEAT = 5.0  # seconds between renewals, and between looks for abandoned jobs
ATTEMPTS = 3  # servers that may begin a job before it is given up
HISTORY = 200  # ended jobs that are remembered


class Records(Protocol):
    """Where jobs are kept: `Workspace.jobs`."""

    def save(self, record: Mapping[str, Any]) -> None: ...
    def load_all(self) -> list[dict[str, Any]]: ...
    def remove(self, job_id: str) -> None: ...


class JobRunner:
    """Runs jobs on the workspace at a URI. Thread-safe; one per server process."""

    def __init__(self, workspace: str, *, records: Records | None = None, tasks: str = TASKS) -> None:
        if records is None:
            from embedding_core.workspace import Workspace

            records = Workspace.open(workspace).jobs
        self._records = records
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition(threading.RLock())
        self._closed = threading.Event()
        self._lanes = {name: Lane(name, workspace, tasks, self._update) for name in ("long", "interactive")}
        self._recover()
        self._heart = threading.Thread(target=self._beat, name="job leases", daemon=True)
        self._heart.start()

    def submit(
        self, kind: str, parameters: Mapping[str, Any], *, dataset: str = "", actor: Actor, lane: str = "long"
    ) -> Job:
        """Queue work and return at once. The same work, asked for again while it waits or runs, is the same job."""
        job = Job(uuid.uuid4().hex[:12], kind, dataset, dict(parameters), actor, lane)
        with self._changed:
            for other in self._jobs.values():
                if other.state in ACTIVE and other.lane == lane and other.key == job.key:
                    return other
            job = self._owned(job)
            self._keep(job)
        self._lanes[lane].put(job)
        return job

    def call(self, kind: str, parameters: Mapping[str, Any], *, actor: Actor, timeout: float = 60.0) -> dict[str, Any]:
        """Run something short in the interactive lane and return its result. Raises `JobFailed`, `JobCancelled`."""
        job = self.submit(kind, parameters, actor=actor, lane="interactive")
        ended = self.wait(job.id, timeout)
        if ended.state == "done":
            return dict(ended.result)
        if ended.state in ACTIVE:
            self.cancel(job.id, actor)
            raise JobFailed(f"That took longer than {timeout:.0f} s and was stopped. Try again.")
        raise JobCancelled("That was cancelled.") if ended.state == "cancelled" else JobFailed(ended.error)

    def get(self, job_id: str) -> Job:
        """Raises `UnknownJob`."""
        with self._changed:
            if job_id not in self._jobs:
                raise UnknownJob(job_id)
            return self._jobs[job_id]

    def list(self, dataset: str | None = None, *, active_only: bool = False) -> list[Job]:
        """Jobs, newest first."""
        with self._changed:
            found = [
                job
                for job in self._jobs.values()
                if (dataset is None or job.dataset == dataset) and (not active_only or job.state in ACTIVE)
            ]
        return sorted(found, key=lambda job: -job.created)

    def cancel(self, job_id: str, actor: Actor) -> None:
        """Stop a job; what it had committed stays. Ended ones are left alone. Raises `UnknownJob`."""
        job = self.get(job_id)
        if job.state in ACTIVE:
            self._lanes[job.lane].cancel(job_id)

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """The job once it has ended, or as it is after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.get(job_id).state in ENDED, timeout)
            return self.get(job_id)

    def pids(self) -> dict[str, int]:
        """The worker processes that are running, by lane."""
        return {name: lane.pid for name, lane in self._lanes.items() if lane.pid is not None}

    def shutdown(self) -> None:
        """End the worker processes. Jobs under way go on with the next server."""
        self._closed.set()
        for lane in self._lanes.values():
            lane.close()
        with self._changed:
            for job in self._jobs.values():
                if job.lane == "long" and job.state in ACTIVE and job.owner == self._owner:
                    self._records.save(replace(job, state="queued", lease_until=0.0).to_record())

    # -- inside -------------------------------------------------------------------------------------------------

    def _update(self, job: Job) -> None:
        with self._changed:
            before = self._jobs.get(job.id)
            if before is not None and job.state == "running" and before.state != "running":
                job = replace(job, started=job.started or time.time())
            job = replace(job, lease_until=before.lease_until if before and job.state in ACTIVE else 0.0)
            if before is None or before.state != job.state:
                self._keep(job)
            else:
                self._jobs[job.id] = job
            self._changed.notify_all()

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        if job.lane == "long":  # what is asked for and answered within seconds is not worth a record
            self._records.save(job.to_record())
        ended = [one for one in self._jobs.values() if one.state in ENDED]
        for old in sorted(ended, key=lambda one: one.created)[:-HISTORY]:
            del self._jobs[old.id]
            if old.lane == "long":
                self._records.remove(old.id)

    def _owned(self, job: Job) -> Job:
        return replace(job, owner=self._owner, attempts=job.attempts + 1, lease_until=time.time() + LEASE)

    def _recover(self) -> None:
        """Learn what is in the workspace, and take over what nobody runs any more."""
        for record in self._records.load_all():
            job = Job.from_record(record)
            with self._changed:
                if job.owner == self._owner:
                    continue
                if job.state in ENDED or _held(job):
                    self._jobs[job.id] = job
                    continue
                if job.attempts >= ATTEMPTS:
                    self._keep(
                        job.ended("failed", error=f"It was begun {job.attempts} times and each time the server ended.")
                    )
                    continue
                job = self._owned(replace(job, state="queued", stage="", done=0, total=None))
                self._keep(job)
            self._lanes[job.lane].put(job)

    def _beat(self) -> None:
        while not self._closed.wait(BEAT):
            with self._changed:
                mine = [job for job in self._jobs.values() if job.state in ACTIVE and job.owner == self._owner]
                others = any(job.state in ACTIVE and job.owner != self._owner for job in self._jobs.values())
                for job in mine:
                    renewed = replace(job, lease_until=time.time() + LEASE)
                    self._jobs[job.id] = renewed
                    if job.lane == "long":
                        self._records.save(renewed.to_record())
            if others:
                self._recover()


def _held(job: Job) -> bool:
    """Whether a living server runs this job."""
    host, pid, _ = job.owner.split(":")
    if host == socket.gethostname() and not _alive(int(pid)):
        return False
    return job.lease_until > time.time()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
