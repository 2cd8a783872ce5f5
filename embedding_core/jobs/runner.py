"""The server's side of jobs: take them in, show how far they are, carry them over crashes and restarts.

Three lanes, each with a worker process of its own: long, training and interactive. So no search for an image waits
behind an embedding, and no upload behind a model that is trained for a quarter of an hour. States and leases of all but
interactive jobs lie in the workspace: when a server ends, the next one goes on with its jobs.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from embedding_core.errors import InvalidInput, JobCancelled, JobFailed
from embedding_core.jobs.job import INTERACTIVE, LANES, LONG, TRAINING, Job
from embedding_core.jobs.lane import Lane
from embedding_core.jobs.ledger import Ledger, Records
from embedding_core.jobs.process import Work
from embedding_core.records import Actor

# Each finishes only what is missing when it is run again.
RESUMABLE = frozenset({"add", "embed", "prepare", "import_vectors", "relabel", "map", "clusters", "index"})
TRAININGS = frozenset({"finetune", "tune", "improve"})  # they take as many minutes as they are given
BEAT = 15.0  # seconds between renewals of leases, and between looks for jobs whose server is gone
SETTLE = 0.5  # seconds in which another server that claims the same job would have written so


class JobRunner:
    """Runs jobs on one workspace. Thread-safe; one per server process, which must `shutdown` it."""

    def __init__(
        self, work: Work | str, *, records: Records | None = None, resumable: Collection[str] = RESUMABLE
    ) -> None:
        """`work` names the workspace, by its URI alone as a rule; `records` are by default those of that workspace.

        Raises `WorkspaceError`. What an earlier server left behind is known at once and goes on by itself.
        """
        self._work = Work(work) if isinstance(work, str) else work
        if records is None:
            from embedding_core.workspace import Workspace

            records = Workspace.open(self._work.workspace).jobs
        self._resumable = resumable
        self._ledger = Ledger(records)
        self._lanes = {name: Lane(name, self._work, self._ledger) for name in LANES}
        self._closed = threading.Event()
        self._keeper = threading.Thread(
            target=self._keep, args=(self._ledger.take_over(resumable),), name="job leases", daemon=True
        )
        self._keeper.start()

    def submit(
        self, kind: str, parameters: Mapping[str, Any], *, dataset: str = "", actor: Actor, lane: str = ""
    ) -> Job:
        """Queue work and return at once, in the training lane what trains for minutes, unless a `lane` is named.

        `parameters` are JSON-able; in the interactive lane they may hold bytes.

        The same long work, asked for again while it waits or runs, is the same job, whoever asks.
        """
        if self._closed.is_set():
            raise JobFailed("The server is being stopped and takes no more work. Try again in a minute.")
        lane = lane or (TRAINING if kind in TRAININGS or parameters.get("scratch_minutes") else LONG)
        job, new = self._ledger.enter(Job(uuid.uuid4().hex[:12], kind, dataset, dict(parameters), actor, lane))
        if new:
            self._lanes[lane].put(job.id)
        return job

    def call(self, kind: str, parameters: Mapping[str, Any], *, actor: Actor, timeout: float = 60.0) -> dict[str, Any]:
        """Run something short in the interactive lane and return its result, which may hold bytes.

        Raises `JobFailed` with what went wrong, also when it takes longer than `timeout` seconds, and `JobCancelled`.
        """
        job = self.submit(kind, parameters, actor=actor, lane=INTERACTIVE)
        ended = self.wait(job.id, timeout)
        if ended.active:
            self.cancel(job.id, actor)
            raise JobFailed(f"No answer came within {timeout:.0f} s, so the request was stopped. Try again.")
        self._ledger.forget(job.id)
        if ended.state == "cancelled":
            raise JobCancelled(ended.note)
        if ended.state == "failed":
            raise JobFailed(ended.error)
        return dict(ended.result)

    def get(self, job_id: str) -> Job:
        """Raises `UnknownJob`."""
        return self._ledger.get(job_id)

    def list(self, dataset: str | None = None, *, active_only: bool = False) -> list[Job]:
        """Jobs, newest first: of one `dataset` as named to `submit`, or all; those queued or running, or all."""
        return [
            job
            for job in self._ledger.jobs()
            if (dataset is None or job.dataset == dataset) and (job.active or not active_only)
        ]

    def cancel(self, job_id: str, actor: Actor) -> None:
        """Stop a job; what it has committed stays. One that has ended is left alone.

        Raises `UnknownJob`, and `InvalidInput` for a job that another server on the same workspace runs.
        """
        job = self.get(job_id)
        if not job.active:
            return
        if job.owner != self._ledger.owner:
            raise InvalidInput(f"That job runs on the server {job.owner.partition('/')[0]}. Cancel it there.")
        self._lanes[job.lane].cancel(job_id, actor)

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """The job once it has ended, or as it is after `timeout` seconds. Raises `UnknownJob`."""
        return self._ledger.wait(job_id, timeout)

    def pids(self) -> dict[str, int]:
        """The worker processes that are running, by lane."""
        return {name: pid for name, lane in self._lanes.items() if (pid := lane.pid) is not None}

    def shutdown(self) -> None:
        """End the worker processes. Long jobs that wait or run go on with the next server."""
        self._closed.set()
        self._keeper.join(10)
        for lane in self._lanes.values():
            lane.close()
        self._ledger.hand_back()

    def _keep(self, claimed: Sequence[Job]) -> None:
        """Renew leases, and take over what servers that are gone have left."""
        while True:
            if claimed:
                if self._closed.wait(SETTLE):
                    return
                for job in self._ledger.confirm(claimed):
                    self._lanes[job.lane].put(job.id)
            if self._closed.wait(BEAT):
                return
            self._ledger.renew()
            claimed = self._ledger.take_over(self._resumable)
