"""The drop zone in a real browser: folders, archives, broken connections, reloads, limits, keys and memory."""

from __future__ import annotations

import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from embedding_core import places
from embedding_core.workspace import Dataset, Workspace
from tests.running import RunningApp, running_app
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, FileChooser, Locator, Page

pytestmark = pytest.mark.e2e

MB = 10**6
SLOW = 2_000  # bytes a second: time to touch the form before some small files have all arrived


@pytest.fixture
def zone(page: Page) -> Page:
    ready(page)
    return page


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three folders with four images each, and things that no one wants."""
    folder = tmp_path / "My photos"
    for label in ("bird", "boat", "fruit"):
        (folder / label).mkdir(parents=True)
        for image in sorted((places.SAMPLE / label).glob("*.webp"))[:4]:
            shutil.copy(image, folder / label)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "thumb.webp").write_bytes(b"x")
    for name in (".DS_Store", "Thumbs.db"):
        (folder / "boat" / name).write_bytes(b"x")
    return folder


def ready(page: Page) -> None:
    """Wait until the zone's script runs: its headline is the script's."""
    page.locator(".zone .headline:not(:empty)").wait_for()


def arrived(app: RunningApp, name: str, count: int, seconds: float = 90) -> Dataset:
    """The dataset, once it holds that many images."""
    workspace = Workspace.open(str(app.workspace))

    def there() -> Dataset | None:
        return next((one for one in workspace.datasets() if one.name == name and one.count == count), None)

    until(there, seconds, f"{count} images in {name!r}")
    found = there()
    assert found is not None
    return found


def drop(page: Page, *paths: Path) -> None:
    """Drag files or folders from the desktop and let them go over the zone."""
    box = page.locator(".zone").bounding_box()
    assert box is not None
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 40}
    what = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **where, "data": what})


Network = Callable[..., None]


@pytest.fixture
def network(page: Page) -> Network:
    """Slows this visitor's connection down, or cuts it. One session sets all: a second one would not undo the first."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")

    def conditions(*, offline: bool = False, bytes_per_second: float = -1) -> None:
        wanted = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        devtools.send("Network.emulateNetworkConditions", wanted)

    return conditions


def button(page: Page, name: str) -> Locator:
    """A button of the drop zone: running jobs have a Cancel of their own."""
    return page.locator(".zone").get_by_role("button", name=name)


def percent(page: Page) -> int:
    return int(page.locator(".zone .track").get_attribute("aria-valuenow") or 0)


def hold(page: Page) -> None:
    """Touch the name, so that nothing is made of the upload before this test says so."""
    page.locator(".zone .name input").focus()


def random_file(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for _ in range(size // MB):
            file.write(os.urandom(MB))
    return path


@contextmanager
def watched_memory(app: RunningApp) -> Iterator[list[int]]:
    """Resident bytes of the server (not of its worker), many times a second: the first is from before."""
    process = psutil.Process(app.pid)
    seen = [process.memory_info().rss]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.03):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def test_a_dropped_folder_becomes_a_dataset_with_its_folders_as_labels(
    zone: Page, app: RunningApp, photos: Path
) -> None:
    drop(zone, photos)
    dataset = arrived(app, "My photos", 12)
    rows = dataset.attributes().to_pylist()
    assert sorted({row["label"] for row in rows}) == ["bird", "boat", "fruit"]
    assert all(row["path"].startswith(f"{row['label']}/") for row in rows)
    assert dataset.rejected() == []
    first = rows[0]
    assert dataset.content(first["id"]) == (photos / first["path"]).read_bytes()


def test_a_dropped_zip_names_its_dataset_and_a_taken_name_gets_a_number(
    zone: Page, app: RunningApp, photos: Path, tmp_path: Path
) -> None:
    Workspace.open(str(app.workspace)).create("animals")
    zone.reload()
    ready(zone)
    packed = tmp_path / "animals.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for image in sorted(photos.glob("[a-z]*/*.webp")):
            archive.write(image, image.relative_to(photos))
    drop(zone, packed)
    arrived(app, "animals 2", 12)


def test_the_choices_of_whoever_touches_them_are_waited_for_and_kept(
    zone: Page, network: Network, app: RunningApp, photos: Path
) -> None:
    network(bytes_per_second=SLOW)
    zone.locator(".pick-folder").set_input_files(photos)
    hold(zone)
    network()
    zone.locator(".zone .name input").fill("Chosen")
    zone.locator(".zone summary").click()
    zone.locator(".zone .labels").select_option("none")
    zone.get_by_text("Everything is here").first.wait_for()
    zone.wait_for_timeout(500)
    assert "Chosen" not in [one.name for one in Workspace.open(str(app.workspace)).datasets()]
    button(zone, "Create").click()
    dataset = arrived(app, "Chosen", 12)
    assert dataset.attributes()["label"].null_count == 12


def test_an_upload_goes_on_after_the_connection_was_lost(
    zone: Page, network: Network, app: RunningApp, tmp_path: Path
) -> None:
    big = random_file(tmp_path / "big.zip", 24 * MB)
    network(bytes_per_second=8 * MB)
    zone.locator(".pick-files").set_input_files(big)
    hold(zone)
    until(lambda: percent(zone) >= 30, 20, "30 %")
    network(offline=True)
    zone.get_by_text("Connection lost, next try").wait_for()
    before = percent(zone)
    network()
    zone.get_by_text("Everything is here").first.wait_for()
    assert before >= 15, "what had arrived was forgotten"
    (part,) = [file for file in app.workspace.rglob("*") if file.is_file() and file.stat().st_size == 24 * MB]
    assert part.read_bytes() == big.read_bytes()
    button(zone, "Cancel").click()
    until(lambda: not part.exists(), 10, "the cancelled upload to go")
    zone.get_by_text("Cancelled. Nothing was kept.").first.wait_for()


def test_the_same_files_go_on_after_a_reload(zone: Page, network: Network, tmp_path: Path) -> None:
    big = random_file(tmp_path / "reload.zip", 24 * MB)
    network(bytes_per_second=8 * MB)
    zone.locator(".pick-files").set_input_files(big)
    hold(zone)
    until(lambda: percent(zone) >= 40, 20, "40 %")
    questions: list[str] = []
    zone.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    zone.reload()
    assert questions == ["beforeunload"]
    ready(zone)
    with zone.expect_response(lambda answer: answer.url.endswith("/api/upload")) as opened:
        zone.locator(".pick-files").set_input_files(big)
    hold(zone)
    assert opened.value.json()["received"][0] >= 4 * 2**20
    network()
    zone.get_by_text("Everything is here").first.wait_for()
    button(zone, "Cancel").click()


def test_an_upload_goes_on_while_its_visitor_looks_at_another_page(
    zone: Page, network: Network, tmp_path: Path
) -> None:
    big = random_file(tmp_path / "elsewhere.zip", 24 * MB)
    network(bytes_per_second=6 * MB)
    zone.locator(".pick-files").set_input_files(big)
    hold(zone)
    until(lambda: percent(zone) >= 10, 20, "10 %")
    zone.get_by_role("link", name="Encoders").first.click()
    zone.get_by_role("heading", name="Encoders").wait_for()
    network()
    zone.wait_for_timeout(1000)
    zone.get_by_role("link", name="Start").first.click()
    zone.get_by_text("Everything is here").first.wait_for()
    button(zone, "Cancel").click()


def test_what_the_server_refuses_is_said_in_words(context: BrowserContext, tmp_path: Path) -> None:
    with running_app(tmp_path / "workspace", KINDRED_MAX_UPLOAD_MB="1") as app:
        page = context.new_page()
        page.goto(app.url)
        ready(page)
        page.locator(".pick-files").set_input_files(random_file(tmp_path / "big.zip", 3 * MB))
        problem = page.locator(".zone [role=alert]")
        problem.wait_for()
        assert "KINDRED_MAX_UPLOAD_MB" in problem.inner_text()
        button(page, "Try again").wait_for()
        button(page, "Cancel").click()
        button(page, "Choose files").wait_for()


def test_the_keyboard_reaches_everything(zone: Page, network: Network, photos: Path) -> None:
    dialogs: list[FileChooser] = []
    zone.on("filechooser", lambda dialog: dialogs.append(dialog))  # noqa: PLW0108  (a bound method cannot be marked)
    button(zone, "Choose files").focus()
    zone.keyboard.press("Enter")
    until(lambda: len(dialogs) == 1, 10, "the dialog for files", page=zone)
    zone.keyboard.press("Tab")
    zone.keyboard.press("Enter")
    until(lambda: len(dialogs) == 2, 10, "the dialog for a folder", page=zone)
    assert [dialog.is_multiple() for dialog in dialogs] == [True, False]
    network(bytes_per_second=SLOW)
    dialogs[1].set_files(photos)
    zone.locator(".zone .card").wait_for()
    zone.keyboard.press("Tab")
    assert zone.evaluate(FOCUSED) == "INPUT"
    network()
    zone.keyboard.type(" of mine")
    passed = []
    while "SUMMARY" not in passed:  # the options; once all has arrived, a button to create comes before them
        assert len(passed) < 4, f"the options cannot be reached: {passed}"
        zone.keyboard.press("Tab")
        passed.append(zone.evaluate(FOCUSED))
    zone.get_by_text("Everything is here").first.wait_for()
    button(zone, "Cancel").press("Enter")
    button(zone, "Choose files").wait_for()


def test_thousands_of_small_files_arrive(zone: Page, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3781):
        (folder / f"{number}.jpg").write_bytes(os.urandom(20_000))
    zone.locator(".pick-folder").set_input_files(folder)
    hold(zone)
    zone.get_by_text("Everything is here").first.wait_for(timeout=60_000)
    assert "3,781 files · 75.6 MB" in zone.locator(".zone .count").inner_text()
    button(zone, "Cancel").click()
    zone.get_by_text("Cancelled. Nothing was kept.").first.wait_for(timeout=60_000)


def test_two_hundred_megabytes_pass_through_the_server_without_filling_it(
    zone: Page, app: RunningApp, tmp_path: Path
) -> None:
    # A first upload, so that what the server imports for it is not counted; whatever becomes of it is left behind.
    with zone.expect_response(lambda answer: "/api/upload/" in answer.url and answer.request.method == "PUT"):
        zone.locator(".pick-files").set_input_files(random_file(tmp_path / "warm.zip", MB))
    zone.goto(app.url)
    ready(zone)
    big = random_file(tmp_path / "big.zip", 200 * MB)
    with watched_memory(app) as seen:
        zone.locator(".pick-files").set_input_files(big)
        hold(zone)
        zone.get_by_text("Everything is here").first.wait_for(timeout=120_000)
    assert len(seen) > 10
    assert max(seen) - seen[0] < 50 * MB


def test_files_dropped_beside_the_zone_do_not_replace_the_page(zone: Page, photos: Path) -> None:
    devtools = zone.context.new_cdp_session(zone)
    what = {"items": [], "files": [str(photos / "boat" / ".DS_Store")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 5, "y": 5, "data": what})
    zone.get_by_text("There is nothing in there to add.").first.wait_for()
    assert zone.url.startswith("http")


FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused.tagName;
}"""
