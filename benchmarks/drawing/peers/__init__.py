"""The peers: their libraries from npm, and a server of 127.0.0.1 for their pages and the points."""

from __future__ import annotations

import mimetypes
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.report import ROOT
from benchmarks.synthetic.points import scatter

HERE = Path(__file__).parent
PLACE = ROOT / ".bench" / "peers"  # where npm puts the libraries
LOCK = "package-lock.json"
PEERS = {  # name in the table: page
    "Plotly": "plotly.html",
    "regl-scatterplot": "regl.html",
    "deck.gl": "deck.html",
    "embedding-atlas": "atlas.html",
}


def install() -> bool:
    """Get the libraries, unless these very ones are there. False, having said why, when that cannot be done."""
    installed = PLACE / LOCK
    wanted = (HERE / LOCK).read_bytes()
    if installed.exists() and installed.read_bytes() == wanted and (PLACE / "node_modules").is_dir():
        return True
    if not shutil.which("npm"):
        print("  npm is not there: the peers are left out")
        return False
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", LOCK):
        shutil.copy(HERE / name, PLACE / name)
    # Without the peer dependencies of embedding-atlas, which its EmbeddingView does not use.
    command = ["npm", "ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        (PLACE / LOCK).unlink()
        print(f"  npm ci failed, the peers are left out: {done.stderr.strip()[-500:]}")
    return not done.returncode


@contextmanager
def served() -> Iterator[str]:
    """The address below which pages, libraries and points are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@lru_cache(maxsize=2)
def planes(n: int) -> dict[str, bytes]:
    """The points of the synthetic dataset, plane by plane."""
    one = scatter(n)
    return {"x": one.points[:, 0].tobytes(), "y": one.points[:, 1].tobytes(), "codes": one.codes.tobytes()}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        content = self._content(path.strip("/").split("/"))
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def _content(self, parts: list[str]) -> bytes | None:
        match parts:
            case ["points", n, plane]:
                return planes(int(n)).get(plane)
            case ["favicon.ico"]:
                return b""
            case ["node_modules", *_]:
                file = PLACE.joinpath(*parts)
            case _:
                file = HERE.joinpath(*parts)
        return file.read_bytes() if ".." not in parts and file.is_file() else None

    def log_message(self, *_: object) -> None:
        """Quiet."""
