"""The map in a real browser, as tests read and drive it: through its element's attributes, and with mouse and keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Locator, Page, Route, WebSocketRoute

ROOT = "[data-kindred-map]"
PANE = f"{ROOT} .pane"
# Notes what the page says and what is shown after each change, from now on.
WATCH = """(() => { Object.assign(window, { heard: 0, seen: [] });
    const [said, update] = [m.said.bind(m), m.update.bind(m)];
    m.said = () => { said(); seen.push([m.viewing.colour, m.model.filters.conditions, m.model.selection.size]); };
    m.update = (data) => { window.heard += 1; return update(data); }; })()"""
Point = tuple[float, float]


def opened(page: Page, address: str) -> Locator:
    """Go to a map and wait until all points have been drawn and the page has settled. Returns its element."""
    page.goto(address)
    return drawn(page)


def drawn(page: Page) -> Locator:
    page.locator(f"{ROOT}[data-first-draw-ms]").wait_for(timeout=60_000, state="attached")
    settled(page)
    page.wait_for_function(
        f"() => {{ const m = document.querySelector('{ROOT}').kindredMap;"
        " return m.panes.every(({pane}) => pane.grid && pane.settled && !pane.movement.under && !pane.points.work)"
        " && m.model.pages && (!m.viewing.colour || m.model.column); }",
        timeout=30_000,
    )
    return page.locator(ROOT)


def settled(page: Page) -> None:
    """Wait until Streamlit has drawn the page."""
    page.wait_for_function("() => !document.querySelector('[data-testid=\"stStatusWidget\"]')", timeout=30_000)


def ask(page: Page, script: str, given: Any = None, pane: int = 0) -> Any:
    """Evaluate `script` with `m` (the map), `pane` and `given`."""
    body = f"(given) => {{ const m = document.querySelector('{ROOT}').kindredMap; const pane = m.panes[{pane}].pane;"
    return page.evaluate(f"{body} return {script}; }}", given)


def until(page: Page, script: str) -> None:
    """Wait until `script` holds of `m` (the map)."""
    page.wait_for_function(f"() => {{ const m = document.querySelector('{ROOT}').kindredMap; return {script}; }}")


def place(page: Page, row: int, pane: int = 0) -> Point:
    """Where a row is on the page."""
    script = """(() => { const at = pane.spots.of(given), box = pane.element.getBoundingClientRect();
        return [at.x + box.left, at.y + box.top]; })()"""
    x, y = ask(page, script, row, pane)
    return x, y


def box(page: Page, pane: int = 0) -> dict[str, float]:
    found = page.locator(PANE).nth(pane).bounding_box()
    assert found is not None
    return dict(found)


def tool(page: Page, name: str) -> None:
    page.locator(f"{ROOT} [data-tool={name}]").click()


def drag(page: Page, points: Iterable[Point], held: str = "") -> None:
    """Press at the first point, move through the others, let go. `held` are keys, such as "Shift"."""
    first, *others = points
    if held:
        page.keyboard.down(held)
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
    if held:
        page.keyboard.up(held)


def around(page: Page, row: int, reach: float = 6) -> list[Point]:
    """A small square around a row."""
    x, y = place(page, row)
    return [(x - reach, y - reach), (x + reach, y - reach), (x + reach, y + reach), (x - reach, y + reach)]


def selected(page: Page) -> list[int]:
    """The selected rows."""
    rows: list[int] = ask(page, "m.model.selection.listed()")
    assert page.locator(ROOT).get_attribute("data-selected") == str(len(rows))
    return rows


def await_selected(page: Page, count: int) -> None:
    page.locator(f"{ROOT}[data-selected='{count}']").wait_for(timeout=10_000, state="attached")


def shown(page: Page) -> list[int]:
    """The rows that the filters let pass."""
    rows: list[int] = ask(page, "Array.from(m.model.showing()).flatMap((one, row) => (one ? [row] : []))")
    return rows


def conditions(page: Page) -> list[dict[str, Any]]:
    """The filters in force."""
    found: list[dict[str, Any]] = ask(page, "m.model.filters.conditions")
    return found


def entry(page: Page, name: str) -> Locator:
    """An entry of the legend."""
    return page.locator(
        f"{ROOT} .legend .entry", has=page.locator(".name", has_text=re.compile(f"^{re.escape(name)}$"))
    )


def colour_by(page: Page, title: str) -> None:
    page.get_by_label("Colour by").select_option(label=title)


def path_contains(page: Page, text: str) -> None:
    page.get_by_role("searchbox", name="Path contains").fill(text)


def lone(page: Page) -> list[int]:
    """The rows in view whose points no other covers, so that their pixels are their own."""
    rows: list[int] = ask(
        page,
        """[...pane.grid.order].filter((row) => { const g = pane.grid, at = g.at[row], near = 12 / pane.camera.scale;
        const [x, y] = pane.camera.toScreen(g.xs[at], g.ys[at]);
        if (Math.min(x, y, pane.camera.width - x, pane.camera.height - y) < 20) return false;
        return g.xs.every((x, p) => p === at || Math.hypot(x - g.xs[at], g.ys[p] - g.ys[at]) >= near); })""",
    )
    return rows


def crowded(page: Page, code: int = 0) -> int:
    """The row around which most others lie, within a twelfth of the width; of those with that category, if not 0."""
    row: int = ask(
        page,
        """(() => { const g = pane.grid, c = pane.camera, near = c.width / c.scale / 12, codes = m.model.column.codes;
        const rows = [...g.order.keys()].filter((p) => !given || codes[g.order[p]] === given);
        const others = (p) => rows.filter((q) => Math.hypot(g.xs[p] - g.xs[q], g.ys[p] - g.ys[q]) < near).length;
        return g.order[rows.map((p) => [others(p), p]).sort((a, b) => b[0] - a[0])[0][1]]; })()""",
        code,
    )
    return row


def bare(page: Page) -> Point:
    """A place on the map with no point around it."""
    x, y = ask(
        page,
        """(() => { const g = pane.grid, c = pane.camera, box = pane.element.getBoundingClientRect();
        const at = [...g.xs.keys()].map((p) => c.toScreen(g.xs[p], g.ys[p]));
        const room = ([x, y]) => Math.min(...at.map(([px, py]) => Math.hypot(px - x, py - y)));
        const places = [];
        for (let x = 30; x < c.width - 30; x += 20) for (let y = 30; y < c.height - 30; y += 20) places.push([x, y]);
        const [x, y] = places.sort((one, other) => room(other) - room(one))[0];
        return [x + box.left, y + box.top]; })()""",
    )
    return x, y


def rectangle(page: Page, left: float, right: float) -> None:
    """Draw one around what lies between two shares of the width."""
    size = box(page)
    tool(page, "rectangle")
    x0, x1 = (size["x"] + share * size["width"] for share in (left, right))
    drag(page, [(x0, size["y"] + 4), (x1, size["y"] + size["height"] - 4)])


class Held:
    """The next request for an address: the server answers it now, the browser hears of it when `go` is called."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.found: tuple[Route, APIResponse] | None = None
        page.route(address, self._keep)  # not `times=1`: the last route that ends lets go of all that are held

    def _keep(self, route: Route) -> None:
        if self.found:
            route.continue_()
        else:
            self.found = route, route.fetch()

    def answered(self) -> tuple[Route, APIResponse]:
        """Wait for the request, and for the server's answer to it."""
        for _ in range(1000):
            if self.found:
                return self.found
            self.page.wait_for_timeout(10)
        raise AssertionError("It has not been asked for.")

    def go(self) -> None:
        """Hand the answer over, and wait until the browser has read it."""
        route, answer = self.answered()
        with self.page.expect_event("requestfinished", lambda request: request == route.request):
            route.fulfill(response=answer)
        frames(self.page)


class Late:
    """What Streamlit says to a page, which can be held back. Make it before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.holding = False
        self.ahead = {"page_info_changed"}  # the address, as it does where a script takes its time
        self.kept: list[bytes] = []
        page.route_web_socket(re.compile("/_stcore/stream"), self._connected)

    def _connected(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.connect_to_server().on_message(self._said)

    def _said(self, message: str | bytes) -> None:
        if self.holding and isinstance(message, bytes) and _kind(message) not in self.ahead:
            self.kept.append(message)
        else:
            self.socket.send(message)

    def run(self, said: str) -> list[bytes]:
        """Wait until a run of the script that says so has ended, and return what the page has not heard until then."""
        for _ in range(1000):
            at = next((at for at, message in enumerate(self.kept) if said.encode() in message), len(self.kept))
            if any(_kind(message) == "script_finished" for message in self.kept[at:]):
                kept, self.kept = self.kept, []
                return kept
            self.page.wait_for_timeout(10)
        raise AssertionError("The script did not run.")

    def undone(self) -> list[bytes]:
        """Select, and undo that before the page has heard of it. Returns the word that it has not heard."""
        self.holding = True
        rectangle(self.page, 0.02, 0.5)
        until(self.page, "m.choosing.own")
        older = self.run(ask(self.page, "m.choosing.own"))
        self.page.keyboard.press("z")
        await_selected(self.page, 0)
        return older

    def say(self, messages: list[bytes]) -> None:
        for message in messages:
            self.socket.send(message)

    def meanwhile(self, word: list[bytes]) -> list[Any]:
        """Say an older word, and then all that came since. Returns what the map shows change by change: its colour,
        filters and number of selected images.
        """
        ask(self.page, WATCH)
        self.say(word)
        self.page.wait_for_function("() => window.heard")
        self.holding = False
        self.say(self.kept)
        repeated(self.page)
        seen: list[Any] = self.page.evaluate("() => window.seen")
        return seen


def _kind(message: bytes) -> str | None:
    """What a message of Streamlit's is about."""
    kind: str | None = ForwardMsg.FromString(message).WhichOneof("type")
    return kind


def repeated(page: Page) -> None:
    """Wait until the page shows what the map has told it last."""
    said = "[m.data.colour, m.data.filter, m.data.selection]"
    shown = "[m.viewing.colour, m.model.filters.conditions, m.choosing.own]"
    until(page, f"m.viewing.telling === null && JSON.stringify({said}) === JSON.stringify({shown})")
    settled(page)
    frames(page)


def frames(page: Page) -> None:
    """Wait until what is under way has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
