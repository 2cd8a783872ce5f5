"""The sidebar: which dataset and encoder, what has been picked out, and what is being computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.errors import KindredError
from pages.parts import cached, empty, jobs, pickers, server, state, thumbnails, urls, words

if TYPE_CHECKING:
    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset, Selection

STATIC = Path(__file__).parent.parent / "static"
ICON = str(STATIC / "icon.svg")
NAMING, TAGGING = "frame_naming", "frame_tagging"  # popovers
SHOWN = 5  # thumbnails of the selection


def draw() -> None:
    dark = st.context.theme.type == "dark"
    st.logo(str(STATIC / f"logo-{'dark' if dark else 'light'}.svg"), icon_image=ICON, size="large")
    pickers.dataset()
    dataset = state.current_dataset()
    if dataset is not None and dataset.count:
        pickers.encoder(dataset)
        selection(dataset)
    running()


def running() -> None:
    """Jobs under way, everyone's, looked at every second while there are any."""
    begun = {job.id for job in elsewhere()}

    @st.fragment(run_every=jobs.EVERY if begun else None)
    def looked_at() -> None:
        now = elsewhere()
        if begun - {job.id for job in now}:
            st.rerun()  # something has ended: pages may show more now
        first = [job for job in now if job.state != "queued"] or now[:1]
        for job in first:
            with st.container(border=True, gap="xxsmall"):
                st.caption(f"**{jobs.title(job)}** {words.plain(jobs.subject(job))}")
                jobs.progress(job, key=f"frame_{job.id}")
        _waiting([job for job in now if job not in first])

    looked_at()


def _waiting(queued: list[Job]) -> None:
    """One line for all that wait, however many: the sidebar is for more than jobs."""
    if not queued:
        return
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small", key="frame_waiting"):
        titles = ", ".join(jobs.title(job) for job in queued)
        st.caption(f"{len(queued)} more in the queue", help=titles, width="stretch")
        st.button(
            "Cancel",
            key="frame_cancel_waiting",
            icon=":material/close:",
            on_click=_cancel_all,
            args=(queued,),
            type="tertiary",
        )


def _cancel_all(queued: list[Job]) -> None:
    for job in queued:
        jobs.cancel(job.id)


def elsewhere() -> list[Job]:
    """The jobs under way, but for the ones that the page itself shows large."""
    large = {state.get(name) for name in ("job", "map_job", "groups_job")}
    return [job for job in jobs.running() if job.id not in large]


def selection(dataset: Dataset) -> None:
    """The durable selection, and all that can be done with it."""
    chosen = state.selection()
    if chosen is None:
        saved = cached.named_selections(dataset)
        if saved:
            _saved(saved)
        if state.get("selection"):
            st.caption("The selection in this link is not here any more.")
        return
    with st.container(border=True, gap="xsmall", key="frame_selection"):
        title = words.plain(chosen.name) if chosen.name else "Selection"
        with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall"):
            st.markdown(f"**{title}** · {words.count(len(chosen), 'image')}", width="stretch")
            st.button(
                "",
                icon=":material/close:",
                key="frame_clear",
                help="Clear the selection",
                on_click=state.clear_selection,
                type="tertiary",
            )
        st.caption(words.plain(chosen.how or "picked by hand"), help=words.HELP["selection"])
        columns = cached.columns(dataset)
        thumbnails.strip(dataset.uuid, columns.images.take(columns.rows(chosen.ids[:SHOWN])), size=32)
        with st.container(horizontal=True, gap="xxsmall"):
            with st.popover("", icon=":material/bookmark:", help="Name and save", key=state.popover(NAMING)):
                _name(chosen)
            with st.popover("", icon=":material/sell:", help="Tag these images", key=state.popover(TAGGING)):
                _tag(dataset, chosen, list(columns.tags))
            with st.popover("", icon=":material/download:", help="Download"):
                st.link_button("Table (CSV)", urls.table(dataset.uuid, chosen.hash), icon=":material/table:")
                st.link_button(
                    "Originals (ZIP)", urls.originals(dataset.uuid, chosen.hash), icon=":material/folder_zip:"
                )


def _saved(saved: list[Selection]) -> None:
    with st.popover("Saved selections", icon=":material/bookmarks:", width="stretch"):
        for one in saved:
            st.button(
                f"{words.plain(one.name)} · {len(one):,}",
                key=f"frame_open_{one.hash}",
                width="stretch",
                on_click=state.open_selection,
                args=(one.hash,),
            )


def _name(chosen: Selection) -> None:
    with st.form("frame_name_form", border=False):
        name = st.text_input("Name", value=chosen.name, key=f"frame_name_{chosen.hash}", max_chars=100)
        if st.form_submit_button("Save", key="frame_name_save"):
            server.workspace().selections.rename(chosen, name)
            cached.forget_selection(chosen.hash)
            _done(f"Saved as “{words.plain(name.strip())}”." if name.strip() else "The name was taken away.")


def _tag(dataset: Dataset, chosen: Selection, known: list[str]) -> None:
    with st.form("frame_tag_form", border=False):
        tag = st.selectbox(
            "Tag",
            known,
            index=None,
            accept_new_options=True,
            key="frame_tag",
            help=words.HELP["tag"],
            placeholder="Name a tag",
        )
        put, take = (
            st.form_submit_button("Add", key="frame_tag_add"),
            st.form_submit_button("Remove", key="frame_tag_remove"),
        )
    if not tag or not str(tag).strip() or not (put or take):
        return
    try:
        (dataset.tag if put else dataset.untag)(str(tag).strip()[:100], chosen.ids.tolist())
    except KindredError as error:
        empty.failed(error)
    else:
        tagged = f"{words.count(len(chosen), 'image')} {'tagged' if put else 'no longer tagged'}"
        _done(f"{tagged} “{words.plain(str(tag).strip())}”.")


def _done(said: str) -> None:
    """Close the popover and say what has been done."""
    state.announce(said)
    for popover in (NAMING, TAGGING):
        state.shut(popover)
    st.rerun()
