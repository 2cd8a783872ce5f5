"""Give a trained model a name, and take it away."""

from __future__ import annotations

import streamlit as st

from embedding_core import derived
from embedding_core.errors import KindredError
from pages.parts import server, state, urls, words


def show(finding: str, family: str, proposed: str) -> None:
    """One row: a name, save, download."""
    found = derived.draft(server.workspace(), finding, family)
    if found is None:
        st.caption(":material/info: This model has been replaced by a newer one. Train again to save it.")
        return
    key = f"train_save_{family}_{finding[:8]}"
    saved = next(
        (
            one
            for one in derived.saved_models(server.workspace())
            if all(one.facts.get(name) == found.facts[name] for name in ("finding", "family"))
        ),
        None,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_save_row"):
        name = st.text_input("Name of the model", value=proposed, key=f"{key}_name", max_chars=80, width=320)
        st.button(
            "Save",
            key=f"{key}_button",
            type="primary",
            icon=":material/bookmark_add:",
            disabled=not name.strip(),
            on_click=_save,
            args=(finding, family, f"{key}_name"),
        )
        st.link_button(
            "Download ZIP",
            urls.model((saved or found).id),  # a file is called as its model is
            key=f"{key}_zip",
            icon=":material/download:",
            help=f"{words.size(found.nbytes)}. Runs with `python -m embedding_core predict`; holds no code, no pickle.",
        )
    if saved is not None:
        st.caption(f":material/check: Saved as “{words.plain(saved.name)}”. It answers for new images under *Predict*.")


def _save(finding: str, family: str, key: str) -> None:
    """Under the name that is in the field now: whoever types and presses at once has not seen the page run between."""
    try:
        saved = derived.save_model(server.workspace(), finding, family, str(state.value(key)))
    except KindredError as error:
        state.announce(words.plain(error))
    else:
        state.announce(f"Saved as “{words.plain(saved.name)}”. It answers for new images under *Predict*.")
