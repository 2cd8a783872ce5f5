"""How two versions differ: figures, labels before and after, and the images, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core.ids import find
from pages.parts import charts, charts_versions, detail, empty, pictures, state, words
from pages.parts.versions import known

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.review.difference import Changed, Difference
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

SHOWN = 24  # images of a gallery
BARS = 16  # labels of the chart
FLOWS = 14  # changes from one label to another that are counted
NONE = "no label"


def show(dataset: Dataset, columns: Columns, first: str, second: str) -> list[int]:
    """The tab. Returns the ids that the drawer can step through."""
    found = known.difference(dataset, first, second)
    if found.empty:
        _same(dataset, first, second)
        return []
    _figures(found, known.snapshot(dataset, first).ids, known.snapshot(dataset, second).ids)
    _labels(found)
    how = f"from {known.called(first)} to {known.called(second)}"
    around = _gallery(columns, found.removed, "Removed", how)
    around += _changed(columns, found.relabelled, "Relabelled", how)
    around += _gallery(columns, found.added, "Added", how)
    around += _changed(columns, found.moved, "Moved to another split", how)
    _tags(found, how)
    return around


def _same(dataset: Dataset, first: str, second: str) -> None:
    if first == second:
        title, body = "These are the same version", "Choose two different ones above."
    elif not dataset.decisions.count:
        title = "Nothing decided yet"
        body = (
            "A version is what decisions make of the images. Find what is wrong on Curate, decide, and see here what "
            "that changed and whether it helped. Nothing is ever deleted from the images themselves."
        )
    else:
        title, body = "No difference", "Both hold the same images, of which the same is said."
    row = empty.note(title, body, ":material/difference:", key="versions_same")
    if not dataset.decisions.count:
        row.page_link("curate.py", label="Go to Curate", icon=":material/arrow_forward:", query_params=state.link())


def _figures(found: Difference, before: NDArray[np.int64], after: NDArray[np.int64]) -> None:
    tagged = sum(len(one.added) + len(one.removed) for one in found.tags.values())
    facts = [
        ("Removed", len(found.removed)),
        ("Relabelled", len(found.relabelled)),
        ("Added", len(found.added)),
        ("Other split", len(found.moved)),
        ("Tag changes", tagged),
    ]
    with st.grid(6, min_column_width=120, gap="small"):
        change = len(after) - len(before)
        st.metric(
            "Images",
            f"{len(after):,}",
            delta=f"{change:+,}" if change else None,
            delta_color="off",
            border=True,
            height="stretch",
        )
        for name, value in facts:
            if value or name in ("Removed", "Relabelled"):
                st.metric(name, f"{value:,}", border=True, height="stretch")


def _labels(found: Difference) -> None:
    """Labels whose number has changed, most first, and which became which."""
    changed = [(label or NONE, was, now) for label, (was, now) in found.labels.items() if was != now]
    changed.sort(key=lambda one: -abs(one[2] - one[1]))
    flows = found.relabelled.counts()
    if not changed and not flows:
        return
    sides = st.columns([3, 2] if changed and flows else [1], gap="large")
    if changed:
        with sides[0]:
            st.subheader("Images by label", anchor=False)
            names = known.called(found.before), known.called(found.after)
            figure = charts_versions.counts(changed[:BARS], names, charts.look(st.context.theme.type))
            st.plotly_chart(
                figure,
                key="versions_labels",
                theme=None,
                config={"displayModeBar": False},
                alt="Images of each label, before and after",
            )
            rest, same = max(0, len(changed) - BARS), len(found.labels) - len(changed)
            said = [f"{rest:,} further labels changed less." if rest else ""]
            said.append(
                f"{words.count(same, 'label')} {'has' if same == 1 else 'have'} as many as before." if same else ""
            )
            if any(said):
                st.caption(" ".join(filter(None, said)))
    if flows:
        with sides[-1]:
            st.subheader("Which became which", anchor=False)
            lines = [f"- {_flow(was, now)} :gray[{count:,}]" for was, now, count in flows[:FLOWS]]
            st.markdown("\n".join(lines))
            if len(flows) > FLOWS:
                st.caption(f"{len(flows) - FLOWS:,} further kinds of change.")


def _flow(was: str | None, now: str | None) -> str:
    return f"{words.plain(was or NONE)} → **{words.plain(now or NONE)}**"


def _gallery(
    columns: Columns,
    ids: NDArray[np.int64],
    title: str,
    how: str,
    badges: Callable[[NDArray[np.int64]], dict[int, str]] | None = None,
) -> list[int]:
    if not len(ids):
        return []
    key = f"versions_{title.split(maxsplit=1)[0].lower()}"
    _heading(title, ids, how, key)
    opened = pictures.paged(columns, ids, key=key, alt=f"Images: {title.lower()}", a_page=SHOWN, badges=badges)
    if opened is not None:
        detail.show(opened)
    shown: list[int] = ids.tolist()
    return shown


def _heading(title: str, ids: NDArray[np.int64], how: str, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_bar"):
        st.subheader(f"{title} :gray[{len(ids):,}]", anchor=False, width="content")
        st.button(
            "Select these",
            key=f"{key}_select",
            icon=":material/select_check_box:",
            type="tertiary",
            on_click=state.select,
            args=(ids, f"{title.lower()} {how}"),
        )


def _changed(columns: Columns, found: Changed, title: str, how: str) -> list[int]:
    def badges(ids: NDArray[np.int64]) -> dict[int, str]:
        rows = find(ids, found.ids)
        pairs = zip(ids.tolist(), found.before[rows], found.after[rows], strict=True)
        return {image: f"{was or NONE} → {now or NONE}" for image, was, now in pairs}

    return _gallery(columns, found.ids, title, how, badges)


def _tags(found: Difference, how: str) -> None:
    if not found.tags:
        return
    st.subheader("Tags", anchor=False)
    for at, (tag, one) in enumerate(found.tags.items()):
        with st.container(horizontal=True, vertical_alignment="center", key=f"versions_tag_{at}"):
            said = [
                f"{len(ids):,} {what}" for ids, what in ((one.added, "put on"), (one.removed, "taken off")) if len(ids)
            ]
            st.markdown(f":material/sell: **{words.plain(tag)}** · {', '.join(said)}", width="content")
            st.button(
                "Select these",
                key=f"versions_tag_{at}_select",
                type="tertiary",
                on_click=state.select,
                args=(np.concatenate([one.added, one.removed]), f"tag {tag} changed {how}"),
            )
