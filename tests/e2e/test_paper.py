"""The report in a real browser, without a network: every figure is drawn; and as PDF."""

from __future__ import annotations

import os
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from pages.parts.paper import printing, whole
from tests.core import emojis

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DRAWN = "[...document.querySelectorAll('.chart')].map(one => one.querySelectorAll('.main-svg').length)"


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    workspace: Workspace = emojis.workspace(tmp_path_factory)
    of: dict[str, object] = {"name": emojis.NAME, "encoder": "pixels"}
    for task in ("report", "metrics", "pca", "features"):
        TASKS[task](workspace, of, silent, LOCAL)
    TASKS["tune"](workspace, {**of, "families": ["knn"], "minutes": 5, "trials": 4}, silent, LOCAL)
    return whole.html(workspace, workspace.dataset(emojis.NAME), "pixels")


@pytest.mark.parametrize("width", [1440, 390])
def test_offline_every_figure_is_drawn(browser: Browser, html: str, tmp_path: Path, width: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(html)
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_function("window.kindredDrawn !== undefined")
    counts = page.evaluate(DRAWN)
    assert len(counts) >= 4
    assert all(counts)
    assert said == []
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.fixture
def found(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same browser prints."""
    path = os.environ.get("KINDRED_CHROMIUM") or printing.browser() or browser.browser_type.executable_path
    monkeypatch.setattr(printing, "browser", lambda: path)


def printed(html: str) -> bytes:
    """In a thread, as the server does: Playwright has a loop of its own in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(printing.printed, html).result()


def test_as_pdf_it_has_pages_and_text(html: str, found: None) -> None:
    content = printed(html)
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 6
    assert len(_letters(content)) > 60  # of its fonts: text is there as text
    assert b"/StructTreeRoot" in content  # tagged, so that it can be read aloud
    assert b"/Outlines" in content


def test_a_page_that_is_never_drawn_is_given_up(found: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "SECONDS", 8.0)
    with pytest.raises(printing.CannotPrint, match="within 8 seconds"):
        printed("<!doctype html><title>empty</title>")


def _letters(content: bytes) -> set[bytes]:
    """The different characters that the fonts' ToUnicode tables name."""
    found: set[bytes] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"beginbfchar" in text or b"beginbfrange" in text:
            found |= set(re.findall(rb"<([0-9A-Fa-f]{4})>", text))
    return found
