"""From one map to another: points travel, a selection survives, and two maps beside each other are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

ENCODER = "efficientnet-lite0"
# Notes how far points are on their way, frame by frame.
WATCH = f"""() => {{ const pane = document.querySelector('{mapping.ROOT}').kindredMap.panes[0].pane; window.ways = [];
    const frame = pane.points.frame.bind(pane.points);
    pane.points.frame = (...given) => {{ window.ways.push(pane.points.arrived); return frame(...given); }}; }}"""


@pytest.fixture
def maps(app: RunningApp, sample: Dataset) -> dict[str, derived.MapResult]:
    """The sample's flat maps, by method."""
    workspace = Workspace.open(str(app.workspace))
    found = {}
    for one in derived.maps(workspace, sample, sample.embedding(ENCODER)):
        if one.parameters["dims"] == 2:
            found.setdefault(one.parameters["method"], derived.read_map(workspace, one.fingerprint))
    return {method: one for method, one in found.items() if one is not None}


def switch(page: Page, title: str) -> None:
    page.locator(".st-key-map_toolbar").get_by_role("combobox").first.click()
    page.get_by_test_id("stSelectboxVirtualDropdown").get_by_text(title).click()


def test_points_travel_to_their_new_places_and_the_selection_stays(
    page: Page, app: RunningApp, sample: Dataset, maps: dict[str, derived.MapResult]
) -> None:
    clocks = [image for path, image in sample.ids().items() if path.startswith("clock/")]
    kept = Workspace.open(str(app.workspace)).selections.keep(sample.uuid, clocks, how="clocks")
    mapping.opened(page, f"{app.url}/map?dataset=sample&selection={kept.hash}")
    mapping.await_selected(page, len(clocks))
    rows = mapping.selected(page)
    page.evaluate(WATCH)
    switch(page, "PCA")
    page.wait_for_url(lambda url: f"map={maps['pca'].fingerprint[:12]}" in url, timeout=30_000)
    page.wait_for_function("() => window.ways.some((share) => share < 1) && window.ways.at(-1) === 1", timeout=20_000)
    ways = page.evaluate("() => window.ways")
    assert any(0 < share < 1 for share in ways), "they are seen on their way"
    mapping.drawn(page)
    places = mapping.ask(
        page, "given.map((row) => [pane.grid.xs[pane.grid.at[row]], pane.grid.ys[pane.grid.at[row]]])", rows
    )
    assert np.allclose(places, maps["pca"].placed[rows])
    assert mapping.selected(page) == rows


def test_movement_is_off_where_it_is_not_wanted(
    browser: Browser, app: RunningApp, maps: dict[str, derived.MapResult]
) -> None:
    visitor = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    try:
        page = visitor.new_page()
        mapping.opened(page, f"{app.url}/map?dataset=sample")
        page.evaluate(WATCH)
        switch(page, "PCA")
        page.wait_for_url(lambda url: "map=" in url, timeout=30_000)
        page.wait_for_timeout(1500)
        assert set(page.evaluate("() => window.ways")) == {1}
        page.keyboard.press("+")
        page.wait_for_timeout(100)
        assert mapping.ask(page, "pane.camera.zoom") == pytest.approx(1.6)  # at once
    finally:
        visitor.close()


def test_two_maps_share_hover_selection_and_colours(
    page: Page, app: RunningApp, maps: dict[str, derived.MapResult]
) -> None:
    mapping.opened(page, f"{app.url}/map?dataset=sample&beside={maps['pca'].fingerprint[:12]}")
    page.locator(mapping.PANE).nth(1).wait_for()
    assert page.locator(f"{mapping.PANE} .title").all_inner_texts() == [
        "UMAP · EfficientNet-Lite0",
        "PCA · EfficientNet-Lite0",
    ]
    rows = [0, 100, 400]
    for pane, method in enumerate(("umap", "pca")):
        places = mapping.ask(
            page, "given.map((row) => [pane.grid.xs[pane.grid.at[row]], pane.grid.ys[pane.grid.at[row]]])", rows, pane
        )
        assert np.allclose(places, maps[method].placed[rows])
    page.mouse.move(*mapping.place(page, 100, pane=1))
    hovered = int(page.locator(mapping.ROOT).get_attribute("data-hover") or -1)
    assert hovered >= 0
    page.wait_for_timeout(200)
    rings = mapping.ask(page, "[pane.overlay.paths.over.getAttribute('d'), pane.spots.of(given)]", hovered, 0)
    left, top = (float(number) for number in rings[0].removeprefix("M").split("a")[0].split())
    assert top == pytest.approx(rings[1]["y"]), "the first map rings it as well"
    assert 3 < rings[1]["x"] - left < 12
    mapping.tool(page, "rectangle")
    size = mapping.box(page, 1)
    mapping.drag(
        page,
        [(size["x"] + 5, size["y"] + 5), (size["x"] + size["width"] * 0.5, size["y"] + size["height"] - 5)],
    )
    rows = mapping.selected(page)
    assert 20 < len(rows) < 700
    for pane in (0, 1):
        bright = mapping.ask(
            page, "[...pane.points.stated].flatMap((s, p) => (s === 3 ? [pane.grid.order[p]] : []))", None, pane
        )
        assert sorted(bright) == rows


def test_a_new_map_lies_like_the_last_one(maps: dict[str, derived.MapResult]) -> None:
    """No other turn or mirroring brings the points of one map closer to those of the map before it."""
    before, after = (maps[method].placed.astype(np.float64) for method in ("pca", "umap"))
    before, after = before - before.mean(axis=0), after - after.mean(axis=0)
    as_it_is = np.trace(before.T @ after)
    for angle in np.linspace(0, 2 * np.pi, 73):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for mirror in (np.eye(2), np.diag([1, -1])):
            assert np.trace(before.T @ after @ turn @ mirror) <= as_it_is * 1.000001
