"""The image that is open: looked at closely, its neighbours under a metric, and why one of them is similar."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding_core import neighbours
from embedding_core.workspace import Dataset
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.e2e


@pytest.fixture
def image(sample: Dataset) -> int:
    return sample.ids()["face/melting_face.webp"]


@pytest.fixture
def panel(page: Page, app: RunningApp, image: int) -> Locator:
    page.goto(f"{app.url}/data?dataset=sample&image={image}")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Look-alikes by").wait_for(timeout=60_000)
    dialog.locator(".tile").nth(11).wait_for(timeout=60_000)
    return dialog


def alike(panel: Locator) -> list[int]:
    return [int(one) for one in panel.locator(".tile").evaluate_all("all => all.map((one) => one.dataset.id)")]


def test_the_wheel_and_keys_go_closer_and_dragging_moves(page: Page, panel: Locator) -> None:
    view = panel.locator(".viewer")
    sheet = panel.locator(".viewer .sheet")
    before = sheet.bounding_box()
    box = view.bounding_box()
    assert before
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        page.mouse.wheel(0, -250)
    closer = sheet.bounding_box()
    assert closer
    assert closer["width"] > 4 * before["width"]
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 30, steps=5)
    page.mouse.up()
    moved = sheet.bounding_box()
    assert moved
    assert moved["x"] - closer["x"] == pytest.approx(60, abs=2)
    view.focus()
    page.keyboard.press("0")
    assert sheet.bounding_box() == pytest.approx(before)


def test_neighbours_follow_the_chosen_metric(panel: Locator, sample: Dataset, image: int) -> None:
    embedding = sample.embedding("efficientnet-lite0")
    vectors = embedding.matrix()
    row = embedding.positions([image])
    for metric, title in (("cosine", "Cosine"), ("manhattan", "Manhattan")):
        if metric != "cosine":
            box = panel.get_by_role("combobox", name=re.compile("Look-alikes by"))
            box.scroll_into_view_if_needed()  # its list closes when the page scrolls
            box.click()
            panel.page.keyboard.type(title)
            panel.page.get_by_test_id("stSelectboxVirtualDropdown").get_by_text(title, exact=True).wait_for()
            panel.page.keyboard.press("Enter")
        found = neighbours.search(vectors, vectors[row], 12, metric, exclude=row).rows[0]
        expected = embedding.ids[found].tolist()
        panel.page.wait_for_timeout(200)
        for _ in range(100):
            if alike(panel) == expected:
                break
            panel.page.wait_for_timeout(200)
        assert alike(panel) == expected, metric


def test_a_pair_shows_ranks_and_where_the_similarity_lies(
    page: Page, panel: Locator, sample: Dataset, image: int
) -> None:
    embedding = sample.embedding("efficientnet-lite0")
    panel.get_by_text("A click says why").click()
    page.wait_for_timeout(1500)
    other = alike(panel)[3]
    panel.locator(".tile").nth(3).click()
    panel.get_by_text("to the left one").wait_for(timeout=90_000)
    first, second = embedding.positions([image, other]).tolist()
    ranks = neighbours.ranks(embedding.matrix(), first, second)
    said = panel.get_by_text("to the left one").inner_text()
    assert f"the {ranks.second}th nearest of 710 to the left one" in said
    assert re.search(rf"the {ranks.first}(st|nd|rd|th) nearest to the right one", said)
    heats = panel.locator(".viewer canvas.heat:visible")
    heats.nth(1).wait_for()
    warm = np.asarray(Image.open(io.BytesIO(panel.locator(".viewer").first.screenshot())).convert("RGB"), dtype=int)
    panel.get_by_text("Show what the similarity hangs on").click()
    heats.first.wait_for(state="hidden", timeout=30_000)
    page.wait_for_timeout(500)
    plain = np.asarray(Image.open(io.BytesIO(panel.locator(".viewer").first.screenshot())).convert("RGB"), dtype=int)
    assert (np.abs(warm - plain).max(axis=2) > 30).mean() > 0.1
    assert f"why={other}" in page.url
    page.reload()  # the link holds it
    panel.get_by_text("to the left one").wait_for(timeout=90_000)
    panel.get_by_role("button", name="Back to the image").click()
    panel.get_by_text("Look-alikes by").wait_for(timeout=30_000)
