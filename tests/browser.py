"""Find a Chromium, or get one: `python -m tests.browser` prints its path.

In this order: KINDRED_CHROMIUM, the one that Playwright has, one that the system has, `playwright install chromium`,
Debian's package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def find() -> str | None:
    """The executable of a Chromium that is here, or None."""
    named = os.environ.get("KINDRED_CHROMIUM")
    if named:
        return named
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    candidates = [bundled, *(shutil.which(name) for name in NAMES), MAC]
    return next((one for one in candidates if one and Path(one).exists()), None)


def install() -> None:
    """Get a Chromium in the normal way, else as Debian's package."""
    normal = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], timeout=600, check=False)
    if normal.returncode == 0 or not shutil.which("apt-get"):
        return
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def main() -> int:
    found = find()
    if found is None:
        install()
        found = find()
    if found is None:
        print("No Chromium could be found or installed. Install one and set KINDRED_CHROMIUM to it.", file=sys.stderr)
        return 1
    print(f"browser: {found}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
