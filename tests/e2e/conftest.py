"""A real browser on the real app. One app and one browser for all tests of a run; a fresh visitor for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests import browser as chromium
from tests.running import RunningApp, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    found = chromium.find()
    if found is None:
        pytest.fail("No Chromium was found. `python -m tests.browser` gets one; KINDRED_CHROMIUM names one.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=chromium.ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(tmp_path_factory.mktemp("app") / "workspace") as running:
        yield running


@pytest.fixture(scope="session")
def sample(app: RunningApp) -> Dataset:
    """The sample, embedded, mapped by PCA and UMAP, and grouped."""
    workspace = Workspace.open(str(app.workspace))
    TASKS["prepare"](workspace, {"name": "sample", "source": "sample"}, silent, LOCAL)
    return workspace.dataset("sample")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor with no cookies."""
    visitor = browser.new_context(viewport={"width": 1440, "height": 900})
    yield visitor
    visitor.close()


@pytest.fixture
def page(context: BrowserContext, app: RunningApp) -> Iterator[Page]:
    """Start, opened by a new visitor. A test in which a script of the page fails, fails."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(app.url)
    yield opened
    assert not errors
