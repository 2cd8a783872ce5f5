"""What one takes along from the map: a picture, vectors, one file without a server, a link."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding_core.workspace import Dataset
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def shown(page: Page, app: RunningApp, sample: Dataset) -> Page:
    mapping.opened(page, f"{app.url}/map?dataset=sample&filter=label%3Dface%7Cclock")
    page.locator(".kindred-map .chip").first.wait_for()
    page.get_by_role("button", name="Take the map along").click()
    return page


def taken(page: Page, name: str, into: Path) -> Path:
    with page.expect_download(timeout=60_000) as coming:
        page.get_by_role("button", name=name).click()
    file = into / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def test_the_picture_has_twice_the_pixels_and_shows_the_map(shown: Page, tmp_path: Path) -> None:
    mapping.ask(shown, "m.act('labels')")  # names would cover points
    shown.wait_for_timeout(500)
    with Image.open(taken(shown, "Picture (PNG)", tmp_path)) as picture:
        pixels = np.asarray(picture.convert("RGB"), dtype=int)
    width, height = mapping.ask(shown, "[pane.camera.width, pane.camera.height]")
    assert pixels.shape[0] == round(2 * height)
    assert pixels.shape[1] > 2 * width
    # Every class shown is there in its colour, where its points are.
    for code in (1, 8):
        spots, colour = mapping.ask(
            shown,
            """[[...m.model.column.codes].flatMap((one, row) => (one === given ? [pane.spots.of(row)] : []))
            .map(({x, y}) => [x, y]),
            m.model.palette.category(given - 1)]""",
            code,
        )
        near = [np.abs(pixels[round(2 * y), round(2 * x)] - colour).max() < 60 for x, y in spots]
        assert np.mean(near) > 0.5, code
    assert (pixels[:, round(2 * width) + 10 :] < 200).any(), "a legend stands beside it"


def test_vectors_have_a_circle_for_each_point_that_is_shown(shown: Page, tmp_path: Path) -> None:
    file = taken(shown, "Vectors (SVG)", tmp_path)
    tree = ET.parse(file)
    groups = tree.getroot().findall(f"{SVG}g")
    assert sum(len(group.findall(f"{SVG}circle")) for group in groups) == 115 + 31
    assert {"face", "clock"} <= {text.text for text in tree.getroot().iter(f"{SVG}text")}


def test_one_file_opens_from_disk_with_images_filters_and_selection(
    shown: Page, browser: Browser, tmp_path: Path
) -> None:
    shown.keyboard.press("Escape")
    entry = shown.locator(".kindred-map .legend .entry", has_text="clock").first
    entry.hover()
    entry.locator(".take").click()
    mapping.await_selected(shown, 31)
    shown.wait_for_url(lambda url: "selection=" in url)
    mapping.drawn(shown)
    shown.get_by_role("button", name="Take the map along").click()
    said = shown.get_by_role("button", name="One file with images").inner_text()
    assert "MB" in said
    promised = float(said.split("About ")[1].split(" MB")[0])
    file = taken(shown, "One file with images", tmp_path)
    assert file.stat().st_size / 1e6 == pytest.approx(promised, rel=0.25)
    visitor = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True)
    try:
        page = visitor.new_page()
        wrong: list[str] = []
        page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(file.as_uri())
        page.locator(f"{mapping.ROOT}[data-first-draw-ms]").wait_for(timeout=30_000, state="attached")
        mapping.await_selected(page, 31)
        page.locator(".kindred-map .chip", has_text="face or clock").wait_for()
        page.wait_for_timeout(800)
        row = mapping.selected(page)[0]
        page.mouse.move(*mapping.place(page, row))
        page.locator(".kindred-map .card:visible img").wait_for()
        page.wait_for_function("() => document.querySelector('.kindred-map .card img').naturalWidth > 0")
        page.keyboard.press("g")
        page.wait_for_function("() => Number(document.querySelector('[data-kindred-map]').dataset.selected) > 31")
        colours = len(set(Image.open(io.BytesIO(page.screenshot())).convert("RGB").getdata()))
        assert colours > 50
        assert wrong == []
    finally:
        visitor.close()


def test_a_link_opens_the_part_of_the_map_that_was_seen(page: Page, app: RunningApp, sample: Dataset) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mapping.opened(page, f"{app.url}/map?dataset=sample&colour=trust")
    page.mouse.move(*mapping.place(page, 300))
    for _ in range(3):
        page.mouse.wheel(0, -250)
    page.wait_for_timeout(500)
    seen = mapping.ask(page, "pane.camera.seen()")
    page.get_by_role("button", name="Take the map along").click()
    page.get_by_role("button", name="Link to this view").click()
    page.get_by_text("Copied.").wait_for()
    link = page.evaluate("() => navigator.clipboard.readText()")
    mapping.opened(page, link)
    assert mapping.ask(page, "pane.camera.seen()") == pytest.approx(seen, abs=1e-3)
    assert mapping.ask(page, "m.viewing.colour") == "trust"
