"""What the map draws: colours where they belong, from data that came once, and only when something changes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding_core.workspace import Dataset
from pages.parts import charts, palette
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

pytestmark = pytest.mark.e2e


@pytest.fixture
def address(app: RunningApp, sample: Dataset) -> str:
    return f"{app.url}/map?dataset=sample"


def pixel(page: Page, at: mapping.Point) -> tuple[int, int, int]:
    """What the screen shows there."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    red, green, blue = picture.getpixel((round(at[0]), round(at[1])))  # type: ignore[misc]
    return red, green, blue


def steady(page: Page, at: mapping.Point) -> tuple[int, int, int]:
    """What the screen shows there once nothing moves any more."""
    before = pixel(page, at)
    while True:
        page.wait_for_timeout(300)
        now = pixel(page, at)
        if now == before:
            return now
        before = now


def test_points_have_the_colour_of_their_class_where_they_are(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.keyboard.press("n")  # no names over the points
    mapping.frames(page)
    # Points that no other covers, so that their pixels are their own.
    script = """(() => { const g = pane.grid, near = 8 / pane.camera.scale;
        const far = (p, at) => Math.hypot(g.xs[p] - g.xs[at], g.ys[p] - g.ys[at]);
        return [...g.at].flatMap((at, row) => g.xs.some((_, p) => p !== at && far(p, at) < near) ? [] : [row]); })()"""
    alone = mapping.ask(page, script)
    assert len(alone) >= 3
    for row in alone[:8]:
        code, colour, opacity = mapping.ask(
            page, "[m.model.column.codes[given], m.model.colourOf(given), pane.style.opacity]", row
        )
        assert colour == [
            int(palette.category(code - 1, charts.LIGHT.palette, "light")[i : i + 2], 16) for i in (1, 3, 5)
        ]
        expected = np.array(colour) * opacity + 255 * (1 - opacity)
        assert np.abs(np.array(pixel(page, mapping.place(page, row))) - expected).max() < 12, row


def test_who_comes_back_finds_the_map_drawn_on_the_same_canvas(page: Page, address: str) -> None:
    """To make a context takes a tenth of a second, and a browser allows some sixteen."""
    mapping.opened(page, address)
    mapping.ask(page, "(pane.gl.marked = true)")
    for _ in range(3):
        page.get_by_role("link", name="Encoders").first.click()
        page.locator("[data-kindred-map]").wait_for(state="detached")
        page.get_by_role("link", name="Map").first.click()
        mapping.drawn(page)
    assert mapping.ask(page, "[pane.gl.marked, pane.gl.getError()]") == [True, 0]
    page.keyboard.press("n")
    mapping.frames(page)
    colours = {pixel(page, mapping.place(page, row)) for row in range(0, 700, 100)}
    assert len(colours) > 3


def test_a_map_comes_again_after_its_context_was_lost(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.keyboard.press("n")
    mapping.frames(page)
    places = [mapping.place(page, row) for row in range(0, 700, 100)]
    before = [pixel(page, at) for at in places]
    mapping.ask(page, "((window.taken = pane.gl.getExtension('WEBGL_lose_context')), taken.loseContext())")
    page.get_by_text("The graphics card took its memory back.").wait_for()
    page.evaluate("taken.restoreContext()")
    page.get_by_text("The graphics card took its memory back.").wait_for(state="hidden")
    mapping.drawn(page)
    mapping.frames(page)
    assert [pixel(page, at) for at in places] == before
    assert len(set(before)) > 3


def test_browser_and_charts_colour_a_thousand_classes_alike_and_all_differently(page: Page, address: str) -> None:
    mapping.opened(page, address)
    drawn = mapping.ask(page, "Array.from({length: 1000}, (_, k) => m.model.palette.category(k))")
    made = [palette.category(k, charts.LIGHT.palette, "light") for k in range(1000)]
    assert [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in drawn] == made
    assert len(set(made)) == 1000


def test_points_come_once_and_a_rerun_brings_none(page: Page, address: str) -> None:
    asked: list[str] = []
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if "/points/" in request.url or "/column/" in request.url:
            asked.append(request.url)
        if not request.url.startswith((address.removesuffix("/map?dataset=sample"), "data:", "blob:")):
            elsewhere.append(request.url)

    page.on("request", note)
    mapping.opened(page, address)
    assert sum("/points/" in url for url in asked) == 1
    assert len(asked) == len(set(asked))
    page.get_by_label("Colour by").select_option(label="Trust")
    page.wait_for_url(lambda url: "colour=trust" in url, timeout=30_000)
    mapping.settled(page)
    page.get_by_label("Colour by").select_option(label="Label")
    page.wait_for_url(lambda url: "colour=label" in url, timeout=30_000)
    mapping.settled(page)
    assert sum("/points/" in url for url in asked) == 1
    assert len(asked) == len(set(asked)), "a column that came is kept"
    assert not elsewhere


def test_what_names_its_content_is_kept_by_the_browser(page: Page, address: str) -> None:
    mapping.opened(page, address)
    answers = []
    page.on("response", lambda answer: answers.append(answer) if "/points/" in answer.url else None)
    mapping.opened(page, address)
    for answer in answers:
        assert answer.from_service_worker is False
        assert "immutable" in (answer.header_value("cache-control") or "")
        assert answer.header_value("etag")


def test_nothing_is_drawn_while_nothing_changes(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.wait_for_timeout(1500)
    count = """new Promise((done) => { let frames = 0; const draw = pane.points.frame.bind(pane.points);
        pane.points.frame = (...given) => { frames += 1; return draw(...given); };
        setTimeout(() => { pane.points.frame = draw; done(frames); }, 1500); })"""
    assert mapping.ask(page, count) == 0


def test_a_lost_context_comes_back(page: Page, address: str) -> None:
    mapping.opened(page, address)
    row = 100
    page.keyboard.press("n")
    mapping.frames(page)
    before = steady(page, mapping.place(page, row))
    assert before != (255, 255, 255)
    mapping.ask(page, "(window.lost = pane.gl.getExtension('WEBGL_lose_context')).loseContext()")
    page.get_by_text("The graphics card took its memory back").wait_for()
    page.evaluate("() => window.lost.restoreContext()")
    page.get_by_text("The graphics card took its memory back").wait_for(state="hidden")
    mapping.frames(page)
    assert steady(page, mapping.place(page, row)) == before


def test_a_browser_without_webgl2_is_told(browser: Browser, address: str) -> None:
    visitor = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = visitor.new_page()
        page.add_init_script(
            "const get = HTMLCanvasElement.prototype.getContext;"
            "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
            " return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };"
        )
        page.goto(address)
        page.get_by_text("This browser has no WebGL2").wait_for(timeout=60_000)
        page.get_by_role("link", name="Data").click()
        page.get_by_text("711 images", exact=True).wait_for(timeout=30_000)  # the rest works
    finally:
        visitor.close()


def test_contours_lie_around_the_points(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.keyboard.press("n")
    page.wait_for_timeout(400)
    size = mapping.box(page)
    clip = {"x": size["x"], "y": size["y"], "width": size["width"], "height": size["height"]}
    before = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L"), dtype=int)  # type: ignore[arg-type]
    page.keyboard.press("d")
    page.wait_for_timeout(800)
    after = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L"), dtype=int)  # type: ignore[arg-type]
    lines = np.abs(after - before) > 20
    assert 0.005 < lines.mean() < 0.3
    edges = (slice(0, 12), slice(-12, None))
    assert not any(lines[rows, columns].any() for rows in edges for columns in edges)


def test_names_on_the_map_do_not_cover_each_other_and_grow_more(page: Page, address: str) -> None:
    mapping.opened(page, address)
    script = """(() => { const c = pane.scene; return pane.named.map(({x, y, said, size}) => {
        c.font = `600 ${size}px ${m.model.colours.font}`; const w = c.measureText(said).width;
        return [x - w / 2, y - size / 2, x + w / 2, y + size / 2, said]; }); })()"""
    names = mapping.ask(page, script)
    assert len(names) >= 8
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            apart = one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
            assert apart, (one[4], other[4])
    everywhere = {name[4] for name in names}
    missing = mapping.ask(page, "m.model.column.names.filter((name) => !given.includes(name))", sorted(everywhere))
    assert missing, "else there is nothing to come"
    code = mapping.ask(page, "m.model.column.names.indexOf(given) + 1", missing[0])
    page.keyboard.press("m")  # no images: names alone
    mapping.ask(
        page,
        """(() => { const g = pane.grid, p = g.at[given];
        pane.camera.set({ x: g.xs[p], y: g.ys[p], scale: pane.camera.scale * 6 }); pane.moved(); })()""",
        mapping.crowded(page, code),
    )
    page.wait_for_timeout(800)
    assert missing[0] in {name[4] for name in mapping.ask(page, script)}
