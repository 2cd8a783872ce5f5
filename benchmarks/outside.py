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
from pathlib import Path

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
        late = threading.Event()
        patience = threading.Timer(timeout, lambda: (late.set(), _end(process)))
        patience.start()
        try:
            process.wait()  # without a timeout: with one it looks again only every 50 ms
            seconds = time.perf_counter() - begun
        finally:
            patience.cancel()
            if process.poll() is None:
                _end(process)
                process.wait()
        status = None if late.is_set() else process.returncode
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
        total = psutil.Process(pid).memory_info().rss
        return int(total) + sum(memory(child) for child in _children(pid))
    return 0


def _children(pid: int) -> list[int]:
    """Linux knows them; elsewhere all processes are looked through, which takes others' milliseconds."""
    threads = Path(f"/proc/{pid}/task")
    if not (threads / str(pid) / "children").exists():
        return [child.pid for child in psutil.Process(pid).children()]
    found: list[int] = []
    for thread in threads.iterdir():
        with suppress(OSError):  # it has ended
            found += map(int, (thread / "children").read_text().split())
    return found


class _Watched:
    def __init__(self) -> None:
        self.peak = 0
        self.over = threading.Event()

    def watch(self, pid: int) -> None:
        while not self.over.wait(EVERY):
            self.peak = max(self.peak, memory(pid))


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                child.kill()
    process.kill()
