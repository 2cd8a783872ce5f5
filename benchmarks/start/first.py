"""From `streamlit run` to the first page, and what an idle server holds; of Kindred and of an empty Streamlit page."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.outside import memory
from tests.running import free_port, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HELLO = "import streamlit as st\nst.title('Hello')\n"
IDLE = 5.0  # seconds after which a server is looked at


def ours(browser: Browser, workspace: Path) -> tuple[float, float]:
    """Seconds to the first page of a new workspace, and MB of the server that then idles."""
    begun = time.perf_counter()
    with running_app(workspace) as app:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(app.url)
        page.get_by_role("button", name="Try the sample").wait_for(timeout=60_000)
        seconds = time.perf_counter() - begun
        time.sleep(IDLE)
        page.close()
        return seconds, memory(app.pid) / 2**20


def hello(browser: Browser, folder: Path) -> tuple[float, float]:
    """The same of a page that says hello."""
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
        time.sleep(IDLE)
        page.close()
        return seconds, memory(process.pid) / 2**20
    finally:
        process.terminate()
        process.wait()
