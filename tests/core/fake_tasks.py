"""Tasks for tests of the job runner: they sleep, crash, hang and talk."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedding_core.errors import InvalidInput
from embedding_core.records import Actor, Reporter

Parameters = Mapping[str, Any]
Result = dict[str, Any]


class NoWorkspace:
    """In place of a workspace, so that LanceDB need not be imported."""

    def __init__(self, uri: str) -> None:
        self.uri = uri


def echo(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    return {"said": parameters.get("say"), "by": actor.name, "pid": os.getpid(), "workspace": workspace.uri}


def count(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Counts slowly; `mark` is a file that gets a line per run."""
    if "mark" in parameters:
        with Path(parameters["mark"]).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    for done in range(parameters["to"]):
        progress("counting", done, parameters["to"])
        time.sleep(parameters.get("each", 0.05))
    return {"counted": parameters["to"]}


def crash(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    progress("crashing")
    os.kill(os.getpid(), getattr(signal, parameters["signal"]))
    time.sleep(5)
    return {}


def stammer(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Dies in the middle of a message."""
    progress("stammering")
    out = progress._out  # type: ignore[attr-defined]
    out.write(b'{"done": {"half": ')
    out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(5)
    return {}


def leave(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    os._exit(7)


def read(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Reads `files` in windows of 4, suspects first and alone; `bad` ones end the process while they are read."""
    suspects = parameters.get("suspects") or {}
    files = parameters["files"]
    rejected = [path for path in files if suspects.get(path, 0) >= 2]
    rest = [path for path in files if path not in suspects]
    windows = [[path] for path in files if suspects.get(path) == 1]
    windows += [rest[start : start + 4] for start in range(0, len(rest), 4)]
    for window in windows:
        progress.reading(window)
        if set(window) & set(parameters["bad"]):
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(5)
    progress.reading([])
    if parameters.get("then"):
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(5)
    return {"read": sorted(set(files) - set(rejected)), "rejected": rejected}


def starve(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Memory runs out whenever files are read together, whichever they are."""
    suspects = parameters.get("suspects") or {}
    for path in suspects:
        progress.reading([path])
    progress.reading([path for path in parameters["files"] if path not in suspects][:2])
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(5)
    return {}


def hold(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Computes in C without ever letting go of the interpreter."""
    progress("holding")
    return {"sum": sum(range(10**10))}


def noise(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    print("a library's chatter")
    os.write(1, b"more of it, past Python\n")
    assert sys.stdin.read() == "", "a task must not read what is meant for the worker"
    return {"bytes": b"\x00\xff" + parameters.get("bytes", b"")}


def refuse(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    raise InvalidInput("Give 1 to 3, not 7.")


def stumble(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    raise ZeroDivisionError("by\nzero")


def unsayable(workspace: NoWorkspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    return {"set": {1, 2}}


TASKS = {
    task.__name__: task
    for task in (echo, count, crash, stammer, leave, read, starve, hold, noise, refuse, stumble, unsayable)
}
