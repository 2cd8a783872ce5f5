"""More than a screen holds: a thousand classes, and 20,000 points, most of them selected or all in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.synthetic import workspace as synthetic
from embedding_core import derived
from embedding_core.fingerprint import fingerprint
from embedding_core.workspace import Workspace
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

IMAGES = 20_000
CLASSES = 1_000
FAR = 40  # images away from the crowd


@pytest.fixture(scope="module")
def many(app: RunningApp) -> str:
    """The name of a dataset of 20,000 drawings in a thousand classes, of which class 0 is the largest."""
    workspace = Workspace.open(str(app.workspace))
    dataset = synthetic.write(workspace, IMAGES)
    random = np.random.default_rng(0)
    codes = np.minimum(random.geometric(0.004, IMAGES) - 1, CLASSES - 1)
    codes[:CLASSES] = np.arange(CLASSES)
    ids = dataset.attributes()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[f"species {code:04}" for code in codes.tolist()])
    return dataset.name


def test_the_legend_holds_a_thousand_classes_and_draws_those_that_are_seen(
    page: Page, app: RunningApp, many: str
) -> None:
    mapping.opened(page, f"{app.url}/map?dataset={many}&colour=label")
    assert mapping.ask(page, "m.model.column.names.length") == CLASSES
    entries = page.locator(".kindred-map .legend .entry")
    assert entries.count() < 60
    sheet = page.locator(".kindred-map .legend .sheet")
    sheet.evaluate("one => one.scrollTo(0, one.scrollHeight)")
    last = mapping.ask(page, "m.model.column.names.at(-1)")
    entries.filter(has_text=last).wait_for()
    page.get_by_role("searchbox", name="Search in Label").fill("0777")
    entries.filter(has_text="species 0777").click()
    count = mapping.ask(page, "m.model.shownCount")
    codes = np.array(mapping.ask(page, "[...m.model.column.codes]"))
    assert count == int((codes == mapping.ask(page, "m.model.column.names.indexOf('species 0777') + 1")).sum())
    # Whoever comes back finds each class in the colour that it had.
    colour = mapping.ask(page, "m.model.colourOf([...m.model.column.codes].indexOf(given))", int(codes[0]))
    page.get_by_role("button", name="Show all").click()
    assert mapping.ask(page, "m.model.colourOf([...m.model.column.codes].indexOf(given))", int(codes[0])) == colour


def test_a_large_selection_reaches_the_server_as_bits_and_comes_back(page: Page, app: RunningApp, many: str) -> None:
    sizes: list[int] = []
    page.on(
        "request",
        lambda request: (
            sizes.append(len(request.post_data_buffer or b""))
            if request.method == "POST" and "/map/" in request.url
            else None
        ),
    )
    mapping.opened(page, f"{app.url}/map?dataset={many}")
    size = mapping.box(page)
    mapping.tool(page, "rectangle")
    mapping.drag(
        page, [(size["x"] + 4, size["y"] + 4), (size["x"] + size["width"] - 4, size["y"] + size["height"] - 4)]
    )
    page.get_by_text("images selected").first.wait_for(timeout=30_000)
    rows = mapping.selected(page)
    assert len(rows) == IMAGES
    assert sizes == [IMAGES // 8]
    page.reload()
    mapping.drawn(page)
    mapping.await_selected(page, IMAGES)


@pytest.fixture(scope="module")
def crowded(app: RunningApp, many: str) -> str:
    """A map of the same images, of which all but a few lie within a thousandth of its width."""
    workspace = Workspace.open(str(app.workspace))
    dataset = workspace.dataset(many)
    (stored,) = derived.maps(workspace, dataset, dataset.embedding(dataset.encodings()[0].card.id))
    known = workspace.results.get(stored.fingerprint)
    assert known is not None
    random = np.random.default_rng(1)
    points = random.uniform(0.3, 0.301, (IMAGES, 2)).astype(np.float32)
    points[:FAR] = random.uniform(0, 1, (FAR, 2))
    crowd = fingerprint("map of a crowd", 1, known.fingerprint)
    workspace.results.put(
        crowd,
        kind="map",
        dataset=dataset.uuid,
        parent=known.parent,
        arrays={**known.arrays, "points": points},
        parameters=known.parameters,
        seconds=0,
    )
    return crowd[:12]


def test_where_many_lie_in_one_place_one_can_go_in_until_they_are_images(
    page: Page, app: RunningApp, many: str, crowded: str
) -> None:
    mapping.opened(page, f"{app.url}/map?dataset={many}&map={crowded}")
    counts = """given.map((more) => { const [x0, y0, x1, y1] = pane.camera.seen(more), { xs, ys } = pane.grid;
        const within = xs.filter((x, p) => x >= x0 && x <= x1 && ys[p] >= y0 && ys[p] <= y1);
        return [pane.grid.count(x0, y0, x1, y1), within.length]; })"""
    row, found = IMAGES // 2, []
    assert mapping.ask(page, "pane.layout.images.length") == 0
    while not mapping.ask(page, "pane.layout.images.length"):
        assert mapping.ask(page, "pane.camera.zoom") < 40_000, "images come before one cannot go in any further"
        page.mouse.move(*mapping.place(page, row))
        page.mouse.wheel(0, -600)
        mapping.drawn(page)
        found += mapping.ask(page, counts, [-0.4, -0.2, 0, 0.5, 3])
    assert all(counted == there for counted, there in found), found
    assert len({there for _, there in found}) > 10, "also of a part of the crowd"
    inside = mapping.ask(page, "pane.layout.images.map(({ row }) => row)")
    assert len(inside) > 5
    assert min(inside) >= FAR
