"""A dataset that grows under the eyes of a visitor: new images come to the map that is known, and it stays."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedding_core import derived, places
from embedding_core.derived import MapResult
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.e2e.test_dropzone import arrived, drop, ready
from tests.running import RunningApp
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

FIRST, NEW = "first", "new"


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two folders of the same kinds of images: most to begin with, and an eighth that comes later."""
    for label in ("bird", "boat", "fruit", "face"):
        for number, file in enumerate(sorted((places.SAMPLE / label).glob("*.webp"))[:20]):
            into = tmp_path / (NEW if number % 8 == 3 else FIRST) / label
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, into)
    return tmp_path


def newest(workspace: Workspace, dataset: Dataset) -> MapResult:
    drawn = next(one for one in workspace.results.find(dataset.uuid, "map") if one.parameters["method"] == "umap")
    found = derived.read_map(workspace, drawn.fingerprint)
    assert found is not None
    return found


def test_dropped_images_are_placed_on_the_map_and_a_new_one_is_a_click(
    page: Page, app: RunningApp, folders: Path
) -> None:
    workspace = Workspace.open(str(app.workspace))
    source = str(folders / FIRST)
    TASKS["prepare"](workspace, {"name": "growing", "source": source, "encoder": "pixels"}, silent, LOCAL)
    before = newest(workspace, workspace.dataset("growing"))
    page.goto(f"{app.url}/?dataset=growing&encoder=pixels&into=growing")
    ready(page)
    drop(page, folders / NEW)
    page.wait_for_url(re.compile(r"/map\b"), timeout=120_000)
    dataset = arrived(app, "growing", len(list(folders.rglob("*.webp"))))
    assert [one.card.id for one in dataset.encodings()] == ["pixels"], "by the encoder that is looked through"
    line = page.get_by_text(re.compile(r"\d+ new images"))
    line.wait_for()
    after = newest(workspace, dataset)
    assert after.onto == before.fingerprint
    where = dict(zip(before.ids.tolist(), before.placed.tolist(), strict=True))
    stayed = [
        (image, at) for image, at in zip(after.ids.tolist(), after.placed.tolist(), strict=True) if image in where
    ]
    assert len(stayed) == len(where) > 50
    assert all(where[image] == at for image, at in stayed)
    page.get_by_role("button", name="Draw anew").click()
    # The line also goes for a moment while the page is drawn again, so the new map is waited for first.
    until(lambda: newest(workspace, dataset).onto == "", 60, "a map drawn anew", page=page)
    line.wait_for(state="detached", timeout=60_000)
