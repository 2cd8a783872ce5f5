"""Pointing at the map: what is under the pointer, its true neighbours, a click, zooming, images in place of dots."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

ROWS = (3, 120, 300, 451, 702)


@pytest.fixture
def shown(page: Page, app: RunningApp, sample: Dataset) -> derived.MapResult:
    mapping.opened(page, f"{app.url}/map?dataset=sample")
    workspace = Workspace.open(str(app.workspace))
    embedding = sample.embedding("efficientnet-lite0")
    best = next(one for one in derived.maps(workspace, sample, embedding) if one.parameters["method"] == "umap")
    found = derived.read_map(workspace, best.fingerprint)
    assert found is not None
    return found


def hovered(page: Page) -> int:
    return int(page.locator(mapping.ROOT).get_attribute("data-hover") or -1)


def test_the_nearest_point_is_under_the_pointer_and_its_card_tells_of_it(
    page: Page, sample: Dataset, shown: derived.MapResult
) -> None:
    paths = sample.paths()
    labels = {row["id"]: row["label"] for row in sample.attributes().to_pylist()}
    for row in ROWS:
        page.mouse.move(*mapping.place(page, row))
        nearest = mapping.ask(
            page,
            """(() => { const p = pane.grid.at[given]; const [x, y] = [pane.grid.xs[p], pane.grid.ys[p]];
            return [...pane.grid.order].filter((r) => { const q = pane.grid.at[r];
            return Math.hypot(pane.grid.xs[q] - x, pane.grid.ys[q] - y) < 1 / pane.camera.scale; }); })()""",
            row,
        )
        assert hovered(page) in nearest
        image = int(shown.ids[hovered(page)])
        card = page.locator(".kindred-map .card:visible")
        card.get_by_text(paths[image].split("/")[-1]).wait_for(timeout=10_000)
        assert labels[image] in card.inner_text()
        assert "Trust" in card.inner_text()
        picture = card.locator("img")
        page.wait_for_function("(img) => img.complete && img.naturalWidth > 0", arg=picture.element_handle())
    page.mouse.move(5, 5)
    assert page.locator(mapping.ROOT).get_attribute("data-hover") == ""
    assert page.locator(".kindred-map .card:visible").count() == 0


def test_lines_lead_to_the_true_nearest_neighbours(
    page: Page, app: RunningApp, sample: Dataset, shown: derived.MapResult
) -> None:
    embedding = sample.embedding("efficientnet-lite0")
    graph = derived.read_graph(Workspace.open(str(app.workspace)), embedding.fingerprint)
    assert graph is not None
    for row in ROWS:
        page.mouse.move(*mapping.place(page, row))
        at = hovered(page)
        page.wait_for_function(
            f"() => document.querySelector('{mapping.ROOT}').kindredMap.model.near({at}).length === 10", timeout=10_000
        )
        assert mapping.ask(page, "m.model.near(given)", at) == graph.rows[at, :10].tolist()
    page.wait_for_timeout(200)
    ends = mapping.ask(
        page,
        """[...pane.overlay.paths.lines.getAttribute('d').matchAll(/L([-\\d.]+) ([-\\d.]+)/g)]
        .map(([, x, y]) => [+x, +y])""",
    )
    spots = mapping.ask(
        page, "given.map((row) => { const s = pane.spots.of(row); return [s.x, s.y]; })", graph.rows[at, :10].tolist()
    )
    assert [[round(x, 3), round(y, 3)] for x, y in ends] == [[round(x, 3), round(y, 3)] for x, y in spots]


def test_a_click_opens_the_image_and_a_double_click_goes_in(page: Page, shown: derived.MapResult) -> None:
    row = 300
    page.mouse.move(*mapping.place(page, row))
    image = int(shown.ids[hovered(page)])
    page.mouse.click(*mapping.place(page, row))
    page.wait_for_url(re.compile(f"image={image}"), timeout=30_000)
    page.get_by_role("dialog").get_by_text("Look-alikes").wait_for(timeout=60_000)
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    page.wait_for_url(lambda url: "image=" not in url, timeout=30_000)
    mapping.drawn(page)
    before = mapping.ask(page, "pane.camera.zoom")
    page.mouse.dblclick(*mapping.place(page, row))
    page.wait_for_timeout(900)
    assert mapping.ask(page, "pane.camera.zoom") == pytest.approx(2 * before)
    assert "image=" not in page.url


def test_the_wheel_zooms_around_the_pointer_and_dragging_pans(page: Page, shown: derived.MapResult) -> None:
    x, y = mapping.place(page, 300)
    at = (round(x), round(y))
    corner = mapping.box(page)
    under = [at[0] - corner["x"], at[1] - corner["y"]]
    before = mapping.ask(page, "pane.camera.toMap(...given)", under)
    page.mouse.move(*at)
    for _ in range(4):
        page.mouse.wheel(0, -200)
    page.wait_for_timeout(600)
    assert mapping.ask(page, "pane.camera.zoom") > 2
    assert mapping.ask(page, "pane.camera.toMap(...given)", under) == pytest.approx(before)
    mapping.drag(page, [at, (at[0] + 90, at[1] - 40)])
    assert mapping.ask(page, "pane.camera.toMap(given[0] + 90, given[1] - 40)", under) == pytest.approx(before)
    page.keyboard.press("f")
    page.wait_for_timeout(700)
    assert mapping.ask(page, "pane.camera.zoom") == pytest.approx(1)


def test_images_take_the_place_of_dots_and_never_cover_each_other(page: Page, shown: derived.MapResult) -> None:
    assert mapping.ask(page, "pane.layout.images.length") == 0
    page.mouse.move(*mapping.place(page, mapping.crowded(page)))
    for _ in range(4):
        page.mouse.wheel(0, -220)
    page.wait_for_timeout(1500)
    # Images that were there stay while the map moves, typical or not: what is asked for below is where it stands still.
    mapping.ask(page, "(() => { pane.images.placed = []; pane.redraw(); return 1; })()")
    page.wait_for_timeout(300)
    size, placed = mapping.ask(page, "[pane.layout.size, pane.layout.images.map(({row, x, y}) => [row, x, y])]")
    assert len(placed) >= 8
    for at, (_, x, y) in enumerate(placed):
        for _, other_x, other_y in placed[at + 1 :]:
            assert abs(x - other_x) >= size or abs(y - other_y) >= size
    page.wait_for_function(
        f"() => {{ const m = document.querySelector('{mapping.ROOT}').kindredMap;"
        " return m.panes[0].pane.layout.images.every(({row}) => m.model.pages.bitmap(row)); }",
        timeout=20_000,
    )
    shown_rows = {row for row, _, _ in placed}
    # A typical image in view is there, unless another typical one lies in its way.
    in_view = mapping.ask(
        page,
        """[...m.model.exemplars].filter((row) => { const s = pane.spots.of(row);
        return s.x > 0 && s.y > 0 && s.x < pane.camera.width && s.y < pane.camera.height; })""",
    )
    for row in in_view:
        if row not in shown_rows:
            x, y = mapping.ask(page, "(() => { const s = pane.spots.of(given); return [s.x, s.y]; })()", row)
            assert any(
                abs(x - px) < size + 2 and abs(y - py) < size + 2 and other in in_view for other, px, py in placed
            ), row
    row, x, y = placed[0]
    corner = mapping.box(page)
    page.mouse.move(corner["x"] + x + size / 2 - 3, corner["y"] + y + size / 2 - 3)
    assert hovered(page) == row  # all of an image is the image
    page.keyboard.press("m")
    page.wait_for_timeout(300)
    assert mapping.ask(page, "pane.layout.images.length") == 0
