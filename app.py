"""Kindred as an ASGI application: `streamlit run app.py` and `uvicorn app:app` both serve it."""

from pathlib import Path

from embedding_core import memory

memory.collect_rarely()

# ruff: noqa: E402 - a server's start is imports, and a rerun makes thousands of objects
import streamlit as st
from starlette.middleware import Middleware

from embedding_core.errors import KindredError
from pages.parts import answers, server
from pages.parts.access import Access
from pages.parts.routes import ROUTES

app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    lifespan=server.lifespan,
    routes=ROUTES,
    middleware=[Middleware(Access)],
    exception_handlers={KindredError: answers.explain},
)
