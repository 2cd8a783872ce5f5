"""A lane: one queue, one worker process, one thread that carries jobs from the one to the other."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from embedding_core.jobs import crashes
from embedding_core.jobs.job import TRAINING, Job
from embedding_core.jobs.ledger import Ledger
from embedding_core.jobs.pace import Pace
from embedding_core.jobs.process import Work, WorkerProcess
from embedding_core.records import Actor


class Lane:
    """Runs jobs one after the other, in a process that is started with the first and replaced when it dies."""

    def __init__(self, name: str, work: Work, ledger: Ledger) -> None:
        self._name = name
        self._work = work
        self._ledger = ledger
        self._queue: deque[str] = deque()
        self._changed = threading.Condition()  # guards all below; the ledger is never called while it is held
        self._process: WorkerProcess | None = None
        self._current = ""  # id of the running job
        self._cancelled_by: Actor | None = None  # who has cancelled the running job
        self._closing = False
        # The worker ends with this thread, which therefore must live as long as the lane.
        self._thread = threading.Thread(target=self._loop, name=f"{name} lane", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Of the worker process; None when none is running."""
        with self._changed:
            return self._process.pid if self._process and self._process.alive else None

    def put(self, job_id: str) -> None:
        with self._changed:
            self._queue.append(job_id)
            self._changed.notify()

    def cancel(self, job_id: str, actor: Actor) -> None:
        """Take a job out of the queue, or kill the process that runs it. Any other job is left alone."""
        with self._changed:
            if job_id == self._current:
                self._cancelled_by = actor
                if self._process is not None:
                    self._process.kill()
                return
            if job_id in self._queue:
                self._queue.remove(job_id)
        # Also a job that has been claimed from another server and is not in the queue yet: it will find itself ended.
        self._end(job_id, "cancelled", note=_cancelled_by(actor))

    def close(self) -> None:
        """End the process and the thread, in the middle of a job if need be."""
        with self._changed:
            self._closing = True
            self._queue.clear()
            if self._process is not None:
                self._process.kill()
            self._changed.notify()
        self._thread.join(10)

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if self._closing:
                    break
                job_id = self._current = self._queue.popleft()
                self._cancelled_by = None
            self._run(job_id)
            with self._changed:
                self._current = ""
                # Trainings are rare, and half a gigabyte need not wait for the next one.
                spare = self._process if self._name == TRAINING and not self._queue else None
                self._process = None if spare else self._process
            if spare is not None:
                spare.kill()
                spare.close()
        if self._process is not None:
            self._process.close()

    def _run(self, job_id: str) -> None:
        """Run a job to its end, again after each crash that points at a file."""
        job = self._ledger.change(job_id, lambda job: replace(job, state="running", started=time.time()))
        while job.active and not self._closing:
            job = self._attempt(job)

    def _ready(self) -> WorkerProcess:
        if self._process is None or not self._process.alive:
            if self._process is not None:
                self._process.close()
            self._process = WorkerProcess(self._work, self._name)
        return self._process

    def _attempt(self, job: Job) -> Job:
        """Hand a job to the process and follow it until it ends, or the process does. The job as it is then."""
        try:
            with self._changed:
                actor = self._cancelled_by
                process = None if actor or self._closing else self._ready()
        except OSError as error:
            return self._end(job.id, "failed", error=f"The worker process could not be started: {error.strerror}.")
        if process is None:
            return self._end(job.id, "cancelled", note=_cancelled_by(actor)) if actor else job
        reading: Sequence[str] = ()
        pace = Pace()
        parameters = {**job.parameters, "suspects": dict(job.suspects)} if job.suspects else dict(job.parameters)
        for message in process.ask({"kind": job.kind, "parameters": parameters, "actor": asdict(job.actor)}):
            if "progress" in message:
                self._report(job.id, message["progress"], pace)
            elif "reading" in message:
                reading = message["reading"]
            elif "done" in message:
                return self._end(job.id, "done", result=message["done"])
            else:
                return self._end(job.id, "failed", error=message["error"])
        return self._bury(self._ledger.get(job.id), process, reading)

    def _bury(self, job: Job, process: WorkerProcess, reading: Sequence[str]) -> Job:
        """What becomes of a job whose process has died: it goes on without a file that is to blame, or fails."""
        code = process.close()
        if self._closing or self._cancelled_by:
            return job
        again = crashes.with_suspects(job, reading)
        if again is None:
            return self._end(job.id, "failed", error=crashes.in_words(code, job, reading))
        return self._ledger.change(job.id, lambda job: again)

    def _report(self, job_id: str, progress: Sequence[Any], pace: Pace) -> None:
        stage, done, total, note = progress
        left = pace.seconds_left(stage, done, total, time.monotonic())
        self._ledger.change(
            job_id,
            lambda job: replace(job, stage=stage, done=done, total=total, note=note, seconds_left=left),
            write=False,
        )

    def _end(
        self, job_id: str, state: str, *, error: str = "", note: str = "", result: dict[str, Any] | None = None
    ) -> Job:
        return self._ledger.change(job_id, lambda job: job.ended(state, error=error, note=note, result=result))


def _cancelled_by(actor: Actor) -> str:
    return f"Cancelled by {actor.name}."
