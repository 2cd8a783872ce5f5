"""The process that holds torch and numba and decodes untrusted images: `python -m embedding_core.worker`.

`embedding_core.jobs.process` starts it, speaks to it as `embedding_core.jobs.wire` says, and replaces it when it dies.
Whatever a library prints goes to standard error. It ends with the server that started it.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from embedding_core import memory
from embedding_core.errors import InvalidInput, KindredError
from embedding_core.jobs import wire
from embedding_core.jobs.job import INTERACTIVE, LANES, LONG, TRAINING
from embedding_core.records import Actor

EVERY = 0.1  # seconds between progress messages of one stage
NICENESS = {LONG: 10, TRAINING: 15}  # where cores are few, pages and searches come first, and trainings last


class Channel:
    """The `Reporter` that tells the server."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._said = ("", "")  # stage and note
        self._at = 0.0
        self.suspects: Mapping[str, int] = {}  # of the request that is worked on

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        now = time.monotonic()
        if (stage, note) != self._said or done == total or now - self._at >= EVERY:
            self._said, self._at = (stage, note), now
            self.send({"progress": [stage, done, total, note]})

    def reading(self, paths: Sequence[str]) -> None:
        self.send({"reading": list(paths)})

    def send(self, message: Mapping[str, Any]) -> None:
        line = wire.encode(message)
        with self._lock:
            self._out.write(line)
            self._out.flush()


class Tasks:
    """The functions by kind, with the workspace that they work on; both are brought in when first asked for."""

    def __init__(self, table: str, opener: str, workspace: str) -> None:
        self._names = table, opener
        self._uri = workspace
        self._table: Mapping[str, Callable[..., Any]] | None = None
        self._workspace: Any = None

    def run(self, kind: str, parameters: Mapping[str, Any], channel: Channel, actor: Actor) -> Any:
        if self._table is None:
            table, opener = map(_named, self._names)
            self._workspace = opener(self._uri)
            self._table = table
        if kind not in self._table:
            raise InvalidInput(f"No work is called {kind!r}. There is: {', '.join(self._table)}.")
        return self._table[kind](self._workspace, parameters, channel, actor)


def main(argv: Sequence[str] | None = None) -> None:
    """Serve requests until the server is gone."""
    parser = argparse.ArgumentParser(prog="python -m embedding_core.worker")
    parser.add_argument("--workspace", required=True, help="its URI")
    parser.add_argument("--lane", choices=LANES, required=True)
    parser.add_argument("--tasks", metavar="module:NAME", required=True, help="the functions by kind")
    parser.add_argument("--opener", metavar="module:NAME", required=True, help="what opens the workspace")
    arguments = parser.parse_args(argv)

    memory.collect_rarely()
    _end_with_server()
    requests, answers = _private_pipes()
    faulthandler.enable()
    _step_back(arguments.lane)
    if arguments.lane != INTERACTIVE:
        memory.keep_freed()
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), name="requests", daemon=True).start()

    channel = Channel(answers)
    tasks = Tasks(arguments.tasks, arguments.opener, arguments.workspace)
    while True:
        request = wire.decode(waiting.get())
        channel.suspects = request["parameters"].get("suspects") or {}
        try:
            result = tasks.run(request["kind"], request["parameters"], channel, Actor(**request["actor"]))
            channel.send({"done": result})
        except KindredError as error:
            channel.send({"error": str(error)})
        except Exception as error:  # noqa: BLE001 — the job runner's boundary: a job may fail in any way
            traceback.print_exc()
            channel.send({"error": f"Unexpected {type(error).__name__}: {' '.join(str(error).split())[:500]}"})
        if arguments.lane != INTERACTIVE:
            memory.give_back()


def _named(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """What were standard input and output, for the protocol alone: no print and no child process can disturb it."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _listen(requests: IO[bytes], waiting: queue.SimpleQueue[bytes]) -> None:
    for line in requests:
        waiting.put(line)
    os._exit(0)  # the server has gone, whatever the other threads do


def _end_with_server() -> None:
    """On Linux the kernel ends this process with its parent, even while compiled code holds the interpreter.

    Elsewhere `_listen` does, as soon as that code lets go. The signals that stop a server do not come here: they may
    reach both at once, and the server must not take that for a crash.
    """
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG, see prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def _step_back(lane: str) -> None:
    """Leave the processor to pages, and be the one that goes when memory runs out: a job can be run again."""
    if lane in NICENESS:
        os.nice(NICENESS[lane])
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


if __name__ == "__main__":
    main()
