"""What the server process holds once: the open workspace, the job runner and the uploads under way.

Nothing heavy is imported before it is needed. `lifespan` opens the workspace in the background, so that the first
visitor finds it open, and ends the worker process with the server.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import threading
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
import psutil

from embedding_core import places
from embedding_core.errors import KindredError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from embedding_core.jobs import JobRunner
    from embedding_core.sources.staging import Staging
    from embedding_core.workspace import Workspace

_making = threading.RLock()  # `cache` alone would let two first callers make two of a thing


def uri() -> str:
    """Where the workspace lies: KINDRED_WORKSPACE, else the folder `workspace`. A folder's path is absolute."""
    given = os.environ.get("KINDRED_WORKSPACE") or "workspace"
    return given if "://" in given else str(Path(given).absolute())


def workspace() -> Workspace:
    """The open workspace. Raises `WorkspaceError`."""
    with _making:
        return _workspace()


def runner() -> JobRunner:
    """The one that runs jobs in the worker process."""
    with _making:
        return _runner()


def staging() -> Staging:
    """The uploads under way."""
    with _making:
        return _staging()


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """For `st.App`: from the start of the server to its end."""
    _answer_at_once()
    threading.Thread(target=_warm, name="open the workspace", daemon=True).start()
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(close)


def close() -> None:
    """End the worker and let go of everything; whoever asks next gets it anew."""
    with _making:
        if _runner.cache_info().currsize:
            _runner().shutdown()
        for made in (_runner, _staging, _workspace):
            made.cache_clear()


def _answer_at_once() -> None:
    """Let no answer wait for the browser's acknowledgement of its own first half.

    Streamlit binds its socket so that asyncio does not switch Nagle's algorithm off, and headers and body are written
    apart: each small answer on an open connection then takes 40 ms. Connections inherit this from the listening socket.
    """
    for connection in psutil.Process().net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.fd >= 0:
            with socket.socket(fileno=os.dup(connection.fd)) as listening:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _warm() -> None:
    try:
        workspace().sweep()
        staging().sweep()
        runner()  # what an earlier server had begun goes on, visitor or not
    except KindredError as error:  # every page will say so, too
        logging.getLogger(__name__).error("%s", error)
    _spare_the_collector()


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what was imported, which never becomes garbage.

    Streamlit collects after every run of a page, and no other visitor is answered meanwhile: over all modules that
    takes 200 ms, over what a page leaves behind next to nothing.
    """
    gc.collect()
    gc.freeze()


@cache
def _workspace() -> Workspace:
    from embedding_core.workspace import Workspace

    return Workspace.open(uri())


@cache
def _runner() -> JobRunner:
    from embedding_core.jobs import JobRunner

    return JobRunner(uri())


@cache
def _staging() -> Staging:
    from embedding_core.sources.staging import Staging

    return Staging(places.uploads(uri()))
