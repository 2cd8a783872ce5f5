"""Tabs in a bar that is wider than the window: the open one is brought into sight, also when a link has opened it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "kindred_tab_bar", js=Path(__file__).with_name("tab_bar.js").read_text("utf-8"), html="<span hidden></span>"
)


def in_sight(tabs: str, *, key: str) -> None:
    """Keep the open one of the tabs with the key `tabs` in the middle of their bar, as far as it can be scrolled."""
    _mount(key=key, data={"tabs": tabs})
