"""What was decided: what it makes of the dataset, versions and how they differ, and the log, to undo from."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from embedding_core.errors import KindredError
from embedding_core.review import versions
from embedding_core.review.decisions import Action, Decision, decided
from embedding_core.review.difference import difference
from embedding_core.review.standing import in_force
from pages.parts import detail, empty, pictures, server, state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.review.difference import Difference
    from embedding_core.review.snapshots import Version
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

NAMES = {versions.ORIGINAL: "As it came", versions.NOW: "Now"}
PAST = {
    Action.KEEP: "kept",
    Action.REMOVE: "removed",
    Action.RELABEL: "relabelled",
    Action.UNSURE: "unsure",
    Action.TAG: "tagged",
    Action.UNTAG: "untagged",
    Action.UNDO: "undone",
}
LATEST = 200  # decisions in the table
FAILED = "curate_failed"  # why a version could not be made or a decision not be undone
MADE = "curate_made"  # how many versions this visit has made
SHOWN = 24  # images of a gallery


def show(dataset: Dataset, columns: Columns) -> list[int]:
    """The tab. Returns the ids that the drawer can step through."""
    if failed := state.forget(FAILED):
        st.error(words.plain(failed), icon=":material/error:")
    log = dataset.decisions.all()
    if not log:
        empty.note(
            "Nothing decided yet",
            "Review what the checks have found. Every decision is kept here, with who, when and why, and can be "
            "undone. "
            "Nothing is deleted from the images themselves.",
            ":material/gavel:",
            key="curate_decided",
        )
        return []
    known = versions.versions(server.workspace(), dataset)
    _figures(dataset, known[-1])
    _make(dataset, columns)
    around = _differ(dataset, columns, known)
    _log(dataset, columns, log)
    return around


def _figures(dataset: Dataset, now: Version) -> None:
    standing = dataset.decisions.standing()
    facts = [
        ("Images now", f"{now.images:,}"),
        ("Removed", f"{now.removed:,}"),
        ("Relabelled", f"{now.relabelled:,}"),
        ("Unsure", f"{len(standing.unsure):,}"),
    ]
    with st.grid(len(facts), min_column_width=130, gap="small"):
        for name, value in facts:
            st.metric(name, value, border=True, help=words.HELP["version"] if name == "Images now" else None)
    who = [f"{words.plain(name)} {work.decisions:,}" for name, work in standing.work.items() if work.decisions]
    if who:
        st.caption(f"Decided by {', '.join(who)}.")


def _make(dataset: Dataset, columns: Columns) -> None:
    removed = dataset.decisions.standing().removed
    with st.container(horizontal=True, vertical_alignment="center", key="curate_version_bar"):
        with (
            st.popover(
                "Name this version", icon=":material/bookmark_add:", key=f"curate_version_{state.value(MADE, 0)}"
            ),
            st.form("curate_version_form", border=False),
        ):
            name = st.text_input("Name", key="curate_version_name", max_chars=versions.NAME_LIMIT, required=True)
            note = st.text_input("Note", key="curate_version_note", max_chars=500)
            if st.form_submit_button("Keep", key="curate_version_keep"):
                _keep(dataset, name, note)
        if len(removed):
            st.button(
                f"Select the {len(removed):,} removed",
                key="curate_select_removed",
                icon=":material/select_check_box:",
                on_click=state.select,
                args=(removed, "removed by decision"),
            )


def _keep(dataset: Dataset, name: str, note: str) -> None:
    try:
        made = versions.make_version(server.workspace(), dataset, name, state.actor(), note=note)
    except KindredError as error:
        state.prime(FAILED, str(error))
    else:
        state.announce(f"Version “{words.plain(made.name)}” is kept, with {words.count(made.images, 'image')}.")
        state.prime(MADE, state.value(MADE, 0) + 1)  # a new popover is a closed one
    st.rerun()


def _differ(dataset: Dataset, columns: Columns, known: Sequence[Version]) -> list[int]:
    names = [one.name for one in known]
    st.subheader("What differs", anchor=False, help=words.HELP["version"])
    with st.container(horizontal=True, key="curate_versions"):
        title = {one.name: f"{NAMES.get(one.name, one.name)} · {words.count(one.images, 'image')}" for one in known}
        before = st.selectbox("From", names, key="curate_from", format_func=title.__getitem__, width=240)
        after = st.selectbox(
            "To", names, index=len(names) - 1, key="curate_to", format_func=title.__getitem__, width=240
        )
    taken = [versions.snapshot(server.workspace(), dataset, name) for name in (before, after)]
    found = difference(*taken)
    if found.empty:
        st.caption("These two are the same.")
        return []
    changed = [*_gallery(columns, found.removed, "removed"), *_gallery(columns, found.added, "added")]
    return changed + _relabelled(columns, found)


def _gallery(columns: Columns, ids: NDArray[np.int64], what: str) -> list[int]:
    if not len(ids):
        return []
    st.markdown(f"**{words.count(len(ids), 'image')}** {what}")
    opened = pictures.paged(columns, ids, key=f"curate_{what}", alt=f"Images {what}", a_page=SHOWN, size="s")
    if opened is not None:
        detail.show(opened)
    return [int(image) for image in ids]


def _relabelled(columns: Columns, found: Difference) -> list[int]:
    changed = found.relabelled
    if not len(changed):
        return []
    counts = changed.counts()
    said = ", ".join(f"{words.plain(was)} → {words.plain(now)} {count:,}" for was, now, count in counts[:6])
    st.markdown(f"**{words.count(len(changed), 'image')}** relabelled: {said}{' …' if len(counts) > 6 else ''}")
    opened = pictures.paged(
        columns, changed.ids, key="curate_relabelled", alt="Images relabelled", a_page=SHOWN, size="s"
    )
    if opened is not None:
        detail.show(opened)
    return [int(image) for image in changed.ids]


def _log(dataset: Dataset, columns: Columns, log: Sequence[Decision]) -> None:
    latest, force = list(reversed(log[-LATEST:])), list(reversed(in_force(log)[-LATEST:]))
    st.subheader("Decisions", anchor=False)
    st.caption(f"The latest {len(latest):,} of {len(log):,}, newest first. Tick some to undo them.")
    first = np.array([one.ids[0] if one.ids else -1 for one in latest], np.int64)
    rows = columns.find(first)
    paths = columns.paths.take(pa.array(rows, mask=rows < 0)).to_pylist()
    chosen = st.dataframe(
        {
            "When": [time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at)) for one in latest],
            "Who": [one.who for one in latest],
            "What": [_what(one, stands=stands) for one, stands in zip(latest, force, strict=True)],
            "Image": [
                (path or "gone") + (f" and {len(one.ids) - 1} more" if len(one.ids) > 1 else "")
                for one, path in zip(latest, paths, strict=True)
            ],
            "Check": [one.finding for one in latest],
            "Why": [one.reason for one in latest],
        },
        key="curate_log",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        alt="The latest decisions",
    ).selection.rows
    undoable = [latest[row] for row in chosen if row < len(latest) and force[row]]
    if undoable:
        st.button(
            f"Undo {words.count(len(undoable), 'decision')}",
            key="curate_undo",
            icon=":material/undo:",
            on_click=partial(_undo, dataset, undoable),
        )


def _what(one: Decision, *, stands: bool) -> str:
    said = PAST[one.action] + (f" → {one.value}" if one.action == Action.RELABEL else "")
    return said if stands else f"{said} (undone)"


def _undo(dataset: Dataset, undoable: Sequence[Decision]) -> None:
    undos = [decided(state.actor(), Action.UNDO, one.ids, value=one.id) for one in undoable]
    try:
        dataset.decisions.add(undos)
    except KindredError as error:
        state.prime(FAILED, str(error))  # a callback draws nothing: the tab says it
