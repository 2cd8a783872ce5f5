"""The sample, 711 drawings of 22 kinds, under two encoders; embedded once for all tests of a run."""

from __future__ import annotations

import pytest

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.core import once

ENCODERS = ("efficientnet-lite0", "pixels")
NAME = "sample"  # of the dataset


def workspace(factory: pytest.TempPathFactory) -> Workspace:
    """A copy of one's own of a workspace with the dataset `NAME`, embedded by all of `ENCODERS`."""

    def make(made: Workspace) -> None:
        for encoder in ENCODERS:
            TASKS["add"](made, {"name": NAME, "source": "sample", "encoder": encoder}, silent, LOCAL)
            TASKS["embed"](made, {"name": NAME, "encoder": encoder}, silent, LOCAL)

    return once.copy_of("emojis", make, factory)
