"""The routes as the app serves them, without Streamlit around them, and a visitor who may use them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from embedding_core.errors import KindredError
from embedding_core.records import Actor
from pages.parts import answers
from pages.parts.access import Access, Tokens
from pages.parts.routes import ROUTES

TOKENS = Tokens(b"a key for tests, 32 bytes long..")
ADA = Actor(id="visitor-ada", name="Ada")
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def stranger() -> TestClient:
    """A client without a token."""
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Access, tokens=lambda: TOKENS)],
        exception_handlers={KindredError: answers.explain},
    )
    return TestClient(app, raise_server_exceptions=True)


def visitor(actor: Actor = ADA) -> TestClient:
    """A client with a valid cookie, whose requests come from our own page."""
    client = stranger()
    client.cookies.set(TOKENS.cookie, TOKENS.issue(actor))
    client.headers.update(SAME_ORIGIN)
    return client
