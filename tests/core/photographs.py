"""Photographs with labels, embedded once for all tests of a run, whichever of its processes asks first."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace

BENCH = os.environ.get("KINDRED_BENCH_DATA", "")
ENCODER = "efficientnet-lite0"
NAME = "clothing"  # of the dataset
ADD = {"name": NAME, "labels": "auto", "encoder": ENCODER}  # and a source: how images are added to it

needed = pytest.mark.skipif(
    not Path(BENCH, "clothing.tar").is_file(), reason="KINDRED_BENCH_DATA holds no clothing.tar: no photographs to try"
)


def workspace(factory: pytest.TempPathFactory) -> Workspace:
    """A copy of one's own of a workspace with the embedded dataset `NAME`."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    made = shared / "photographs"
    with FileLock(shared / "photographs.lock"):
        if not made.exists():
            making = shared / "photographs-in-the-making"
            shutil.rmtree(making, ignore_errors=True)  # of a test that was stopped
            source = str(Path(BENCH) / "clothing.tar")
            TASKS["add"](Workspace.open(str(making)), {**ADD, "source": source}, silent, LOCAL)
            making.rename(made)
    return Workspace.open(str(shutil.copytree(made, factory.mktemp("photographs") / "workspace")))
