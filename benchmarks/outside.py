"""A command watched from outside: how long by wall clock, and how much memory with all its children."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.surroundings import ROOT

EVERY = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took and said."""

    seconds: float  # by wall clock, start and end of the process included
    peak_mb: float  # resident, of the process and its children together
    status: int | None  # None when it was ended for taking too long
    output: str
    errors: str


def ran(command: Sequence[str], *, timeout: float = 1_800, environment: Mapping[str, str] | None = None) -> Ran:
    """Run a command from the project's folder, with its own memory and nothing else running that we started."""
    watched = _Watched()
    env = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    # Into files: a pipe that nobody empties would hold the process up.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=errors, env=env)
        watcher = threading.Thread(target=watched.watch, args=(process.pid,), daemon=True)
        watcher.start()
        try:
            status: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.poll() is None:
                _end(process)
        seconds = time.perf_counter() - begun
        watched.over.set()
        watcher.join()
        for file in (output, errors):
            file.seek(0)
        return Ran(seconds, watched.peak / 2**20, status, output.read(), errors.read())


def checked(command: Sequence[str], *, timeout: float = 1_800) -> Ran:
    """The same, of a command that must go well. Raises `RuntimeError` with the end of what it said."""
    done = ran(command, timeout=timeout)
    if done.status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.status}:\n{(done.errors or done.output)[-2000:]}")
    return done


def memory(pid: int) -> int:
    """Resident bytes of a process and its children together; 0 when it has gone."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        total = process.memory_info().rss
        for child in process.children(recursive=True):
            with suppress(psutil.Error):
                total += child.memory_info().rss
        return int(total)
    return 0


class _Watched:
    def __init__(self) -> None:
        self.peak = 0
        self.over = threading.Event()

    def watch(self, pid: int) -> None:
        while not self.over.wait(EVERY):
            self.peak = max(self.peak, memory(pid))


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.Error):
            child.kill()
    process.kill()
    process.wait()
