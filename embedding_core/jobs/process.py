"""One worker process, spoken to in JSON lines over its standard input and output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).resolve().parents[2]


class WorkerProcess:
    """Started at once, warm until killed. It ends by itself when this process does."""

    def __init__(self, workspace: str, lane: str, tasks: str) -> None:
        # A fresh interpreter, not multiprocessing: spawning would import the server's main module again.
        command = [sys.executable, "-m", "embedding_core.worker"]
        command += ["--workspace", workspace, "--lane", lane, "--tasks", tasks]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1
        )
        self._to = cast("IO[str]", self._process.stdin)
        self._from = cast("IO[str]", self._process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Send one request and yield its messages, up to and including `done` or `error`; ends early when it dies."""
        try:
            self._to.write(json.dumps(request) + "\n")
            self._to.flush()
        except (BrokenPipeError, ValueError):
            return
        for line in self._from:
            message: dict[str, Any] = json.loads(line)
            yield message
            if message["type"] in ("done", "error"):
                return

    def kill(self) -> None:
        """End it. Whoever reads from it sees the end of its output, and should `close`."""
        self._process.kill()

    def close(self) -> None:
        """Wait for its end and close the pipes."""
        self._process.wait()
        for pipe in (self._to, self._from):
            with suppress(BrokenPipeError):
                pipe.close()

    def last_words(self) -> str:
        """How it ended, for people."""
        code = self._process.wait()
        if code >= 0:
            return f"ended with status {code}"
        name = signal.Signals(-code).name
        hint = ", perhaps because memory ran out" if -code == signal.SIGKILL else ""
        return f"was ended by {name}{hint}"
