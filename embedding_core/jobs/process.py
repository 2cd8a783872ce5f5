"""One worker process, spoken to in JSON lines over its standard input and output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from embedding_core.jobs import wire

ROOT = Path(__file__).resolve().parents[2]  # what `embedding_core` is imported from
GRACE = 10.0  # seconds for a process that has gone silent to be gone


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker process is for. The two names are `module:NAME`."""

    workspace: str  # URI
    tasks: str = "embedding_core.tasks:TASKS"  # the functions by kind
    opener: str = "embedding_core.workspace:Workspace"  # makes of the URI what the functions are given first


class WorkerProcess:
    """Started at once, warm until killed. It ends by itself when the thread that started it does, or this process."""

    def __init__(self, work: Work, lane: str) -> None:
        """Raises `OSError` when the system cannot start another process."""
        # A fresh interpreter, not multiprocessing: spawning would import the server's main module again.
        command = [sys.executable, "-m", "embedding_core.worker", "--workspace", work.workspace, "--lane", lane]
        command += ["--tasks", work.tasks, "--opener", work.opener]
        # It decodes untrusted images and has no business with the key that signs access.
        environment = {name: value for name, value in os.environ.items() if name != "KINDRED_SECRET"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        # A session of its own: Ctrl-C in a terminal is for the server, which then hands the job on.
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._killed = False
        self._to = cast("IO[bytes]", self._process.stdin)
        self._from = cast("IO[bytes]", self._process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._killed and self._process.poll() is None

    def ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Send one request and yield its answers, up to and including `done` or `error`; ends early when it dies."""
        try:
            self._to.write(wire.encode(request))
            self._to.flush()
        except BrokenPipeError:
            return
        for line in self._from:
            if not line.endswith(b"\n"):  # it died while it spoke
                return
            message = wire.decode(line)
            yield message
            if message.keys() & {"done", "error"}:
                return

    def kill(self) -> None:
        """End it with all that it started. Whoever reads from it sees the end of its output, and should `close`."""
        self._killed = True
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> int:
        """Wait for its end, close the pipes and return how it ended: a status, or minus a signal."""
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        for pipe in (self._to, self._from):
            with suppress(BrokenPipeError):
                pipe.close()
        return code
