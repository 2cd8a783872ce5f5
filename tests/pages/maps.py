"""Maps of small workspaces for tests of the page, and what stands in for the component in the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from pages.parts import map_choice, state
from pages.parts.map import component
from tests.pages import small

COUNT = 24  # images


class Showing:
    """In place of the component in the browser: remembers what it was to show, and tells what a visitor did there."""

    def __init__(self) -> None:
        self.scenes: list[component.Scene] = []
        self.told: dict[str, dict[str, Any]] = {}  # by name: selected, opened, view

    def __call__(self, scene: component.Scene, *, key: str, **callbacks: Callable[[], None]) -> None:
        self.scenes.append(scene)
        told, self.told = self.told, {}
        if told:
            state.prime(key, told)
        for name in told:
            callbacks[f"on_{name}"]()

    @property
    def scene(self) -> component.Scene:
        return self.scenes[-1]


def mapped(workspace: Workspace, dims: int = 2) -> tuple[Dataset, derived.MapResult]:
    dataset = small.birds(workspace, count=COUNT)
    return dataset, derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca", dims=dims)


def without(image: int, dataset: Dataset, patch: pytest.MonkeyPatch) -> None:
    """An image leaves the dataset while its map is looked at."""
    there = map_choice.stored(dataset, dataset.embedding("pixels"))
    patch.setattr(map_choice, "stored", lambda dataset, embedding: there)
    dataset._store.delete(dataset.table("images"), f"id = {image}")


def said(app: AppTest, name: str) -> str:
    """What the URL says under a name; empty when it says nothing."""
    found = app.query_params.get(name, "")
    return found if isinstance(found, str) else "".join(found)
