"""Tasks for tests of the job runner: they sleep, crash, hang and talk."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from embedding_core.errors import InvalidInput


def echo(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    return {"said": parameters.get("say"), "by": actor.name, "pid": os.getpid()}


def count(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """Counts slowly; `mark` is a file that gets a line per run."""
    if "mark" in parameters:
        with Path(parameters["mark"]).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    for done in range(parameters["to"]):
        progress("counting", done, parameters["to"])
        time.sleep(parameters.get("each", 0.05))
    return {"counted": parameters["to"]}


def crash(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    progress("crashing")
    os.kill(os.getpid(), getattr(signal, parameters["signal"]))
    time.sleep(5)
    return {}


def read(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
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
    return {"read": sorted(set(files) - set(rejected)), "rejected": rejected}


def hold(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """Computes in C without ever letting go of the interpreter."""
    progress("holding")
    return {"sum": sum(range(10**10))}


def noise(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    print("a library's chatter")
    os.write(1, b"more of it, past Python\n")
    return {"bytes": b"\x00\xff"}


def refuse(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    raise InvalidInput("Give 1 to 3, not 7.")


def stumble(workspace, parameters, progress, actor) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    raise ZeroDivisionError("by zero")


TASKS = {
    "echo": echo,
    "count": count,
    "crash": crash,
    "read": read,
    "hold": hold,
    "noise": noise,
    "refuse": refuse,
    "stumble": stumble,
}
