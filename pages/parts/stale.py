"""What was found before something changed: one line that says so, and the way to find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable


def notice(what: str, again: str, begin: Callable[..., object], *, key: str, changed: str = "Images or labels") -> None:
    """`what` is what happened then, as "this was scored"; `again` is on the button, which calls `begin`."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}_stale"):
        st.markdown(
            f":orange[:material/history:] **{changed} have changed since {what}.** What you see is how things stood "
            "before.",
            width="stretch",
        )
        st.button(again, key=f"{key}_again", type="primary", icon=":material/refresh:", on_click=begin)
