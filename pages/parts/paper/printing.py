"""The report as PDF: a browser that is here opens the HTML without a window, draws its figures, and prints it.

The browser is found and led by choreographer, which Plotly has for the same purpose. One prints at a time.
"""

from __future__ import annotations

import asyncio
import base64
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedding_core.errors import KindredError

if TYPE_CHECKING:
    from choreographer import Browser, Tab

SECONDS = 120.0  # that all of it may take, start of the browser included
WAIT = 60.0  # seconds for others who print
ADVICE = (
    "A PDF is printed by Chrome, Chromium or Edge, and none was found on this machine. Install one (such as "
    "`apt install chromium`, or `choreo_get_chrome`), or set BROWSER_PATH to it. The HTML can be printed from any "
    "browser."
)
_WIDTH = 680  # CSS pixels between the margins of A4: figures are drawn as wide as they are printed
_MILLIMETRE = 1 / 25.4  # inches
_POLL = 0.1  # seconds between two looks whether all is drawn
_PLACE = (
    "font:8px 'Segoe UI',system-ui,sans-serif;color:#5f5c55;width:100%;padding:0 15mm;display:flex;"
    "justify-content:space-between"
)
_FOOT = (
    f'<div style="{_PLACE}"><span class="title"></span>'
    '<span>Page <span class="pageNumber"></span> of <span class="totalPages"></span></span></div>'
)
_one_at_a_time = threading.Lock()


class CannotPrint(KindredError):
    """No browser is here, or it did not print."""


def browser() -> str | None:
    """The path of a browser that can print; None where there is none."""
    from choreographer.browsers.chromium import Chromium

    found = Chromium.find_browser(skip_local=False)
    return found if found and Path(found).is_file() else None


def printed(html: str) -> bytes:
    """The page as PDF, A4, with the numbers of its pages. Takes seconds. Raises `CannotPrint`."""
    path = browser()
    if path is None:
        raise CannotPrint(ADVICE)
    if not _one_at_a_time.acquire(timeout=WAIT):
        raise CannotPrint("Other reports are being printed. Try again in a minute.")
    try:
        return asyncio.run(_printed(path, html))
    finally:
        _one_at_a_time.release()


async def _printed(path: str, html: str) -> bytes:
    from choreographer import Browser
    from choreographer.errors import BrowserClosedError, BrowserFailedError, ChannelClosedError

    try:
        async with asyncio.timeout(SECONDS), Browser(path, enable_sandbox=not _root()) as opened:
            return await _pages(opened, html)
    except TimeoutError as error:
        raise CannotPrint(f"{path} did not print within {SECONDS:.0f} seconds. Print the HTML instead.") from error
    except (BrowserClosedError, BrowserFailedError, ChannelClosedError) as error:
        raise CannotPrint(f"{path} did not start, or ended before it had printed. Print the HTML instead.") from error


async def _pages(opened: Browser, html: str) -> bytes:
    from choreographer.utils import TmpDirectory

    folder = TmpDirectory(sneak=opened.is_isolated())  # a browser from a snap does not see /tmp
    try:
        file = Path(folder.path, "report.html")
        await asyncio.to_thread(file.write_text, html, "utf-8")
        tab = await opened.create_tab()
        screen = {"width": _WIDTH, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        await _asked(tab, "Emulation.setDeviceMetricsOverride", screen)
        await _asked(tab, "Emulation.setEmulatedMedia", {"media": "print"})
        await _asked(tab, "Page.navigate", {"url": file.as_uri()})
        while not await _value(tab, "window.kindredDrawn !== undefined && document.readyState === 'complete'"):
            failed = await _value(tab, "window.kindredFailed || ''")
            if failed:
                raise CannotPrint(f"A figure could not be drawn: {failed}")
            await asyncio.sleep(_POLL)
        await _value(tab, "window.kindredPrinting = true")
        answer = await _asked(tab, "Page.printToPDF", _SETTINGS)
        return base64.b64decode(answer["data"])
    finally:
        folder.clean()


_SETTINGS: dict[str, Any] = {
    "printBackground": True,
    "preferCSSPageSize": False,
    "paperWidth": 210 * _MILLIMETRE,
    "paperHeight": 297 * _MILLIMETRE,
    "marginTop": 16 * _MILLIMETRE,
    "marginBottom": 18 * _MILLIMETRE,
    "marginLeft": 15 * _MILLIMETRE,
    "marginRight": 15 * _MILLIMETRE,
    "displayHeaderFooter": True,
    "headerTemplate": "<span></span>",
    "footerTemplate": _FOOT,
    "generateTaggedPDF": True,
    "generateDocumentOutline": True,
}


async def _asked(tab: Tab, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    answer = await tab.send_command(command, parameters)
    if "error" in answer:
        raise CannotPrint(f"The browser did not do {command}: {answer['error'].get('message', '')}")
    found: dict[str, Any] = answer["result"]
    return found


async def _value(tab: Tab, expression: str) -> Any:
    answer = await _asked(tab, "Runtime.evaluate", {"expression": expression, "returnByValue": True})
    return answer["result"].get("value")


def _root() -> bool:
    """Chrome refuses to start as root with its sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
