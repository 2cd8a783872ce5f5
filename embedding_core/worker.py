"""The process that holds torch and numba and decodes untrusted images: `python -m embedding_core.worker`.

It reads requests as JSON lines on standard input and answers in JSON lines on what was standard output; anything that
a library prints goes to standard error. It ends with the process that started it.
"""

from __future__ import annotations

import argparse
import base64
import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import IO, Any

from embedding_core.errors import KindredError
from embedding_core.records import Actor

EVERY = 0.1  # seconds between progress messages of one stage
NICENESS = {"long": 10, "interactive": 0}  # pages come before embeddings where cores are few


class Channel:
    """The `Reporter` that tells the server."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._last = ("", 0.0)

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        now = time.monotonic()
        if stage != self._last[0] or note or done == total or now - self._last[1] >= EVERY:
            self._last = (stage, now)
            self.send(type="progress", stage=stage, done=done, total=total, note=note)

    def reading(self, paths: Sequence[str]) -> None:
        self.send(type="reading", paths=list(paths))

    def send(self, **message: Any) -> None:
        with self._lock:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--lane", default="long")
    parser.add_argument("--tasks", required=True, help="module:NAME of the table of tasks")
    arguments = parser.parse_args(argv)

    _end_with_parent()
    out = _private_output()
    faulthandler.enable()
    os.nice(NICENESS.get(arguments.lane, 0))
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    channel = Channel(out)
    module, _, name = arguments.tasks.partition(":")
    tasks: dict[str, Any] | None = None
    workspace: Any = None
    while True:
        request = json.loads(requests.get())
        try:
            if tasks is None:
                from embedding_core.workspace import Workspace

                tasks = getattr(import_module(module), name)
                workspace = Workspace.open(arguments.workspace)
            result = tasks[request["kind"]](workspace, request["parameters"], channel, Actor(**request["actor"]))
        except KindredError as error:
            channel.send(type="error", text=str(error))
        except Exception as error:  # noqa: BLE001 — the job runner's boundary: a job may fail in any way
            traceback.print_exc()
            channel.send(type="error", text=f"Unexpected {type(error).__name__}: {' '.join(str(error).split())[:500]}")
        else:
            if "bytes" in result:
                result = {**result, "bytes": base64.b64encode(result["bytes"]).decode()}
            channel.send(type="done", result=result)


def _private_output() -> IO[str]:
    """What was standard output, for this protocol alone; from now on prints go to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _listen(requests: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)  # the server has gone, whatever the other threads do


def _end_with_parent() -> None:
    """On Linux the kernel ends this process with its parent, even while compiled code holds the interpreter."""
    if sys.platform != "linux":
        return
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


if __name__ == "__main__":
    main()
