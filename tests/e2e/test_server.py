"""The real server, spoken to without a browser."""

from __future__ import annotations

import http.client
import statistics
import time
from urllib.parse import urlsplit

import pytest

from pages.parts import urls
from tests.running import RunningApp

pytestmark = pytest.mark.e2e


def connection(app: RunningApp) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(app.url).netloc, timeout=30)


def test_small_answers_on_an_open_connection_come_at_once(app: RunningApp) -> None:
    open_connection = connection(app)
    seconds = []
    for _ in range(25):
        begun = time.perf_counter()
        open_connection.request("GET", "/_stcore/health")
        open_connection.getresponse().read()
        seconds.append(time.perf_counter() - begun)
    assert statistics.median(seconds) < 0.02, "an answer waits for the acknowledgement of its own first half"


def test_the_page_opens_the_routes_and_nothing_else_does(app: RunningApp) -> None:
    visitor = connection(app)
    path = urls.thumbnail("0" * 32, 1, "0" * 64)
    visitor.request("GET", path)
    refused = visitor.getresponse()
    assert (refused.status, refused.read()) == (403, b"")
    visitor.request("GET", "/data?dataset=x")
    page = visitor.getresponse()
    page.read()
    cookie = page.headers["Set-Cookie"].split(";")[0]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    visitor.request("GET", path, headers={"Cookie": cookie})
    assert visitor.getresponse().status == 404
