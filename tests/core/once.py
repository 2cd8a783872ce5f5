"""Datasets embedded once for all tests of a run, whichever of its processes asks first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest
from filelock import FileLock

from embedding_core.workspace import Workspace


def copy_of(name: str, make: Callable[[Workspace], object], factory: pytest.TempPathFactory) -> Workspace:
    """A copy of one's own of the workspace called `name`, which `make` fills when it is first asked for."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    made = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not made.exists():
            making = shared / f"{name}-in-the-making"
            shutil.rmtree(making, ignore_errors=True)  # of a test that was stopped
            make(Workspace.open(str(making)))
            making.rename(made)
    return Workspace.open(str(shutil.copytree(made, factory.mktemp(name) / "workspace")))
