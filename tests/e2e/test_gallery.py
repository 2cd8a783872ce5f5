"""A gallery in a real browser: pictures, keys, and names that try to be more than text."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedding_core import ingest, places
from embedding_core.sources import open_source
from embedding_core.workspace import Workspace
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

pytestmark = pytest.mark.e2e

HOSTILE = "<img src=x onerror=document.title='taken'>.webp"


@pytest.fixture
def gallery(page: Page, app: RunningApp, tmp_path: Path) -> Page:
    """The grid of a small dataset of its own; one image has a hostile name."""
    name = tmp_path.name
    for image in sorted((places.SAMPLE / "bird").glob("*.webp"))[:14]:
        shutil.copy(image, tmp_path / image.name)
    (tmp_path / HOSTILE).write_bytes((places.SAMPLE / "fruit" / "grapes.webp").read_bytes())
    workspace = Workspace.open(str(app.workspace))
    ingest.add(workspace, workspace.create(name), open_source(tmp_path))
    page.goto(f"{app.url}/data?dataset={name}")
    page.locator(".tile").nth(14).wait_for()
    return page


def focused(page: Page) -> int:
    """Which tile has the focus; −1 for none."""
    at: int = page.evaluate(
        """() => {
          let focused = document.activeElement;
          while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
          return [...focused.getRootNode().querySelectorAll(".tile")].indexOf(focused);
        }"""
    )
    return at


def test_every_picture_is_loaded(gallery: Page) -> None:
    gallery.locator("li[data-state=ready]").nth(14).wait_for()
    assert gallery.locator("li").filter(has=gallery.locator(".tile")).count() == 15


def test_a_name_is_text_whatever_it_holds(gallery: Page) -> None:
    assert HOSTILE in gallery.locator(".tile .caption").all_inner_texts()
    assert gallery.locator(".tile img[src=x]").count() == 0
    assert gallery.title() != "taken"


def test_arrows_walk_through_the_grid_and_enter_opens(gallery: Page) -> None:
    tops = [tile.bounding_box()["y"] for tile in gallery.locator(".tile").all()]  # type: ignore[index]
    columns = sum(top == tops[0] for top in tops)
    gallery.locator(".tile").first.focus()
    for key, place in [("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("End", 14), ("Home", 0)]:
        gallery.keyboard.press(key)
        assert focused(gallery) == place, key
    assert gallery.locator(".tile[tabindex='0']").count() == 1
    name = gallery.locator(".tile .caption").first.inner_text()
    gallery.keyboard.press("Enter")
    gallery.get_by_role("dialog").get_by_text(name).first.wait_for()


def test_a_picture_that_is_not_to_be_had_says_so(gallery: Page, app: RunningApp) -> None:
    gallery.route("**/api/thumbnail/**", lambda route: route.fulfill(status=404))
    gallery.reload()
    gallery.get_by_text("No picture").first.wait_for()


def test_an_expired_visit_is_renewed_without_a_word(gallery: Page) -> None:
    refused: set[str] = set()
    renewals: list[str] = []

    def refuse_once(route: Route) -> None:
        if route.request.url in refused:
            route.continue_()
        else:
            refused.add(route.request.url)
            route.fulfill(status=403)

    gallery.route("**/api/thumbnail/**", refuse_once)
    gallery.on("request", lambda request: renewals.append(request.url) if is_renewal(request) else None)
    gallery.reload()
    gallery.locator("li[data-state=ready]").nth(14).wait_for()
    assert len(refused) >= 15
    assert len(renewals) == 1, "all pictures of a page share one renewal"


def is_renewal(request: Request) -> bool:
    return request.resource_type == "fetch" and "/data?" in request.url
