"""What was decided: what it makes of the dataset, the way to its versions, and the log, to undo from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from embedding_core.errors import KindredError
from embedding_core.review.decisions import Action, Decision, decided
from embedding_core.review.standing import in_force
from pages.parts import empty, state, words
from pages.parts.curate import splitting
from pages.parts.versions import known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.review.snapshots import Version
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

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
FAILED = "curate_failed"  # why a decision could not be undone


def show(dataset: Dataset, columns: Columns) -> None:
    """The tab."""
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
    else:
        _figures(dataset, known.every(dataset)[-1])
        _ways_on(dataset)
        _log(dataset, columns, log)
    splitting.record(dataset)


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
        undone = sum(work.undone for work in standing.work.values())
        st.caption(f"Decided by {', '.join(who)}" + (f"; {undone:,} more were undone." if undone else "."))


def _ways_on(dataset: Dataset) -> None:
    removed = dataset.decisions.standing().removed
    with st.container(horizontal=True, vertical_alignment="center", key="curate_ways_on"):
        for label, tab, icon in (
            ("See what changed", "Difference", ":material/difference:"),
            ("Did it help?", "Before and after", ":material/science:"),
            ("Take it along", "Export", ":material/download:"),
        ):
            if st.button(label, key=f"curate_{tab.split()[0].lower()}", icon=icon):
                state.go("versions.py", versions_tab=tab)
        if len(removed):
            st.button(
                f"Select the {len(removed):,} removed",
                key="curate_select_removed",
                icon=":material/select_check_box:",
                type="tertiary",
                on_click=state.select,
                args=(removed, "removed by decision"),
            )


def _log(dataset: Dataset, columns: Columns, log: Sequence[Decision]) -> None:
    latest, force = list(reversed(log[-LATEST:])), list(reversed(in_force(log)[-LATEST:]))
    st.subheader("Decisions", anchor=False)
    st.caption(f"The latest {len(latest):,} of {len(log):,}, newest first. Tick some to undo them.")
    first = np.array([one.ids[0] if one.ids else -1 for one in latest], np.int64)
    rows = columns.find(first)
    paths = columns.paths.take(pa.array(rows, mask=rows < 0)).to_pylist()
    chosen = st.dataframe(
        {
            "When": [words.moment(one.at) for one in latest],
            "Who": [one.who for one in latest],
            "What": [_what(one, stands=stands) for one, stands in zip(latest, force, strict=True)],
            "Image": [
                (path or "gone") + (f" and {len(one.ids) - 1} more" if len(one.ids) > 1 else "")
                for one, path in zip(latest, paths, strict=True)
            ],
            "Check": [one.finding for one in latest],
            "Why": [one.reason for one in latest],
        },
        key=f"curate_log_{len(log)}",  # a tick is of a row: where a row has come, it would be of another decision
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        alt="The latest decisions",
    ).selection.rows
    ticked = [latest[row] for row in chosen if row < len(latest) and force[row]]
    for undone, label, icon in ((False, "Undo", "undo"), (True, "Bring back", "redo")):
        some = [one for one in ticked if (one.action == Action.UNDO) is undone]
        if some:
            st.button(
                f"{label} {words.count(len(some), 'decision')}",
                key=f"curate_{icon}",
                icon=f":material/{icon}:",
                on_click=partial(_undo, dataset, some),
            )


def _what(one: Decision, *, stands: bool) -> str:
    said = PAST[one.action] + (f" → {one.value}" if one.action == Action.RELABEL else "")
    if stands:
        return said
    return f"{said}, brought back" if one.action == Action.UNDO else f"{said} (undone)"


def _undo(dataset: Dataset, undoable: Sequence[Decision]) -> None:
    undos = [decided(state.actor(), Action.UNDO, one.ids, value=one.id) for one in undoable]
    try:
        dataset.decisions.add(undos)
    except KindredError as error:
        state.prime(FAILED, str(error))  # a callback draws nothing: the tab says it
