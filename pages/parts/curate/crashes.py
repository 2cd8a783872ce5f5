"""Files that crashed the decoder while a check looked at them: which, what happened, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from pages.parts import server, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset

NAMED = 20


def show(dataset: Dataset) -> None:
    """Nothing where there are none."""
    found = derived.crashed_files(server.workspace(), dataset)
    if not found:
        return
    title = f"{words.count(len(found), 'file')} crashed the decoder and {'was' if len(found) == 1 else 'were'} left out"
    with st.expander(title, icon=":material/broken_image:", key="curate_crashed"):
        more = f"\n- and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
        st.markdown("\n".join(f"- {words.plain(path)}" for path in list(found)[:NAMED]) + more)
        st.caption(
            "Reading such a file ended the process that reads it, twice: it is broken in a way that the decoder does "
            "not survive. The check has gone on without it, and says nothing of it. Save it anew in another program, "
            "add it on Start under the same name, and check again; or select it here, to look at it or to tag it."
        )
        with st.container(horizontal=True, vertical_alignment="center", key="curate_crashed_bar"):
            ids = list(found.values())
            st.button("Select", key="curate_crashed_select", on_click=state.select, args=(ids, "crashed the decoder"))
            st.page_link("start.py", label="Go to Start", icon=":material/arrow_forward:", query_params=state.link())
