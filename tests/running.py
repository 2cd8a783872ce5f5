"""The real app on a free port of 127.0.0.1, in a process of its own, ended by its id."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class RunningApp:
    url: str
    pid: int
    workspace: Path
    started_in: float  # seconds from the command to the first answered page
    log: Path

    def get(self, path: str = "/") -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            content: bytes = answer.read()
        return content


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_app(workspace: Path, *, uri: str = "", timeout: float = 60, **environment: str) -> Iterator[RunningApp]:
    """Start `streamlit run app.py` on `workspace`, wait until it answers, end it in the end.

    With `uri` the workspace lies there, and the folder only says where the log goes.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = workspace.parent / f"{workspace.name}.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true", "--server.fileWatcherType", "none"]
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "KINDRED_WORKSPACE": uri or str(workspace), **environment},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, log, timeout)
            yield RunningApp(url, process.pid, workspace, time.perf_counter() - begun, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url + "/_stcore/health", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"The app did not answer within {timeout:.0f} s:\n{log.read_text(errors='replace')[-4000:]}")
