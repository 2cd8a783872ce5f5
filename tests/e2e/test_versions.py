"""Versions in a real browser: a link opens the difference, and what is downloaded loads in the tools it is for."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedding_core.deciding.versions import make_version
from embedding_core.places import SAMPLE
from embedding_core.records import LOCAL, Actor, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

ADA = Actor("visitor-ada", "Ada")
LABELS = ("clock", "bird", "fruit")
SPLITS = ("train", "test")


@pytest.fixture(scope="module")
def kept(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Clocks, birds and fruit in two splits; two clocks are removed and a bird is called fruit, then fruit is."""
    folder = tmp_path_factory.mktemp("kept")
    for label in LABELS:
        for number, file in enumerate(sorted((SAMPLE / label).glob("*"))):
            into = folder / SPLITS[number % 3 == 0] / label
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, into / file.name)
    workspace = Workspace.open(str(app.workspace))
    wanted = {"name": "kept", "source": str(folder), "split": "folders", "encoder": "pixels"}
    TASKS["add"](workspace, wanted, silent, LOCAL)
    dataset = workspace.dataset("kept")
    trained = [one for one in dataset.attributes().to_pylist() if one["split"] == "train"]
    by = {label: [one["id"] for one in trained if one["label"] == label] for label in LABELS}
    dataset.decisions.add([decided(ADA, Action.REMOVE, by["clock"][:2], reason="the same clock")])
    dataset.decisions.add([decided(ADA, Action.RELABEL, by["bird"][:1], value="fruit")])
    make_version(workspace, dataset, "first", ADA)
    dataset.decisions.add([decided(ADA, Action.REMOVE, by["fruit"][:1])])
    return dataset


def opened(page: Page, app: RunningApp, query: str) -> None:
    page.goto(f"{app.url}/versions?dataset=kept&{query}")
    page.get_by_role("heading", name="Versions", exact=True).wait_for()


def downloaded(page: Page, form: str, into: Path) -> Path:
    with page.expect_download(timeout=60_000) as coming, page.context.expect_page():
        page.locator(f".st-key-versions_format_{form}").get_by_role("link").click()
    file = into / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def test_a_link_opens_the_difference_of_two_versions(page: Page, app: RunningApp, kept: Dataset) -> None:
    opened(page, app, "from=first&to=now")
    page.get_by_role("heading", name="Removed 1").wait_for()
    assert page.get_by_role("heading", name="Relabelled").count() == 0
    page.get_by_role("button", name="Turn round").click()
    page.get_by_role("heading", name="Added 1").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Removed 1").wait_for()
    opened(page, app, "from=original&to=first")
    page.get_by_role("heading", name="Removed 2").wait_for()
    page.get_by_text("bird → fruit").first.wait_for()


def test_the_image_folder_loads_with_torchvision(page: Page, app: RunningApp, kept: Dataset, tmp_path: Path) -> None:
    from torchvision.datasets import ImageFolder

    opened(page, app, "to=first&versions_tab=Export")
    file = downloaded(page, "imagefolder", tmp_path)
    assert file.name == "kept, first, imagefolder.zip"
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "taken")
    version = kept.versions.snapshot("first")
    assert version is not None
    loaded = {split: ImageFolder(str(tmp_path / "taken" / split)) for split in SPLITS}
    for split, found in loaded.items():
        wanted = sorted(label for label, of in zip(version.labels, version.splits, strict=True) if of == split)
        assert sorted(found.classes[code] for code in found.targets) == wanted
        assert found[0][0].mode == "RGB"  # it opens


def test_the_parquet_loads_with_datasets(
    page: Page, app: RunningApp, kept: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    opened(page, app, "versions_tab=Export")
    with zipfile.ZipFile(downloaded(page, "parquet", tmp_path)) as archive:
        archive.extractall(tmp_path / "taken")
    loaded = datasets.load_dataset(str(tmp_path / "taken"), cache_dir=str(tmp_path / "cache"))
    assert sum(map(len, loaded.values())) == kept.count - 3
    first = loaded["train"][0]
    assert first["image"].size
    names = loaded["train"].features["label"].names
    assert names == sorted(LABELS)


def test_the_report_is_one_file_that_asks_for_nothing(
    page: Page, app: RunningApp, kept: Dataset, tmp_path: Path
) -> None:
    opened(page, app, "versions_tab=Export")
    file = downloaded(page, "report", tmp_path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert "the same clock" in page.locator("body").inner_text()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_an_effect_is_measured_by_a_press_and_told(page: Page, app: RunningApp, kept: Dataset) -> None:
    opened(page, app, "versions_tab=Before+and+after")
    page.get_by_role("button", name="Measure it").click()
    page.locator(".st-key-versions_runs .js-plotly-plot").wait_for(timeout=90_000)
    page.locator(".st-key-versions_classes .js-plotly-plot").wait_for()
    page.get_by_role("heading", name="points").first.wait_for()


def test_the_map_of_a_version_opens_on_its_page(page: Page, app: RunningApp, kept: Dataset) -> None:
    opened(page, app, "")
    page.locator(".st-key-versions_card_first").get_by_role("button", name="Map").click()
    page.wait_for_url("**/map?**map=**", timeout=90_000)
    page.locator(".kindred-map").first.wait_for()
    box = page.locator("[data-testid='stSelectbox']", has_text="Map").locator("input")
    assert box.input_value().endswith(" · of first")
