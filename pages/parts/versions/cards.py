"""A card for each version, keeping another one by name, and the way to its map and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.deciding import versions
from embedding_core.errors import KindredError
from pages.parts import cached, jobs, results, server, state, words
from pages.parts.versions import known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.review.snapshots import Version
    from embedding_core.workspace import Dataset, Embedding, StoredResult

MOST, MOST_TOUCH = 8, 3  # cards; of more versions the older ones are in the boxes alone
FAILED = "versions_failed"  # why a version could not be made
MAKE = "versions_make"  # the popover
ICONS = {versions.ORIGINAL: ":material/inventory_2:", versions.NOW: ":material/update:"}
WAYS = {  # kind of a result → button, icon, page, and the task that makes one
    "map": ("Map", ":material/bubble_chart:", "map.py", "map"),
    "groups": ("Groups", ":material/workspaces:", "clusters.py", "clusters"),
}


def show(dataset: Dataset, every: Sequence[Version], embedding: Embedding | None, chosen: tuple[str, str]) -> None:
    original, *made, now = every
    most = (MOST_TOUCH if state.touch() else MOST) - 2
    shown = [original, *made[max(0, len(made) - most) :], now]
    with st.grid(min(4, max(3, len(shown))), min_column_width=230, gap="small"):
        for one in shown:
            _card(dataset, one, embedding, chosen)
    if len(shown) < len(every):
        st.caption(f"{words.count(len(every) - len(shown), 'older version')} to choose below.")


def _card(dataset: Dataset, one: Version, embedding: Embedding | None, chosen: tuple[str, str]) -> None:
    with st.container(border=True, height="stretch", gap="xxsmall", key=f"versions_card_{one.name}"):
        marks = [f":green-badge[{mark}]" for mark, name in zip(("from", "to"), chosen, strict=True) if name == one.name]
        icon = ICONS.get(one.name, ":material/bookmark:")
        st.markdown(f"**{icon} {words.plain(known.called(one.name))}** {' '.join(marks)}")
        st.markdown(f"{words.count(one.images, 'image')}{_changes(one)}")
        st.caption(_origin(one) + (f"  \n“{words.plain(one.note)}”" if one.note else ""))
        if embedding is not None and one.images:
            with st.container(horizontal=True, gap="small"):
                for kind in WAYS:
                    _way(dataset, one, embedding, kind)


def _changes(one: Version) -> str:
    parts = [
        f"{number:,} {what}" for number, what in ((one.removed, "removed"), (one.relabelled, "relabelled")) if number
    ]
    return f" :gray[· {' · '.join(parts)}]" if parts else ""


def _origin(one: Version) -> str:
    if one.name == versions.ORIGINAL:
        return f"Everything, {words.day(one.created)}"
    stands = words.count(one.decisions, "decision")
    when = words.moment(one.created)
    if one.name == versions.NOW:
        return f"After {stands}, the last {when}" if one.decisions else "Nothing decided yet"
    return " · ".join(filter(None, [words.plain(one.who), when, f"after {stands}"]))


def name_it(now: Version) -> None:
    """Keep what there is now under a name."""
    with (
        st.popover("Name what there is now", icon=":material/bookmark_add:", key=state.popover(MAKE)),
        st.form("versions_form", border=False),
    ):
        st.caption(f"{words.count(now.images, 'image')}, kept as they are, whatever is decided later.")
        if failed := state.forget(FAILED):
            st.error(words.plain(failed), icon=":material/error:")
        name = st.text_input("Name", key="versions_name", max_chars=versions.NAME_LIMIT, required=True)
        note = st.text_input("Note", key="versions_note", max_chars=500)
        if st.form_submit_button("Keep", key="versions_keep", type="primary"):
            _keep(name, note)


def _keep(name: str, note: str) -> None:
    dataset = state.require_dataset()
    try:
        made = versions.make_version(server.workspace(), dataset, name, state.actor(), note=note)
    except KindredError as error:
        state.prime(FAILED, str(error))
    else:
        state.announce(f"Version “{words.plain(made.name)}” is kept, with {words.count(made.images, 'image')}.")
        state.shut(MAKE)
    st.rerun()


def _way(dataset: Dataset, one: Version, embedding: Embedding, kind: str) -> None:
    """To the newest map, or the newest groups, of a version's images; they are made when there are none."""
    label, icon, page, task = WAYS[kind]
    if not st.button(label, key=f"versions_{kind}_{one.name}", icon=icon, type="tertiary"):
        return
    part = embedding.of(known.snapshot(dataset, one.name).ids)
    stored = server.workspace().results.find(dataset.uuid, task, part.fingerprint)
    # Groups are named by the labels of the version, which may be others than when they were found: then once more.
    judged = kind == "map" or (bool(stored) and _judged(dataset, embedding, stored[0]))
    if stored and judged:
        short = stored[0].fingerprint[: results.SHORT]
        if kind == "map":
            state.put("map", short)
        state.go(page, **{kind: short})
    wanted = {"dataset": dataset.uuid, "encoder": embedding.card.id, "version": one.name}
    settings = {"method": "umap", "dims": 2} if kind == "map" else {"method": "kmeans"}
    state.go(page, **{f"{kind}_job": jobs.submit(task, wanted | settings, dataset=dataset.uuid).id})


def _judged(dataset: Dataset, embedding: Embedding, one: StoredResult) -> bool:
    found = cached.read_clusters(dataset, one.fingerprint, known.seen(dataset, embedding, one))
    return found is not None and found.current
