"""From `streamlit run` to the first page, what an idle server holds, and from the click on the sample to its map.

The peer is Streamlit's own hello page in the same run.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.report import Table
from tests import browser as chromium
from tests.running import free_port, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HELLO = "import streamlit as st\nst.title('Hello')\n"


def run() -> Table:
    from playwright.sync_api import sync_playwright

    table = Table("From nothing to the map of the sample", ("figure", "Kindred", "an empty Streamlit page", "bound"))
    found = chromium.find()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=chromium.ARGUMENTS)
        hello, hello_memory = _hello(Path(folder), browser)
        begun = time.perf_counter()
        with running_app(Path(folder) / "workspace") as app:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(app.url)
            page.get_by_role("button", name="Try the sample").wait_for(timeout=60_000)
            table.add("start to the first page, s", f"{time.perf_counter() - begun:.1f}", f"{hello:.1f}", "4")
            page.wait_for_timeout(5_000)
            table.add("an idle server's memory, MB", f"{_memory(app.pid):.0f}", f"{hello_memory:.0f}", "400")
            clicked = time.perf_counter()
            page.get_by_role("button", name="Try the sample").click()
            page.wait_for_url(re.compile(r"/map\b"), timeout=300_000)
            page.locator("[data-kindred-map][data-first-draw-ms]").wait_for(timeout=60_000)
            table.add("click on the sample to its map, s", f"{time.perf_counter() - clicked:.1f}", "", "30")
        browser.close()
    return table


def _hello(folder: Path, browser: Browser) -> tuple[float, float]:
    script = folder / "hello.py"
    script.write_text(HELLO, encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = browser.new_page()
        while True:
            try:
                page.goto(f"http://127.0.0.1:{port}")
                break
            except Exception as error:
                if time.perf_counter() - begun > 60:
                    raise RuntimeError("Streamlit's hello page did not start.") from error
                time.sleep(0.05)
        page.get_by_text("Hello").wait_for(timeout=60_000)
        seconds = time.perf_counter() - begun
        time.sleep(5)
        return seconds, _memory(process.pid)
    finally:
        process.terminate()
        process.wait()


def _memory(pid: int) -> float:
    """Resident MB of a process and its children together."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 2**20
