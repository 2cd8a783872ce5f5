"""Groups of images in a real browser: cards, one group alone, a selection, one image large."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedding_core import derived, places
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

HOSTILE = "**x** <img src=x onerror=document.title='taken'>"


@pytest.fixture
def groups(app: RunningApp, tmp_path: Path) -> tuple[str, derived.ClusterResult]:
    """A small dataset of its own in three groups, whose name in the URL it is; all have a hostile label."""
    for image in sorted((places.SAMPLE / "bird").glob("*.webp"))[:12]:
        shutil.copy(image, tmp_path / image.name)
    workspace = Workspace.open(str(app.workspace))
    wanted = {"name": tmp_path.name, "source": str(tmp_path), "encoder": "pixels"}
    TASKS["prepare"](workspace, wanted, silent, LOCAL)
    dataset = workspace.dataset(tmp_path.name)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=[HOSTILE] * 12)
    return tmp_path.name, derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)


def test_cards_open_a_group_select_it_and_show_a_face_large(
    page: Page, app: RunningApp, groups: tuple[str, derived.ClusterResult]
) -> None:
    dataset, found = groups
    second = f"{HOSTILE} 2"
    members = set(found.ids[found.clustering.labels == 1].tolist())
    page.goto(f"{app.url}/clusters?dataset={dataset}")
    cards = page.locator(".card")
    cards.nth(2).wait_for(timeout=60_000)
    assert cards.locator(".name").all_text_contents() == [HOSTILE, second, f"{HOSTILE} 3"]
    said = cards.nth(1).locator(".said").text_content() or ""
    assert said.startswith(f"{len(members)} images · {len(members) / 12:.0%}")
    faces = page.get_by_role("list", name=f"The most typical images of {second}", exact=True)
    faces.locator("[data-state=ready]").first.wait_for()

    page.get_by_role("button", name=f"Open {second}", exact=True).click()
    page.get_by_role("heading", name=second, exact=True).wait_for()
    page.wait_for_url("**group=1*")
    cards.first.wait_for(state="detached")
    tiles = page.locator(".st-key-clusters_gallery .tile")
    tiles.nth(len(members) - 1).wait_for()
    assert set(tiles.evaluate_all("all => all.map((one) => Number(one.dataset.id))")) == members

    page.get_by_role("button", name="All groups").click()
    cards.nth(2).wait_for()
    page.wait_for_url(lambda url: "group=" not in url)

    page.get_by_role("button", name=f"Select {second}", exact=True).press("Enter")
    page.locator(".st-key-frame_selection").get_by_text(f"group {second}").wait_for()
    assert page.locator(".st-key-frame_selection").get_by_text(f"{len(members)} images").is_visible()
    page.wait_for_url("**selection=*")

    face = faces.locator(".tile").first
    name = face.locator(".caption").text_content()
    assert name
    face.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(name).first.wait_for()
    dialog.locator(".viewer").wait_for()
    assert page.title() != "taken"
