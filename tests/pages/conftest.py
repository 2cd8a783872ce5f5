"""What tests of pages share: a small workspace that is served, and what stands in for the map in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedding_core import derived
from embedding_core.derived import MapResult
from embedding_core.workspace import Dataset, Workspace
from pages.parts.map import component
from tests.pages import small
from tests.pages.asking import N
from tests.pages.maps import Showing


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Workspace, small.Remembering]]:
    with small.serving(tmp_path / "workspace", monkeypatch) as served:
        yield served


@pytest.fixture
def showing(monkeypatch: pytest.MonkeyPatch) -> Showing:
    found = Showing()
    monkeypatch.setattr(component, "show", found)
    return found


@pytest.fixture
def workspace(served: tuple[Workspace, small.Remembering]) -> Workspace:
    return served[0]


@pytest.fixture
def birds(workspace: Workspace) -> Dataset:
    return small.birds(workspace, count=N)


@pytest.fixture
def drawn(workspace: Workspace, birds: Dataset) -> MapResult:
    return derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca")
