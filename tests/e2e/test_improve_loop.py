"""The loop of Improve, as a newcomer goes through it: score, find the next step, do it, train, take the runs along.

The tests share one app and its workspace, and stand in the order of the way: each begins where the last one ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from embedding_core import derived, places
from embedding_core.derived import components
from embedding_core.workspace import Dataset, Workspace
from tests.running import ROOT, RunningApp, running_app
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.e2e

PICTURES = ROOT / "docs" / "screenshots"  # those of docs/guides/improve.md are taken on the way
NAME = "Emoji sample"  # as Start calls it
LONG = 480_000  # milliseconds: on a busy machine a training takes a while
FIRST, SECOND = "EfficientNet-Lite0", "EfficientNet-Lite2"
PAGES = ("improve", "report", "compare", "axes", "train", "finetune")
DRAWN = """() => {
    const seen = part => [...document.querySelectorAll(part)].filter(one => {
        const {top, height} = one.getBoundingClientRect();
        return height > 0 && top < innerHeight && !one.closest("details:not([open])");
    });
    return !seen("[data-testid=stSkeleton]").length
        && seen("[data-testid=stDataFrame]").every(one => one.querySelector("canvas"));
}"""
CELL = """(chart, [actual, taken]) => {
    const {xaxis, yaxis} = chart._fullLayout ?? {}, trace = chart._fullData?.find(one => one.customdata);
    const at = trace?.customdata.findIndex(one => one[2] === actual && one[3] === taken) ?? -1;
    return at < 0 ? null : [xaxis._offset + xaxis.d2p(trace.x[at]), yaxis._offset + yaxis.d2p(trace.y[at])];
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app of its own: what was done to the sample of the other tests would be in the figures."""
    with running_app(tmp_path_factory.mktemp("improve") / "workspace") as running:
        yield running


def test_the_report_card_says_how_good_it_is_and_opens_what_is_mixed_up(page: Page, app: RunningApp) -> None:
    page.get_by_role("button", name="Try the sample").click()
    page.wait_for_url(re.compile(r"/map\b"), timeout=LONG)
    page.get_by_role("button", name="Improve").click()
    page.get_by_role("menuitem", name="Report card").click()
    page.get_by_role("button", name="Score it").click()
    said = page.get_by_role("heading", name=re.compile(r"tells your 22 labels apart .* \d+% right"))
    said.wait_for(timeout=LONG)
    kept = newest(app, "report", derived.read_report)
    assert kept.scores is not None
    assert metric(page, "Probe") == f"{100 * kept.scores.probe.value:.1f}%"
    assert metric(page, "Five nearest") == f"{100 * kept.scores.knn_grouped['5'].value:.1f}%"
    assert f"{100 * kept.scores.probe.value:.0f}% right" in said.inner_text()
    picture(page, "report")

    page.get_by_role("tab", name="Mixed up").click()
    worst = kept.confusion.pairs(1)[0]
    names = [kept.classes[code] for code in (worst.actual, worst.predicted)]
    click_cell(page, *names)
    heading = page.get_by_role("heading", name=re.compile(f"Labelled {names[0]}, taken for {names[1]}"))
    heading.wait_for()
    assert heading.inner_text().rstrip().endswith(f" {worst.images:,}")
    seen(page.locator(".st-key-report_gallery"), worst.images, page)
    heading.scroll_into_view_if_needed()
    picture(page, "mixed")


def test_the_next_step_is_found_done_and_judged(page: Page, app: RunningApp) -> None:
    opened(page, app, "improve", "Next step")
    page.get_by_role("button", name="Find the next step").click()
    head = page.get_by_role("heading", name=re.compile(r"^\d+\.\d% right"))
    head.wait_for(timeout=LONG)
    runs = derived.runs(workspace(app), sample(app))
    assert head.inner_text().startswith(f"{100 * runs[0].scores['accuracy'].value:.1f}% right")
    page.get_by_text(re.compile(r"gives \d+ of \d+ untouched images their right label")).wait_for()
    picture(page, "next")
    card = page.locator("[class*=st-key-improve_step_]").filter(has_text=f"Look through {SECOND}")
    card.wait_for(state="attached")
    if not card.is_visible():  # which images are drawn to judge differs from run to run, and so what is hopeful
        page.locator(".st-key-improve_rest summary").click()
    assert re.search(r"[+−]?\d+\.\d points? .*expected", card.inner_text())
    card.get_by_role("button", name="Do it").click()
    did = page.locator(".st-key-improve_did")
    did.wait_for(timeout=LONG)
    told = re.search(r"from (\d+\.\d)% to (\d+\.\d)%: ([+−]?\d+\.\d) points \((.*) to (.*)\)", did.inner_text())
    assert told is not None, did.inner_text()
    before, after, change, low, high = (float(one.replace("−", "-")) for one in told.groups())
    assert abs(after - before - change) < 0.11, "what is said of it is what was counted"
    assert low <= change <= high
    by = {run.encoder: run.scores["accuracy"].value for run in derived.runs(workspace(app), sample(app))}
    assert f"{100 * by['efficientnet-lite2']:.1f}" == told.group(2)
    picture(page, "done")


def test_encoders_are_compared_side_by_side(page: Page, app: RunningApp) -> None:
    opened(page, app, "compare", "Compare")
    page.get_by_role("button", name="Compare them").click()
    said = page.locator(".st-key-compare_said_encoders h2")
    said.wait_for(timeout=LONG)
    found = newest(app, "comparison", derived.read_comparison)
    assert {"efficientnet-lite0", "efficientnet-lite2"} <= set(found.encoders)
    best = {"efficientnet-lite0": FIRST, "efficientnet-lite2": SECOND}[found.encoders[found.best]]
    assert best in page.locator(".st-key-compare_said_encoders").inner_text()
    one, other = (found.encoders.index(name) for name in ("efficientnet-lite0", "efficientnet-lite2"))
    only = len(found.only(one, other))
    page.get_by_text(re.compile(rf"Only {FIRST} is right {only} images?")).wait_for()
    picture(page, "compare")


def test_axes_show_what_they_stand_for(page: Page, app: RunningApp) -> None:
    opened(page, app, "axes", "Axes")
    page.get_by_role("button", name="Look at the axes").click()
    page.get_by_role("heading", name=re.compile(r"numbers are (enough|needed)")).wait_for(timeout=LONG)
    kept = newest(app, "pca", components.read_laboratory)
    assert metric(page, "More than noise") == f"{kept.by_noise:,}"
    assert metric(page, "Enough axes") == f"{kept.quality.probe.enough:,}"
    picture(page, "axes")
    page.locator(".st-key-axes_open_1 button").click()
    page.get_by_role("heading", name=re.compile("^Axis 1")).wait_for()
    seen(page.locator(".st-key-axes_opened"), 8, page)


def test_a_probe_is_trained_saved_and_answers_for_a_new_image(page: Page, app: RunningApp, tmp_path: Path) -> None:
    opened(page, app, "train", "Train")
    pills = page.locator(".st-key-train_families_classification button[aria-pressed=true]")
    pills.first.wait_for()
    for left in range(pills.count() - 1, 0, -1):  # the first alone: the quickest
        pills.last.click()
        until(lambda left=left: pills.count() == left, 30, f"{left} kinds of models to be left", page=page)
    page.get_by_role("button", name="Train", exact=True).click()
    head = page.locator(".st-key-train_said h2")
    head.wait_for(timeout=LONG)
    found = newest(app, "probed", derived.read_probed)
    assert [one.family for one in found.families] == ["logistic"]
    assert f"{100 * found.families[0].scores['accuracy'].value:.1f}% right" in head.inner_text()
    picture(page, "train")
    page.get_by_role("textbox", name="Name of the model").fill("emoji teller")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as “emoji teller”").first.wait_for()

    page.get_by_role("tab", name="Predict").click()
    page.get_by_text(re.compile(r"tells 22 labels apart")).wait_for()
    model = derived.open_model(workspace(app), "emoji teller")[0].model
    ids = {path: image for path, image in sample(app).ids().items() if "clock/" in path}
    vectors = sample(app).embedding("efficientnet-lite0").rows(list(ids.values()))
    said = dict(zip(ids, model.predict(vectors).codes.tolist(), strict=True))
    # For the guide, one that it gets right, if it gets any right.
    drawing = max(said, key=lambda path: model.classes[said[path]] == "clock")
    asked = tmp_path / "asked.webp"
    asked.write_bytes((places.SAMPLE / "clock" / Path(drawing).name).read_bytes())
    page.locator(".zone .headline:not(:empty)").wait_for()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(asked)
    page.get_by_text("1 image answered").wait_for(timeout=LONG)
    answer = page.get_by_text(re.compile(rf"^(\? )?{model.classes[said[drawing]]} \d+%$"))
    answer.wait_for()
    answer.scroll_into_view_if_needed()
    picture(page, "predict")


def test_a_network_is_fine_tuned_and_used(page: Page, app: RunningApp) -> None:
    opened(page, app, "finetune", "Fine-tune")
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Minutes of training at most", exact=True).fill("2")  # it takes less
    page.get_by_label("Minutes of training at most", exact=True).press("Tab")
    page.get_by_role("textbox", name="Name of the new encoder").fill("emoji eyes")
    page.get_by_role("textbox", name="Name of the new encoder").press("Tab")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role(
        "heading", name=re.compile(r"points?\b.*(over|against) the linear probe|No difference can be told")
    ).wait_for(timeout=LONG)
    (run,) = [one for one in derived.runs(workspace(app), sample(app)) if one.kind == "finetune"]
    assert metric(page, "Fine-tuned") == f"{100 * run.scores['accuracy'].value:.1f}%"
    picture(page, "finetune")
    page.get_by_role("button", name="Use this encoder").click()
    page.locator(".st-key-finetune_next").get_by_text("in use").wait_for()
    page.wait_for_url(re.compile("encoder=tuned"))
    page.get_by_role("heading", name="The map before and after").scroll_into_view_if_needed()
    picture(page, "moved")


def test_what_was_tried_is_compared_and_read_by_mlflow(page: Page, app: RunningApp, tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="MLflow's client is not installed")
    from mlflow import MlflowClient

    opened(page, app, "improve", "Next step", encoder="efficientnet-lite0")
    page.get_by_role("heading", name="What was tried").scroll_into_view_if_needed()
    page.get_by_text(re.compile(r"The second is .* points? .*against the first, from \d+\.\d% to \d+\.\d%")).wait_for()
    page.locator(".st-key-improve_compare").scroll_into_view_if_needed()
    picture(page, "tried")
    with page.expect_download(timeout=60_000) as coming:
        page.get_by_role("button", name="Runs for MLflow").click()
    coming.value.save_as(tmp_path / "runs.db")
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'runs.db'}")
    (experiment,) = [one for one in client.search_experiments() if one.name == NAME]
    read = client.search_runs([experiment.experiment_id])
    runs = derived.runs(workspace(app), sample(app))
    assert len(read) == len(runs)
    ours = sorted(round(run.scores["accuracy"].value, 6) for run in runs if "accuracy" in run.scores)
    assert sorted(round(run.data.metrics["accuracy"], 6) for run in read if "accuracy" in run.data.metrics) == ours


@pytest.mark.parametrize("name", PAGES)
def test_what_was_found_fits_a_phone(browser: Browser, app: RunningApp, name: str) -> None:
    visitor = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    try:
        page = visitor.new_page()
        opened(page, app, name, "")
        page.wait_for_load_state("networkidle")
        assert page.locator("[data-testid='stException']").count() == 0
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    finally:
        visitor.close()


def workspace(app: RunningApp) -> Workspace:
    return Workspace.open(str(app.workspace))


def sample(app: RunningApp) -> Dataset:
    return workspace(app).dataset(NAME)


def newest(app: RunningApp, kind: str, read):  # type: ignore[no-untyped-def]
    """The newest finding of a kind, as the page has it."""
    stored = workspace(app).results.find(sample(app).uuid, kind)
    kept = read(workspace(app), stored[0].fingerprint)
    assert kept is not None
    return kept.found


def opened(page: Page, app: RunningApp, name: str, title: str, encoder: str = "efficientnet-lite0") -> None:
    page.goto(f"{app.url}/{name}?dataset={quote(NAME)}&encoder={encoder}")
    headings = page.locator("[data-testid='stMain'] h1")
    (headings.filter(has_text=title) if title else headings).first.wait_for(timeout=60_000)


def metric(page: Page, label: str) -> str:
    """The value of the metric with this label."""
    one = page.locator("[data-testid=stMetric]").filter(has=page.get_by_text(label, exact=True))
    one.first.wait_for()
    return one.first.locator("[data-testid=stMetricValue]").inner_text().strip()


def seen(part: Locator, least: int, page: Page) -> None:
    """Wait until that many pictures of a part of the page have really been drawn."""
    part.scroll_into_view_if_needed()
    drawn = "images => images.filter(one => one.complete && one.naturalWidth > 0).length"
    until(lambda: part.locator("img").evaluate_all(drawn) >= least, 30, f"{least} pictures to be drawn", page=page)


def click_cell(page: Page, actual: str, taken: str) -> None:
    """Click the square of a label and what it was taken for, where the chart has drawn it."""
    chart = page.locator(".st-key-report_confusion .js-plotly-plot")
    chart.wait_for()
    spot = until(lambda: chart.evaluate(CELL, [actual, taken]), 30, "the chart to be drawn", page=page)
    chart.scroll_into_view_if_needed()
    chart.click(position={"x": spot[0], "y": spot[1]})


def picture(page: Page, of: str) -> None:
    """For the guide, once everything that is on its way has come."""
    page.wait_for_load_state("networkidle")
    until(lambda: page.evaluate(DRAWN), 30, "tables and charts to be drawn", page=page)
    page.screenshot(path=PICTURES / f"improve-{of}.png")
