"""Where things lie: the sample, uploads under way, what can be made again, and what a browser may read from."""

from __future__ import annotations

import os
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent.parent / "sample_data" / "emoji"


def uploads(workspace: str) -> Path:
    """The folder where uploads wait: in the workspace when that is a folder, else in the user's cache."""
    if "://" not in workspace:
        return Path(workspace).absolute() / "uploads"
    return cache() / "uploads"


def cache() -> Path:
    """The folder of what this machine can make again: KINDRED_CACHE, else kindred in the user's cache."""
    named = os.environ.get("KINDRED_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named).expanduser() if named else Path(home) / "kindred"


def data_roots() -> list[Path]:
    """The folders that KINDRED_DATA_ROOTS names, separated as in PATH. Empty: a browser may read from none."""
    named = os.environ.get("KINDRED_DATA_ROOTS", "")
    return [Path(part).expanduser().resolve() for part in named.split(os.pathsep) if part]
