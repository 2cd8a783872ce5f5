"""60,000 images through the whole app by the browser: dropped, embedded, mapped, grouped, searched, lassoed.

`python -m benchmarks.journey --encoder pixels` takes another encoder, `--file` another table or archive, and writes
nothing. Times are those of a visitor: from the drop, from a click, from letting go of the lasso.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.report import Headline, Report, Table, data
from benchmarks.surroundings import quick
from embedding_core.encoders import registry
from embedding_core.workspace import Workspace
from tests import browser as chromium
from tests.running import RunningApp, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

    from embedding_core.workspace import Dataset

FILE = "cifar10.parquet"
MAP = "[data-kindred-map]"
SEARCHES = 7
LOOK = 500  # milliseconds between two looks at what is there
PATIENCE = 3600  # seconds that everything may take
MB = 2**20

_CLOCK = "document.addEventListener('click', () => { window.clicked = performance.now(); }, true)"
# The gallery is in a shadow tree.
_SHOWN = """const inside = (root) => [...root.querySelectorAll('*')].flatMap(
    (one) => one.shadowRoot ? inside(one.shadowRoot) : one.localName === 'img' ? [one.src] : []);
const shown = () => [...document.querySelectorAll('.st-key-similar_results')].flatMap(inside).join();"""
_NEXT = """new Promise((found) => { const look = () => { const now = shown();
    if (now && now !== before) found(performance.now() - window.clicked); else requestAnimationFrame(look);
}; look(); })"""


@dataclass
class Journey:
    """What was measured, by what it is called: seconds, milliseconds, MB or a count, as the name says."""

    figures: dict[str, float] = field(default_factory=dict)
    peak_server: float = 0.0  # MB
    peak_workers: float = 0.0

    def add(self, name: str, figure: float) -> None:
        self.figures.setdefault(name, round(figure, 3))

    def weigh(self, pid: int) -> tuple[float, float]:
        """MB of the server, and of its workers together."""
        process = psutil.Process(pid)
        server, workers = process.memory_info().rss / MB, 0.0
        for child in process.children(recursive=True):
            try:
                workers += child.memory_info().rss / MB
            except psutil.NoSuchProcess:  # it has ended just now
                continue
        self.peak_server, self.peak_workers = max(self.peak_server, server), max(self.peak_workers, workers)
        return server, workers


def run() -> Report:
    """The whole way of CIFAR-10, with pixels under `--quick`. Raises `TimeoutError` after an hour."""
    dropped, encoder = data(FILE), "pixels" if quick() else registry.DEFAULT
    if dropped is None:
        print(f"  {FILE}: not there (set KINDRED_BENCH_DATA), left out")
        return Report([])
    return reported(drive(encoder, dropped), dropped, encoder)


def _dropped(file: Path | None) -> Path:
    found = file or data(FILE)
    if found is None or not found.exists():
        raise FileNotFoundError(f"{file or FILE} is not here. Set KINDRED_BENCH_DATA to the folder that has {FILE}.")
    return found


def reported(journey: Journey, dropped: Path, encoder: str) -> Report:
    table = Table(f"{dropped.name} through the app by the browser, with {encoder}", ("figure", "measured"))
    for name, figure in journey.figures.items():
        table.add(name, f"{figure:,.0f}" if figure >= 100 or figure == int(figure) else f"{figure:.1f}")
    found = journey.figures
    figures = (
        f"first map {found['imported, embedded, first map, s']:,.0f} s",
        f"UMAP {found['map that shows groups, s']:,.0f} s",
        f"groups {found['clusters, s']:,.0f} s",
        f"lasso {found['lasso to the images marked, ms']:,.0f} ms",
        f"search {found['search by known neighbours, ms']:,.0f} ms",
        f"server {found['server at its most, MB']:,.0f} MB",
    )
    what = f"{dropped.name}, {found['images']:,.0f} images, dropped in the browser with {encoder}"
    return Report([table], headlines=[Headline(what, {}, figures)])


def drive(encoder: str, dropped: Path) -> Journey:
    from playwright.sync_api import sync_playwright

    journey, found = Journey(), chromium.find()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=chromium.ARGUMENTS)
        with running_app(Path(folder) / "workspace") as app:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(app.url)
            page.locator(".zone .headline:not(:empty)").wait_for(timeout=60_000)
            journey.add("idle server, MB", journey.weigh(app.pid)[0])
            begun = time.perf_counter()
            _drop(page, dropped, encoder)
            dataset = _arrive(page, app, journey, begun, encoder)
            _first_map(page, journey, begun)
            _await_groups(app, dataset, journey, begun)
            _lasso(page, journey)
            _pages(browser, app, dataset, journey)
            for title, metric in (("known neighbours", "cosine"), ("the worker", "euclidean")):
                _search(page, app, dataset, journey, title, metric)
            server, workers = journey.weigh(app.pid)
            journey.add("server at the end, MB", server)
            journey.add("workers at the end, MB", workers)
            journey.add("server at its most, MB", journey.peak_server)
            journey.add("workers at their most, MB", journey.peak_workers)
        browser.close()
    return journey


def _drop(page: Page, dropped: Path, encoder: str) -> None:
    """As a visitor chooses the file, and another encoder among the options, where that takes longer than the upload."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    if encoder != registry.DEFAULT:
        _upload_at(network, 50_000)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(dropped)
    if encoder != registry.DEFAULT:
        page.locator(".zone .name input").focus()  # which holds the upload back, once it is there
        page.locator(".zone .options summary").click()
        page.locator(".zone .encoders").select_option(encoder)
        _upload_at(network, -1)
        page.locator(".zone .create").click()


def _upload_at(network: CDPSession, bytes_a_second: int) -> None:
    wanted = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    network.send("Network.emulateNetworkConditions", wanted)


def _arrive(page: Page, app: RunningApp, journey: Journey, begun: float, encoder: str) -> Dataset:
    """Wait until the page goes on to the map by itself, and note when each thing was there."""
    workspace = Workspace.open(str(app.workspace))
    on_map = re.compile(r"/map\b")
    while not on_map.search(page.url):
        seconds = time.perf_counter() - begun
        if seconds > PATIENCE:
            raise TimeoutError(f"No map came within {PATIENCE} s. The server says: {app.log.read_text()[-2000:]}")
        _note(workspace, journey, seconds, encoder)
        journey.weigh(app.pid)
        page.wait_for_timeout(LOOK)
    _note(workspace, journey, time.perf_counter() - begun, encoder, ended=True)
    return workspace.datasets()[0]


def _note(workspace: Workspace, journey: Journey, seconds: float, encoder: str, *, ended: bool = False) -> None:
    """When images, vectors and maps were there; the first map is there when all images are."""
    dataset = next(iter(workspace.datasets()), None)
    if dataset is None:
        return
    vectors = {one.card.id: one.count for one in dataset.encodings()}
    maps = workspace.results.find(dataset.uuid, "map")
    if maps or ended:
        journey.add("images", dataset.count)
        journey.add("images refused", dataset.left_out)
        journey.add("imported, embedded, first map, s", seconds)
    if any(one.parameters["method"] != "pca" for one in maps):
        journey.add("map that shows groups, s", seconds)
    if ended:
        journey.add("images with a vector", vectors.get(encoder, 0))


def _first_map(page: Page, journey: Journey, begun: float) -> None:
    page.locator(f"{MAP}[data-first-draw-ms]").wait_for(timeout=120_000, state="attached")
    journey.add("map on the screen, s", time.perf_counter() - begun)
    page.wait_for_timeout(3_000)


def _await_groups(app: RunningApp, dataset: Dataset, journey: Journey, begun: float) -> None:
    """They follow the map."""
    results = Workspace.open(str(app.workspace)).results
    while not results.find(dataset.uuid, "clusters") and time.perf_counter() - begun < PATIENCE:
        journey.weigh(app.pid)
        time.sleep(LOOK / 1e3)
    journey.add("clusters, s", time.perf_counter() - begun)


def _lasso(page: Page, journey: Journey) -> None:
    """Around the middle of the map, with the hand that draws it; from letting go to what follows."""
    box = page.locator(f"{MAP} .pane").first.bounding_box()
    if box is None:
        raise RuntimeError("The map is not on the screen.")
    page.locator(f"{MAP} [data-tool=lasso]").click()
    left, right = box["x"] + 0.25 * box["width"], box["x"] + 0.75 * box["width"]
    top, bottom = box["y"] + 0.25 * box["height"], box["y"] + 0.75 * box["height"]
    page.mouse.move(left, top)
    page.mouse.down()
    for at in ((right, top), (right, bottom), (left, bottom), (left, top + 2)):
        page.mouse.move(*at, steps=12)
    page.mouse.up()
    begun = time.perf_counter()
    chosen = page.locator(f"{MAP}:not([data-selected='0'])")
    chosen.wait_for(timeout=60_000, state="attached")
    journey.add("lasso to the images marked, ms", 1e3 * (time.perf_counter() - begun))
    page.locator(".st-key-map_picked").get_by_text(re.compile("selected")).first.wait_for(timeout=60_000)
    journey.add("lasso to the images beside the map, ms", 1e3 * (time.perf_counter() - begun))
    journey.add("images in the lasso", float(chosen.get_attribute("data-selected") or 0))


def _pages(browser: Browser, app: RunningApp, dataset: Dataset, journey: Journey) -> None:
    """Each page as a link opens it for a new visitor, with filters that about half of the images pass."""
    half = sorted(name for name in dataset.attributes()["label"].unique().to_pylist() if name is not None)
    wanted = f"&filter=label%3D{'|'.join(half[: len(half) // 2])}" if len(half) > 1 else ""
    for name, there in (
        ("map", f"{MAP}[data-first-draw-ms]"),
        ("similar", ".st-key-similar_first"),
        ("clusters", ".st-key-clusters_cards .card"),
        ("data", ".st-key-data_grid"),
    ):
        visitor = browser.new_context(viewport={"width": 1440, "height": 900})
        page = visitor.new_page()
        begun = time.perf_counter()
        page.goto(f"{app.url}/{name}?dataset={dataset.name}{wanted}")
        page.locator(there).first.wait_for(timeout=120_000, state="attached")
        journey.add(f"link to {name}, filtered, s", time.perf_counter() - begun)
        journey.weigh(app.pid)
        visitor.close()


def _search(page: Page, app: RunningApp, dataset: Dataset, journey: Journey, title: str, metric: str) -> None:
    """From the click on one result to the look-alikes of that, in the median."""
    ids = dataset.images()["id"].to_pylist()
    page.goto(f"{app.url}/similar?dataset={dataset.name}&like={ids[len(ids) // 2]}&similar_metric={metric}")
    images = page.locator(".st-key-similar_results img")
    images.nth(3).wait_for(timeout=120_000)
    page.evaluate(_CLOCK)
    times = []
    for number in range(SEARCHES):
        page.wait_for_timeout(700)
        before = page.evaluate(f"() => {{ {_SHOWN} return shown(); }}")
        images.nth(number % 3 + 2).click()
        times.append(page.evaluate(f"(before) => {{ {_SHOWN} return {_NEXT}; }}", before))
    journey.add(f"search by {title}, ms", statistics.median(times))


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.journey", description=__doc__)
    asked.add_argument("--encoder", default=registry.DEFAULT, choices=list(registry.CARDS))
    asked.add_argument("--file", type=Path, help=f"default: {FILE} in KINDRED_BENCH_DATA")
    given = asked.parse_args()
    dropped = _dropped(given.file)
    print(reported(drive(given.encoder, dropped), dropped, given.encoder).markdown())


if __name__ == "__main__":
    main()
