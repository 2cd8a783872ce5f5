"""What a newcomer does: drop a ZIP, wait for the map, draw around some images, open one, go on to its look-alikes.

Then what a team does: reload, and follow the copied link in another browser.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import pytest

from embedding_core import places
from embedding_core.workspace import Workspace
from tests.e2e import mapping
from tests.running import RunningApp
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

CLASSES = ("bird", "clock", "fruit", "face")
LONG = 240_000  # milliseconds: the first map on a machine compiles UMAP


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A ZIP of up to 20 images of four classes, a text under an image's name, and a member that would climb out."""
    made = tmp_path / "little zoo.zip"
    with zipfile.ZipFile(made, "w") as zipped:
        for label in CLASSES:
            for file in sorted((places.SAMPLE / label).glob("*.webp"))[:20]:
                zipped.write(file, f"{label}/{file.name}")
        zipped.writestr("bird/<b>words</b>.png", "these are words")
        zipped.writestr("../outside.png", b"x")
    return made


def lasso_all(page: Page) -> None:
    """Draw around everything on the map."""
    mapping.drawn(page)
    box = mapping.box(page)
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    mapping.tool(page, "lasso")
    mapping.drag(page, [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 2)])


def see_images(page: Page, least: int, seconds: float = 30) -> None:
    """Wait until that many different pictures have really been drawn."""
    script = "images => images.filter(one => one.complete && one.naturalWidth > 0).map(one => one.currentSrc)"
    drawn = page.locator("img[src*='/api/thumbnail/']")
    until(lambda: len(set(drawn.evaluate_all(script))) >= least, seconds, f"{least} pictures to be drawn", page=page)


def test_from_a_zip_to_a_link_that_opens_elsewhere(
    page: Page, app: RunningApp, archive: Path, browser: Browser
) -> None:
    page.locator(".zone .headline:not(:empty)").wait_for()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(archive)
    page.wait_for_url(re.compile(r"/map\b"), timeout=LONG)  # everything runs by itself to the map

    page.get_by_text("2 files left out").wait_for(timeout=60_000)

    dataset = Workspace.open(str(app.workspace)).dataset("little zoo")
    assert dataset.count == sum(min(20, len(list((places.SAMPLE / label).glob("*.webp")))) for label in CLASSES)
    assert {(one.path, one.reason.value) for one in dataset.rejected()} == {
        ("bird/<b>words</b>.png", "text"),
        ("../outside.png", "unsafe archive member"),
    }
    assert not list(app.workspace.parent.glob("outside*"))

    mapping.drawn(page)
    page.mouse.click(*mapping.place(page, 0))
    page.wait_for_url(re.compile("image="), timeout=60_000)
    page.get_by_role("dialog").get_by_text("Look-alikes").wait_for(timeout=60_000)
    page.goto(f"{app.url}/map?dataset=little+zoo")

    lasso_all(page)
    page.wait_for_url(re.compile("selection="), timeout=60_000)
    chosen = parse_qs(urlparse(page.url).query)["selection"][0]
    selection = Workspace.open(str(app.workspace)).selections.get(chosen)
    assert selection is not None
    assert len(selection) > 60
    page.wait_for_function("() => document.body.innerText.includes('images selected')", timeout=60_000)
    see_images(page, 12)

    page.goto(f"{app.url}/similar?dataset=little+zoo&selection={chosen}&like={int(selection.ids[0])}")
    page.get_by_text("Compare by").wait_for(timeout=60_000)
    see_images(page, 12)
    page.get_by_role("button", name="Details").click()
    page.get_by_role("dialog").get_by_text("Look-alikes").wait_for(timeout=60_000)
    page.goto(f"{app.url}/map?dataset=little+zoo&selection={chosen}&image={int(selection.ids[0])}")
    path = dataset.paths()[int(selection.ids[0])]
    drawer = page.get_by_role("dialog")
    drawer.get_by_text(Path(path).name).first.wait_for(timeout=60_000)
    drawer.get_by_text("Look-alikes").scroll_into_view_if_needed(timeout=30_000)
    alike = drawer.locator("img[src*='/api/thumbnail/']")
    alike.nth(3).wait_for(timeout=30_000)

    page.reload()
    drawer.get_by_text(Path(path).name).first.wait_for(timeout=60_000)

    link = f"{app.url}/map?dataset=little+zoo&selection={chosen}"
    elsewhere = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        cold = elsewhere.new_page()
        cold.goto(link)
        cold.wait_for_function(
            f"() => document.body.innerText.includes('{len(selection)} images selected')", timeout=60_000
        )
        mapping.drawn(cold)
        see_images(cold, 12)
    finally:
        elsewhere.close()


def test_a_file_is_looked_for_and_one_that_is_no_image_is_explained(
    page: Page, app: RunningApp, tmp_path: Path
) -> None:
    page.goto(f"{app.url}/similar?dataset=little+zoo&similar_from=File")
    broken = tmp_path / "broken.png"
    broken.write_text("these are words", encoding="utf-8")
    chooser = page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.set_input_files(broken)
    page.get_by_text("That file is not a usable image").wait_for(timeout=60_000)
    assert page.locator("[data-testid=stException]").count() == 0
    page.get_by_test_id("stFileUploader").get_by_label("Remove").click()
    chooser.set_input_files(next((places.SAMPLE / "bird").glob("*.webp")))
    page.locator("img[alt^='Your file']").wait_for(timeout=60_000)
    see_images(page, 12)


def test_a_link_to_what_is_not_here_says_so(page: Page, app: RunningApp) -> None:
    page.goto(f"{app.url}/map?dataset=nowhere")
    page.get_by_text("There is no dataset").wait_for(timeout=30_000)


def test_names_from_outside_are_text(page: Page, app: RunningApp, archive: Path) -> None:
    page.goto(f"{app.url}/data?dataset=little+zoo")
    page.get_by_role("tab", name=re.compile("Rejected")).click()
    # The table is a canvas; what it says stands in hidden cells for those who cannot see it.
    page.get_by_text("<b>words</b>.png").first.wait_for(timeout=30_000, state="attached")
    assert page.locator("b", has_text="words").count() == 0
