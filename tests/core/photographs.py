"""Photographs with labels, embedded once for all tests of a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.core import once

BENCH = os.environ.get("KINDRED_BENCH_DATA", "")
ENCODER = "efficientnet-lite0"
NAME = "clothing"  # of the dataset
ADD = {"name": NAME, "labels": "auto", "encoder": ENCODER}  # and a source: how images are added to it

needed = pytest.mark.skipif(
    not Path(BENCH, "clothing.tar").is_file(), reason="KINDRED_BENCH_DATA holds no clothing.tar: no photographs to try"
)


def workspace(factory: pytest.TempPathFactory) -> Workspace:
    """A copy of one's own of a workspace with the embedded dataset `NAME`."""
    source = str(Path(BENCH) / "clothing.tar")
    return once.copy_of(
        "photographs", lambda made: TASKS["add"](made, {**ADD, "source": source}, silent, LOCAL), factory
    )
