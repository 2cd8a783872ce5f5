"""The loop of Curate, as a stranger goes through it: drop a spoilt set, check, review by keys, see the effect, export.

Whoever reviews here knows the truth, which is in the names of the files, so what is exported can be held against it.
"""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedding_core import derived
from embedding_core.deciding.versions import snapshot
from embedding_core.effect import points, verdict
from embedding_core.workspace import Dataset, Workspace
from tests.e2e.spoilt import Spoilt, name, spoilt, truth
from tests.running import ROOT, RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

NAME = "as it comes"
PICTURES = ROOT / "docs" / "screenshots"  # those of docs/guides/curate.md are taken on the way
LONG = 240_000  # milliseconds: the first map on a machine compiles UMAP
SHOWN = 2  # number of the case whose review is a picture of the guide
LEAST, MOST = 50, 150  # decisions, and those of one check


@pytest.fixture(scope="module")
def came() -> Spoilt:
    return spoilt()


def test_from_a_spoilt_set_to_a_clean_one_and_its_proof(
    page: Page, app: RunningApp, came: Spoilt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(page, came.write(tmp_path / f"{NAME}.zip"))
    checked(page)
    decided = sum(reviewed(page, kind, came) for kind in ("Duplicates", "Photographs", "Labels"))
    assert decided >= LEAST
    dataset = Workspace.open(str(app.workspace)).dataset(NAME)
    assert dataset.decisions.count >= decided, "every decision has arrived"
    named(page, "clean")
    clean = truly_clean(app, dataset, came)
    told(page, app, dataset)
    exported(page, "imagefolder", tmp_path)
    exported(page, "parquet", tmp_path)
    read_by_torchvision(tmp_path / "imagefolder", clean)
    read_by_datasets(tmp_path / "parquet", clean, tmp_path / "cache", monkeypatch)


def dropped(page: Page, archive: Path) -> None:
    page.locator(".zone .headline:not(:empty)").wait_for()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(archive)
    page.wait_for_url(re.compile(r"/map\b"), timeout=LONG)


def checked(page: Page) -> None:
    page.get_by_role("link", name="Curate").click()
    page.get_by_role("button", name="Check everything").click()
    page.get_by_text(re.compile(r"6 checks of 8 run")).wait_for(timeout=LONG)
    picture(page, "found")


def picture(page: Page, of: str) -> None:
    """For the guide, once everything that is on its way has come."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"guide-curate-{of}.png")


def reviewed(page: Page, title: str, came: Spoilt) -> int:
    """Decide every case of a check by keys. Returns how many there were."""
    page.get_by_role("tab", name=title).click()
    page.get_by_role("button", name=re.compile(r"Review \d+ case")).click()
    shown, done = page.locator("dialog[data-view=case], dialog[data-view=end]"), 0
    for round_ in range(MOST):
        shown.wait_for()
        if shown.get_attribute("data-view") == "end":
            break
        paths = [str(shot.get_attribute("alt")) for shot in page.locator(".stage .picture").all()]
        if round_ == SHOWN:
            picture(page, title.lower())
        decide(page, title, paths, came)
        if page.get_by_label("Who is deciding?").is_visible():
            page.keyboard.type("Ada")
            page.keyboard.press("Enter")
        done += 1
        if round_ == 3:  # a slip, and then the tab is loaded again: both cases come, and nothing is counted twice
            page.keyboard.press("z")
            done -= 1
            page.reload()
    else:
        pytest.fail(f"{title}: {MOST} decisions, and still no end")
    page.wait_for_function("() => !globalThis.kindredOutbox?.waiting")
    page.keyboard.press("Escape")
    page.locator("dialog.review").wait_for(state="detached")
    page.get_by_text(re.compile(r"\b(\d+) of \1 cases? decided")).wait_for()  # the page says what the review has said
    return done


def decide(page: Page, title: str, paths: list[str], came: Spoilt) -> None:
    if title == "Duplicates":
        page.keyboard.press("Enter" if len({name(path) for path in paths}) == 1 else "k")
    elif title == "Photographs":
        page.keyboard.press("r" if paths[0] in came.bad else "k")
    else:
        relabel(page, paths[0])


def relabel(page: Page, path: str) -> None:
    given, true = path.partition("/")[0], truth(path)
    if given == true:
        page.keyboard.press("k")
    elif page.locator(".pill.new").inner_text() == true:
        page.keyboard.press("Enter")
    else:
        page.keyboard.press("l")
        page.keyboard.type(true)
        page.keyboard.press("Enter")


def named(page: Page, version: str) -> None:
    page.get_by_role("tab", name="Decisions").click()
    page.get_by_role("button", name="See what changed").click()
    page.get_by_role("button", name="Name what there is now").click()
    page.get_by_label("Name", exact=True).fill(version)
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text(f"Version “{version}” is kept").wait_for()
    picture(page, "difference")


def truly_clean(app: RunningApp, dataset: Dataset, came: Spoilt) -> dict[str, str | None]:
    """The label of each image of the version by path, held against the truth."""
    found = snapshot(Workspace.open(str(app.workspace)), dataset, "clean")
    paths = dataset.paths()
    clean = {paths[image]: label for image, label in zip(found.ids.tolist(), found.labels, strict=True)}
    assert len(clean) < len(came.files)
    copies = len(came.files) - len({name(path) for path in came.files})
    left = len(clean) - len({name(path) for path in clean})
    assert left <= copies // 3, "most copies are gone; how many are found is for the tests of that check"
    assert len(came.bad & clean.keys()) <= len(came.bad) // 3, "bad photographs are gone"
    still = {path for path in came.wrong if clean.get(path, truth(path)) != truth(path)}
    assert len(still) <= len(came.wrong) // 4, "wrong labels are put right"
    return clean


def told(page: Page, app: RunningApp, dataset: Dataset) -> None:
    """The effect is said in words, with its interval, and they are those of the measurement."""
    page.get_by_role("tab", name="Before and after").click()
    page.get_by_role("button", name="Measure it").click()
    said = page.get_by_role("heading", name=re.compile(r"ccuracy .*points? \(.* to .*\)"))
    said.wait_for(timeout=LONG)
    workspace = Workspace.open(str(app.workspace))
    stored = workspace.results.find(dataset.uuid, "effect")
    kept = derived.read_effect(workspace, stored[0].fingerprint)
    assert kept is not None
    picture(page, "effect")
    assert points(kept.found.differences.accuracy) in said.inner_text()
    helped = said.inner_text().strip().startswith(("trending_up", "Accuracy"))
    assert helped == (verdict(kept.found) == "better"), "where it did not help, it says so"


def exported(page: Page, form: str, into: Path) -> None:
    """Press the download of a format and unpack what comes."""
    page.get_by_role("tab", name="Export").click()
    if form == "imagefolder":
        page.locator(f".st-key-versions_download_{form} a").wait_for()
        picture(page, "export")
    with page.expect_download(timeout=60_000) as coming:
        page.locator(f".st-key-versions_download_{form} a").click()
    coming.value.save_as(into / f"{form}.zip")
    with zipfile.ZipFile(into / f"{form}.zip") as archive:
        archive.extractall(into / form)


def read_by_torchvision(folder: Path, clean: dict[str, str | None]) -> None:
    from torchvision.datasets import ImageFolder

    read = ImageFolder(str(folder))
    with (folder / "files.csv").open(newline="") as file:
        paths = {row["file"]: row["path"] for row in csv.DictReader(file)}
    labels = {paths[str(Path(one).relative_to(folder))]: read.classes[code] for one, code in read.samples}
    assert labels == clean
    assert all(min(image.size) > 0 for image, _ in read)


def read_by_datasets(folder: Path, clean: dict[str, str | None], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets", reason="datasets is not installed")
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    (rows,) = datasets.load_dataset(str(folder), cache_dir=str(cache)).values()
    label = rows.features["label"].int2str
    assert {row["path"]: label(row["label"]) for row in rows.select_columns(["path", "label"])} == clean
    assert rows[0]["image"].size[0] > 0
