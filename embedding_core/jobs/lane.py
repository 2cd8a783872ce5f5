"""A lane: one queue, one worker process, one thread that carries jobs from the one to the other."""

from __future__ import annotations

import base64
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from embedding_core.jobs.job import Job
from embedding_core.jobs.process import WorkerProcess

RESTARTS = 20  # of one job, after crashes that point at files

Update = Callable[[Job], None]


class Lane:
    """Runs jobs one after the other. `update` is told of every change, from the lane's own thread."""

    def __init__(self, name: str, workspace: str, tasks: str, update: Update) -> None:
        self._name = name
        self._workspace = workspace
        self._tasks = tasks
        self._update = update
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._process: WorkerProcess | None = None
        self._current = ""  # id of the running job
        self._cancelled: set[str] = set()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name=f"{name} lane", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Of the worker process; None when none is running."""
        process = self._process
        return process.pid if process and process.alive else None

    def put(self, job: Job) -> None:
        with self._changed:
            self._queue.append(job)
            self._changed.notify()

    def cancel(self, job_id: str) -> bool:
        """Take a job out of the queue, or kill the process that runs it. False when it is neither."""
        with self._changed:
            for job in self._queue:
                if job.id == job_id:
                    self._queue.remove(job)
                    self._update(job.ended("cancelled"))
                    return True
            if self._current != job_id:
                return False
            self._cancelled.add(job_id)
            if self._process is not None:
                self._process.kill()
            return True

    def close(self) -> None:
        """End the process and the thread. Jobs that were under way are left as they are in the workspace."""
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
                    return
                job = self._queue.popleft()
                self._current = job.id
                process = self._ready()
            self._run(job, process)
            with self._changed:
                self._current = ""
                self._cancelled.discard(job.id)

    def _ready(self) -> WorkerProcess:
        if self._process is None or not self._process.alive:
            self._process = WorkerProcess(self._workspace, self._name, self._tasks)
        return self._process

    def _run(self, job: Job, process: WorkerProcess) -> None:
        """Run a job to its end, starting it again after crashes for which a file can be blamed."""
        for _ in range(RESTARTS):
            job = replace(job, state="running")
            self._update(job)
            reading: list[str] = []
            request = {"kind": job.kind, "parameters": dict(job.parameters), "actor": asdict(job.actor)}
            for message in process.ask(request):
                kind = message["type"]
                if kind == "progress":
                    job = job.at(message["stage"], message["done"], message["total"], message["note"])
                    self._update(job)
                elif kind == "reading":
                    reading = message["paths"]
                elif kind == "done":
                    self._update(job.ended("done", result=_unpacked(message["result"])))
                    return
                else:
                    self._update(job.ended("failed", error=message["text"]))
                    return
            last_words = process.last_words()
            process.close()
            with self._changed:
                if self._closing:
                    return
                if job.id in self._cancelled:
                    self._update(job.ended("cancelled"))
                    return
                process = self._ready()
            if not reading:
                stage = f" while at “{job.stage}”" if job.stage else ""
                self._update(
                    job.ended("failed", error=f"The worker process {last_words}{stage}. Start it again to go on.")
                )
                return
            job = replace(job, parameters={**job.parameters, "suspects": _blamed(job.parameters, reading)})
        self._update(job.ended("failed", error=f"The worker process crashed {RESTARTS} times on files of this set."))


def _blamed(parameters: Mapping[str, Any], reading: list[str]) -> dict[str, int]:
    """Crash counts by path, one more for each file that was being read."""
    counts = dict(parameters.get("suspects") or {})
    for path in reading:
        counts[path] = counts.get(path, 0) + 1
    return counts


def _unpacked(result: dict[str, Any]) -> dict[str, Any]:
    """Bytes travel as base64 under the key `bytes`."""
    return {**result, "bytes": base64.b64decode(result["bytes"])} if "bytes" in result else result
