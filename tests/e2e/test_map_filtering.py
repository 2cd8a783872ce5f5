"""Legend, histograms and filters beside the map: counts that follow, chips, and one filter for all pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.e2e


@pytest.fixture
def address(app: RunningApp, sample: Dataset) -> str:
    return f"{app.url}/map?dataset=sample"


def entry(page: Page, name: str) -> Locator:
    return page.locator(".kindred-map .legend .entry", has=page.locator(".name", has_text=re.compile(f"^{name}$")))


def shown(page: Page) -> list[int]:
    rows: list[int] = mapping.ask(page, "Array.from(m.model.showing()).flatMap((one, row) => (one ? [row] : []))")
    return rows


def test_the_legend_lists_every_class_by_size_or_by_name_and_finds_them(
    page: Page, sample: Dataset, address: str
) -> None:
    mapping.opened(page, address)
    labels = [row["label"] for row in sample.attributes().to_pylist()]
    counts = {label: labels.count(label) for label in set(labels)}
    listed = mapping.ask(page, "m.panel.main.codes.map((code) => m.model.column.names[code - 1])")
    assert listed == sorted(counts, key=lambda label: (-counts[label], label))
    assert entry(page, "face").locator(".count").inner_text() == str(counts["face"])
    page.get_by_role("button", name="Sorted by size").click()
    listed = mapping.ask(page, "m.panel.main.codes.map((code) => m.model.column.names[code - 1])")
    assert listed == sorted(counts)
    page.get_by_role("searchbox", name="Search in Label").fill("VEH")
    assert page.locator(".kindred-map .legend .entry .name").all_inner_texts() == ["road-vehicle"]


def test_a_click_shows_one_class_shift_more_and_ctrl_hides(page: Page, sample: Dataset, address: str) -> None:
    mapping.opened(page, address)
    rows = mapping.ask(page, "[...m.model.column.codes]")
    names = mapping.ask(page, "m.model.column.names")
    of = {name: {row for row, code in enumerate(rows) if code == at + 1} for at, name in enumerate(names)}
    entry(page, "face").click()
    assert set(shown(page)) == of["face"]
    assert mapping.ask(page, "m.model.colourOf(given)", min(of["face"])) == mapping.ask(
        page, "m.model.palette.category(0)"
    )
    entry(page, "mammal").click(modifiers=["Shift"])
    assert set(shown(page)) == of["face"] | of["mammal"]
    page.wait_for_url(lambda url: "label=face|mammal" in unquote(url), timeout=30_000)
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == 711
    entry(page, "dish").click(modifiers=["ControlOrMeta"])
    assert set(range(711)) - set(shown(page)) == of["dish"]
    page.wait_for_url(lambda url: "label!=dish" in unquote(url), timeout=30_000)
    entry(page, "face").click()
    entry(page, "face").click()
    assert len(shown(page)) == 711  # the second click takes the first one back


def test_counts_and_histograms_follow_the_filters_of_other_columns(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.locator(".kindred-map details", has_text="Trust").locator("summary").click()
    histogram = page.locator(".kindred-map .others .histogram")
    histogram.wait_for()
    before = mapping.ask(page, "[...m.panel.main.counts]")
    box = histogram.bounding_box()
    assert box
    y = box["y"] + 30
    mapping.drag(page, [(box["x"] + box["width"] * 0.5, y), (box["x"] + box["width"] * 0.9, y)])
    trust = np.array(mapping.ask(page, "[...m.model.columns.there.get('trust').values]"), dtype=np.float32)
    condition = mapping.ask(page, "m.model.filters.condition('trust')")
    assert 0.4 < condition["low"] < 0.6
    assert 0.8 < condition["high"] < 1
    passes = (trust >= condition["low"]) & (trust <= condition["high"])
    assert np.array_equal(np.flatnonzero(passes), shown(page))
    after = mapping.ask(page, "[...m.panel.main.counts]")
    codes = np.array(mapping.ask(page, "[...m.model.column.codes]"))
    assert after == np.bincount(codes[passes], minlength=len(before)).tolist()
    assert sum(after) < sum(before)
    # Its own histogram keeps what the brush leaves out: one sees what it would bring back.
    assert mapping.ask(page, "[...m.panel.facets.get('trust').heights].reduce((a, b) => a + b)") == len(trust)
    entry(page, "face").click()
    faces = mapping.ask(page, "[...m.panel.facets.get('trust').heights].reduce((a, b) => a + b)")
    assert faces == int((codes == 1).sum())
    page.locator(".kindred-map .chip", has_text="Trust").get_by_role("button").click()
    assert np.array_equal(np.flatnonzero(codes == 1), shown(page))


def test_numbers_as_colours_have_a_scale_and_its_brush_filters(page: Page, address: str) -> None:
    mapping.opened(page, f"{address}&colour=trust")
    low, high = (page.get_by_role("spinbutton", name=f"Trust, {end}") for end in ("from", "to"))
    panel = page.locator(".kindred-map .side").bounding_box()
    ends = [end.bounding_box() for end in (low, high)]
    assert panel
    assert all(end and end["width"] > 60 and end["x"] + end["width"] <= panel["x"] + panel["width"] for end in ends)
    low.fill("0.5")
    low.press("Enter")
    trust = np.array(mapping.ask(page, "[...m.model.column.values]"), dtype=np.float32)
    assert np.array_equal(np.flatnonzero(trust >= 0.5), shown(page))
    most, least = int(np.nanargmax(trust)), int(np.nanargmin(trust))
    colours = mapping.ask(page, "given.map((row) => m.model.colourOf(row))", [most, least])
    scale = "given.map((value) => m.model.palette.number(Math.round(value * 254) / 254))"
    assert colours == mapping.ask(page, scale, [float(trust[most]), float(trust[least])])
    assert colours[0] != colours[1]


def test_a_text_in_the_path_is_found_by_the_server(page: Page, app: RunningApp, sample: Dataset, address: str) -> None:
    mapping.opened(page, address)
    page.get_by_role("searchbox", name="Path contains").fill("CaT")
    page.locator(".kindred-map .chip", has_text="Path contains").wait_for()
    workspace = Workspace.open(str(app.workspace))
    maps = derived.maps(workspace, sample, sample.embedding("efficientnet-lite0"))
    drawn = derived.read_map(workspace, maps[0].fingerprint)
    assert drawn is not None
    paths = sample.paths()
    expected = [row for row, image in enumerate(drawn.ids.tolist()) if "cat" in paths[image].lower()]
    assert expected
    assert shown(page) == expected


def test_a_filter_is_in_the_link_and_goes_along_to_every_page(page: Page, address: str) -> None:
    mapping.opened(page, address)
    entry(page, "face").click()
    page.wait_for_url(lambda url: "filter=" in url, timeout=30_000)
    for name, said in (("Data", "115 of 711 images"), ("Clusters", "115 of 711 images")):
        page.get_by_role("link", name=name).click()
        page.get_by_text(said).first.wait_for(timeout=60_000)
        assert "filter=" in page.url
    page.get_by_role("link", name="Map").click()
    mapping.drawn(page)
    assert len(shown(page)) == 115
    elsewhere = page.context.browser.new_context(viewport={"width": 1440, "height": 900})  # type: ignore[union-attr]
    try:
        cold = elsewhere.new_page()
        mapping.opened(cold, page.url)
        cold.locator(".kindred-map .chip", has_text="Label is face").wait_for(timeout=30_000)
        assert len(shown(cold)) == 115
    finally:
        elsewhere.close()


def test_what_a_filter_leaves_out_can_neither_be_hovered_nor_selected(page: Page, address: str) -> None:
    mapping.opened(page, address)
    entry(page, "face").click()
    faces = set(shown(page))
    size = mapping.box(page)
    mapping.tool(page, "rectangle")
    mapping.drag(
        page, [(size["x"] + 3, size["y"] + 3), (size["x"] + size["width"] - 3, size["y"] + size["height"] - 3)]
    )
    assert set(mapping.selected(page)) == faces
    page.get_by_role("button", name="Hide the rest").click()
    assert set(mapping.ask(page, "[...pane.points.stated]")) == {0, 3}  # hidden, or selected
    page.get_by_role("button", name="Show the rest faintly").click()
    assert set(mapping.ask(page, "[...pane.points.stated]")) == {1, 3}
    other = next(row for row in range(711) if row not in faces)
    x, y = mapping.place(page, other)
    page.mouse.move(x, y)
    assert int(page.locator(mapping.ROOT).get_attribute("data-hover") or -1) in {-1, *faces}
