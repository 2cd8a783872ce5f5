"""What is known of every job: in memory for whoever asks, in the workspace for the next server."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from embedding_core.errors import KindredError, UnknownJob
from embedding_core.jobs.job import INTERACTIVE, LONG, TRAINING, Job

LEASE = 60.0  # seconds; longer than any pause of a server that lives
ATTEMPTS = 3  # servers that may end while they run a job before it is given up
HISTORY = {LONG: 200, TRAINING: 200, INTERACTIVE: 20}  # ended jobs to remember; interactive ones may hold images

# What LanceDB and a full disk raise. A job whose state cannot be written down goes on.
_UNWRITABLE = (KindredError, OSError, RuntimeError, TypeError, ValueError)
_log = logging.getLogger(__name__)


class Records(Protocol):
    """Where jobs are kept: `Workspace.jobs`. A record is JSON-able and has `id`, `kind`, `state` and `created`."""

    def save(self, record: Mapping[str, Any]) -> None: ...
    def load_all(self) -> list[dict[str, Any]]: ...
    def remove(self, job_id: str) -> None: ...


class Ledger:
    """All jobs of a workspace. Thread-safe; looking never waits for the disk, changing a state does."""

    def __init__(self, records: Records) -> None:
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._records = records
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._writing = threading.RLock()  # taken before `_changed`, so that what is written last is what is newest

    def get(self, job_id: str) -> Job:
        """Raises `UnknownJob`."""
        with self._changed:
            if job_id not in self._jobs:
                raise UnknownJob(job_id)
            return self._jobs[job_id]

    def jobs(self) -> list[Job]:
        """Newest first."""
        with self._changed:
            return sorted(self._jobs.values(), key=lambda job: -job.created)

    def wait(self, job_id: str, timeout: float | None) -> Job:
        """The job once it has ended, or as it is after `timeout` seconds. Raises `UnknownJob`."""
        with self._changed:
            self._changed.wait_for(lambda: not self.get(job_id).active, timeout)
            return self.get(job_id)

    def enter(self, job: Job) -> tuple[Job, bool]:
        """Take in a new job, or find the active long one that is the same work. True when it is new."""
        key = job.key if job.lasting else ""  # two interactive callers must not end each other's requests
        with self._writing:
            with self._changed:
                for other in self._jobs.values() if key else ():
                    if other.lasting and other.active and other.key == key:
                        return other, False
                job = self._jobs[job.id] = replace(job, owner=self.owner)
            self._write(job)
        return job, True

    def change(self, job_id: str, change: Callable[[Job], Job], *, write: bool = True) -> Job:
        """Replace a job by what `change` makes of it, unless it has ended. Progress need not be written."""
        with self._writing if write else self._changed:
            with self._changed:
                before = self.get(job_id)
                if not before.active:
                    return before
                after = self._jobs[job_id] = change(before)
                self._changed.notify_all()
            if write:
                self._write(after)
                if not after.active:
                    self._forget_old(after.lane)
        return after

    def forget(self, job_id: str) -> None:
        """Drop an ended job from memory, for results that one caller wanted once."""
        with self._changed:
            if job_id in self._jobs and not self._jobs[job_id].active:
                del self._jobs[job_id]

    def renew(self) -> None:
        """Prolong the leases of what this server has."""
        for job in self._mine():
            self.change(job.id, lambda job: job)

    def take_over(self, resumable: Iterable[str]) -> list[Job]:
        """Learn what other servers have written, and claim the jobs of those that are gone: confirm them soon."""
        claimed = []
        for theirs in self._load():
            with self._writing:
                with self._changed:
                    if theirs.id in self._jobs and self._jobs[theirs.id].owner == self.owner:
                        continue  # memory is newer
                    lapsed = theirs.active and not _held(theirs)
                    job = _taken(theirs, self.owner, resumable) if lapsed else theirs
                    self._jobs[job.id] = job
                    self._changed.notify_all()
                if lapsed:
                    self._write(job)
                    claimed += [job] if job.active else []
        return claimed

    def confirm(self, claimed: Iterable[Job]) -> list[Job]:
        """Of jobs claimed a moment ago, those that no other server has claimed since."""
        written = {job.id: job for job in self._load()}
        confirmed = []
        for job in claimed:
            winner = written.get(job.id, job)
            with self._changed:
                if winner.owner != self.owner:
                    self._jobs[job.id] = winner
                elif self._jobs[job.id].active:
                    confirmed.append(job)
        return confirmed

    def hand_back(self) -> None:
        """Leave what this server has to the next one, at once and without counting against the job."""
        for mine in self._mine():
            if mine.lasting:
                self.change(mine.id, lambda job: job.queued_again(owner=""))
            else:
                self.change(mine.id, lambda job: job.ended("cancelled", note="The server is being stopped."))

    def _mine(self) -> list[Job]:
        with self._changed:
            return [job for job in self._jobs.values() if job.active and job.owner == self.owner]

    def _load(self) -> list[Job]:
        try:
            return [Job.from_record(record) for record in self._records.load_all()]
        except _UNWRITABLE as error:
            _log.warning("The jobs in the workspace could not be read: %s", error)
            return []

    def _write(self, job: Job) -> None:
        if not job.lasting:
            return
        held = job.active and job.owner == self.owner
        record = replace(job, lease_until=time.time() + LEASE if held else 0.0).to_record()
        try:
            self._records.save(record)
        except _UNWRITABLE as error:
            _log.warning("The state of job %s could not be written: %s", job.id, error)

    def _forget_old(self, lane: str) -> None:
        with self._changed:
            ended = [job for job in self._jobs.values() if job.lane == lane and not job.active]
            old = sorted(ended, key=lambda job: job.created)[: -HISTORY[lane]]
            for job in old:
                del self._jobs[job.id]
        for job in (one for one in old if one.lasting):
            try:
                self._records.remove(job.id)
            except _UNWRITABLE as error:
                _log.warning("Job %s could not be forgotten: %s", job.id, error)


def _taken(job: Job, owner: str, resumable: Iterable[str]) -> Job:
    """A job whose server is gone: queued again, unless that cannot help."""
    job = replace(job, attempts=job.attempts + (job.state == "running"))
    if job.attempts >= ATTEMPTS:
        return job.ended("failed", error=f"The server ended {job.attempts} times while this ran, so it was given up.")
    if job.state == "running" and job.kind not in resumable:
        return job.ended("failed", error="The server ended while this ran. Start it again.")
    return job.queued_again(owner)


def _held(job: Job) -> bool:
    """Whether a living server has this job."""
    host, _, rest = job.owner.partition("/")
    pid = rest.partition("/")[0]
    if host == socket.gethostname() and pid.isdigit() and not _runs(int(pid)):
        return False  # no need to wait for the lease to run out
    return job.lease_until > time.time()


def _runs(pid: int) -> bool:
    """Whether a process other than this one has the id. A restarted container gets its old id again."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
