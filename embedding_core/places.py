"""Where things lie: the sample, uploads under way, and the folders that a browser may read from."""

from __future__ import annotations

import os
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent.parent / "sample_data" / "emoji"


def uploads(workspace: str) -> Path:
    """The folder where uploads wait: in the workspace when that is a folder, else in the user's cache."""
    if "://" not in workspace:
        return Path(workspace).absolute() / "uploads"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "kindred" / "uploads"


def data_roots() -> list[Path]:
    """The folders that KINDRED_DATA_ROOTS names, separated as in PATH. Empty: a browser may read from none."""
    named = os.environ.get("KINDRED_DATA_ROOTS", "")
    return [Path(part).expanduser().resolve() for part in named.split(os.pathsep) if part]
