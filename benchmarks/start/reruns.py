"""How much of a rerun of each page is our own code: `reruns DATASET ENCODER TURNS`, with KINDRED_WORKSPACE set.

A thread looks every millisecond at what the script is doing. Time belongs to Streamlit when its code is the innermost
of the two on the stack, else to ours, with all that ours has called: numpy, Arrow, LanceDB, a worker's answer.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import streamlit
from streamlit.testing.v1 import AppTest

from benchmarks.surroundings import ROOT

PAGES = ("start", "map", "similar", "clusters", "data", "encoders")
OURS = (str(ROOT / "pages"), str(ROOT / "embedding_core"))
THEIRS = str(Path(streamlit.__file__).parent)
SCRIPT = "ScriptRunner.scriptThread"  # Streamlit's name for the thread that runs pages
EVERY = 0.001  # seconds


class Watch(threading.Thread):
    """Adds up, from its start until `stop`, the seconds that the script spends in whose code."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own = self.theirs = 0.0
        self._over = threading.Event()

    def run(self) -> None:
        last = time.perf_counter()
        while not self._over.wait(EVERY):
            now = time.perf_counter()
            owner = _owner()
            self.own += now - last if owner == "ours" else 0.0
            self.theirs += now - last if owner == "theirs" else 0.0
            last = now

    def stop(self) -> None:
        self._over.set()
        self.join()


def _owner() -> str | None:
    """Whose code the script is in; None when none runs."""
    running = {thread.ident for thread in threading.enumerate() if thread.name == SCRIPT}
    for ident, innermost in sys._current_frames().items():
        if ident in running:
            return whose(innermost)
    return None


def whose(frame: FrameType | None) -> str | None:
    """Whether the innermost frame of ours or Streamlit's is "ours" or "theirs"."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(OURS):
            return "ours"
        if file.startswith(THEIRS):
            return "theirs"
        frame = frame.f_back
    return None


def rerun(app: AppTest) -> tuple[float, float]:
    """Milliseconds of our own code and of all in one run of the page. Raises `RuntimeError` when the page fails."""
    watch = Watch()
    watch.start()
    begun = time.perf_counter()
    app.run()
    whole = time.perf_counter() - begun
    watch.stop()
    if app.exception:
        raise RuntimeError(app.exception[0].value)
    return watch.own * 1000, whole * 1000


def page(name: str, dataset: str, encoder: str, turns: int) -> dict[str, float]:
    """One page, as a link opens it, and then run again."""
    app = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=120).run()
    for known in list(app.query_params):
        del app.query_params[known]
    if name != "start":
        app.switch_page(f"{name}.py")
    app.query_params["dataset"], app.query_params["encoder"] = dataset, encoder
    first = rerun(app)
    runs = [rerun(app) for _ in range(turns)]
    own, whole = (statistics.median(column) for column in zip(*runs, strict=True))
    return {"first_own_ms": first[0], "first_ms": first[1], "own_ms": own, "ms": whole}


def main(dataset: str, encoder: str, turns: str) -> None:
    sys.setswitchinterval(EVERY / 2)  # else the watch would wait 5 ms for its turn
    found = {name: page(name, dataset, encoder, int(turns)) for name in PAGES}
    from pages.parts import server

    server.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
