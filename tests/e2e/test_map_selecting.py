"""Selecting on the map: what is inside a shape is what numpy says, and every way of selecting there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

    from embedding_core.derived import MapResult

pytestmark = pytest.mark.e2e

LASSOS = 200


@pytest.fixture
def shown(page: Page, app: RunningApp, sample: Dataset) -> MapResult:
    """The sample's UMAP map, opened on `page`."""
    mapping.opened(page, f"{app.url}/map?dataset=sample")
    return the_map(app, sample)


def the_map(app: RunningApp, dataset: Dataset, method: str = "umap") -> MapResult:
    workspace = Workspace.open(str(app.workspace))
    maps = derived.maps(workspace, dataset, dataset.embedding("efficientnet-lite0"))
    found = derived.read_map(workspace, next(one.fingerprint for one in maps if one.parameters["method"] == method))
    assert found is not None
    return found


def inside(polygon: NDArray[np.float64], points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Even-odd, by counting the edges that a ray to the left crosses."""
    x, y = points.astype(np.float64).T
    crossings = np.zeros(len(points), int)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        between = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings += between & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return crossings % 2 == 1


def test_two_hundred_polygons_hold_what_numpy_says(page: Page, shown: MapResult) -> None:
    rng = np.random.default_rng(4)
    size = mapping.box(page)
    held = 0
    for number in range(LASSOS):
        corners = int(rng.integers(3, 24))
        if number % 2:  # a star around a middle; otherwise corners anywhere, edges crossing each other
            angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
            reach = rng.uniform(20, 260, corners)
            middle = rng.uniform(0.2, 0.8, 2) * [size["width"], size["height"]]
            shape = middle + np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]
        else:
            shape = rng.uniform(0, 1, (corners, 2)) * [size["width"], size["height"]]
        script = "[given.map(([x, y]) => pane.camera.toMap(x, y)), [...pane.spots.within(given)]]"
        polygon, rows = mapping.ask(page, script, shape.tolist())
        expected = inside(np.array(polygon), shown.placed)
        assert np.flatnonzero(rows).tolist() == np.flatnonzero(expected).tolist(), f"polygon {number}"
        held += int(expected.sum())
    assert held > 10_000  # or nothing has been tested


def test_a_lasso_drawn_by_hand_selects_what_it_encloses_and_the_gallery_shows_it(
    page: Page, app: RunningApp, shown: MapResult
) -> None:
    size = mapping.box(page)
    mapping.tool(page, "lasso")
    corners = [(0.3, 0.15), (0.75, 0.2), (0.7, 0.75), (0.35, 0.6)]
    path = [(size["x"] + x * size["width"], size["y"] + y * size["height"]) for x, y in corners]
    polygon = mapping.ask(
        page, "given.map(([x, y]) => pane.camera.toMap(x, y))", [(x - size["x"], y - size["y"]) for x, y in path]
    )
    mapping.drag(page, [*path, path[0]])
    page.wait_for_url(re.compile("selection="), timeout=30_000)
    rows = mapping.selected(page)
    expected = np.flatnonzero(inside(np.array(polygon), shown.placed)).tolist()
    assert len(expected) > 50
    assert len(set(rows) ^ set(expected)) <= 3  # the hand draws edges of pixels
    chosen = parse_qs(urlparse(page.url).query)["selection"][0]
    kept = Workspace.open(str(app.workspace)).selections.get(chosen)
    assert kept is not None
    assert sorted(kept.ids.tolist()) == sorted(shown.ids[rows].tolist())
    assert kept.projection == shown.fingerprint
    page.get_by_text(f"{len(rows)} images selected").wait_for(timeout=30_000)
    page.get_by_role("radio", name="Table").click()
    page.locator(".st-key-map_picked [data-testid=stDataFrame]").wait_for(timeout=30_000)


def test_shift_adds_alt_subtracts_and_undo_goes_back(page: Page, shown: MapResult) -> None:
    size = mapping.box(page)

    def square(left: float, top: float, right: float, bottom: float) -> list[mapping.Point]:
        x0, y0 = size["x"] + left * size["width"], size["y"] + top * size["height"]
        x1, y1 = size["x"] + right * size["width"], size["y"] + bottom * size["height"]
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0 + 3)]

    rectangle = [square(0.2, 0.1, 0.5, 0.9)[0], square(0.2, 0.1, 0.5, 0.9)[2]]
    mapping.tool(page, "rectangle")
    mapping.drag(page, rectangle)
    page.wait_for_url(re.compile("selection="), timeout=30_000)
    first = set(mapping.selected(page))
    mapping.settled(page)
    page.wait_for_timeout(500)  # the gallery has taken its place, and the map its new size
    mapping.tool(page, "pan")
    size = mapping.box(page)
    mapping.drag(page, square(0.02, 0.02, 0.98, 0.98), held="Shift")  # without a tool in hand
    everything = set(mapping.selected(page))
    assert first < everything
    mapping.drag(page, square(0.02, 0.02, 0.6, 0.98), held="Alt")
    less = set(mapping.selected(page))
    assert less < everything
    page.keyboard.press("z")
    assert set(mapping.selected(page)) == everything
    page.keyboard.press("z")
    assert set(mapping.selected(page)) == first
    page.keyboard.press("i")
    assert set(mapping.selected(page)) == set(range(len(shown.ids))) - first
    page.keyboard.press("Escape")
    assert mapping.selected(page) == []
    page.wait_for_url(lambda url: "selection=" not in url, timeout=30_000)


def test_growing_adds_the_true_nearest_neighbours(
    page: Page, app: RunningApp, sample: Dataset, shown: MapResult
) -> None:
    row = 300
    graph = derived.read_graph(Workspace.open(str(app.workspace)), sample.embedding("efficientnet-lite0").fingerprint)
    assert graph is not None
    page.mouse.move(*mapping.place(page, row))
    at = int(page.locator(mapping.ROOT).get_attribute("data-hover") or -1)
    page.keyboard.down("Shift")
    page.mouse.click(*mapping.place(page, row))
    page.keyboard.up("Shift")
    assert mapping.selected(page) == [at]
    page.keyboard.press("g")
    mapping.await_selected(page, 6)
    assert set(mapping.selected(page)) == {at, *graph.rows[at, :5].tolist()}


def test_an_entry_of_the_legend_selects_its_images(page: Page, sample: Dataset, shown: MapResult) -> None:
    entry = page.locator(".kindred-map .legend .entry", has_text="face").first
    entry.hover()
    entry.locator(".take").click()
    page.wait_for_url(re.compile("selection="), timeout=30_000)
    faces = {row["id"] for row in sample.attributes().to_pylist() if row["label"] == "face"}
    assert set(shown.ids[mapping.selected(page)].tolist()) == faces


def test_a_selection_in_a_link_is_shown_and_one_made_elsewhere_arrives(
    page: Page, app: RunningApp, sample: Dataset, shown: MapResult
) -> None:
    clocks = [image for path, image in sample.ids().items() if path.startswith("clock/")]
    kept = Workspace.open(str(app.workspace)).selections.keep(sample.uuid, clocks, how="clocks")
    mapping.opened(page, f"{app.url}/map?dataset=sample&selection={kept.hash}")
    mapping.await_selected(page, len(clocks))
    assert set(shown.ids[mapping.selected(page)].tolist()) == set(clocks)
    page.get_by_role("button", name="Clear").first.click()
    mapping.await_selected(page, 0)


def test_a_shape_around_nothing_changes_nothing(page: Page, shown: MapResult) -> None:
    size = mapping.box(page)
    mapping.tool(page, "rectangle")
    row = 10
    mapping.drag(page, [mapping.around(page, row, 9)[0], mapping.around(page, row, 9)[2]])
    before = mapping.selected(page)
    assert row in before
    page.wait_for_url(re.compile("selection="), timeout=30_000)
    size = mapping.box(page)
    mapping.drag(page, [(size["x"] + 3, size["y"] + 3), (size["x"] + 20, size["y"] + 20)])
    assert mapping.selected(page) == before
