"""A card for each axis: what it shows, and images from its one end to the other; one of them looked at closely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import detail, gallery, pictures, thumbnails, words
from pages.parts.axes import asking

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from embedding_core.evaluate.axes.laboratory import Laboratory
    from embedding_core.evaluate.axes.meaning import Goes
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

A_PAGE = 8


def show(dataset: Dataset, columns: Columns, found: Laboratory) -> list[int]:
    """All cards, and above them the axis that is open. Returns the ids that its images can be stepped through."""
    st.subheader("What each axis shows", anchor=False, help=words.HELP["goes with"])
    st.caption(
        "Images that lie farthest at both ends, near-duplicates once. The sentence names what goes with the axis "
        "beyond what chance would find; whether it *is* that, your eyes say better than a number."
    )
    number = asking.opened(found.shown)
    around = [] if number is None else _open(columns, found, number)
    pages = -(-found.shown // A_PAGE)
    grid = st.container()
    page = min(st.pagination(pages, key="axes_page"), pages) if pages > 1 else 1
    out = asking.taken_out(found.shown)
    with grid, st.grid(2, min_column_width=330, gap="small"):
        for axis in range((page - 1) * A_PAGE + 1, min(page * A_PAGE, found.shown) + 1):
            _card(dataset, columns, found, axis, out)
    return around


def _card(dataset: Dataset, columns: Columns, found: Laboratory, axis: int, out: list[int]) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"axes_card_{axis}"):
        st.markdown(_said(found, axis))
        low, high = (_rows(columns, ids[axis - 1]) for ids in (found.low, found.high))
        thumbnails.scale(dataset.uuid, low, high, alt=f"Images along axis {axis}, from its − end to its + end")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"axes_line_{axis}"):
            st.caption(f"{found.space.shares[axis - 1]:.1%} of all", width="stretch")
            st.button(
                "Look closer",
                key=f"axes_open_{axis}",
                icon=":material/zoom_in:",
                type="tertiary",
                on_click=asking.open_,
                args=(axis,),
            )
            is_out = axis in out
            st.button(
                "Put back" if is_out else "Take out",
                key=f"axes_take_{axis}",
                icon=":material/undo:" if is_out else ":material/remove_circle_outline:",
                type="tertiary",
                on_click=asking.take_out,
                args=([one for one in out if one != axis] if is_out else [*out, axis],),
            )


def _open(columns: Columns, found: Laboratory, axis: int) -> list[int]:
    """Both ends of one axis as galleries, and all that goes with it."""
    with st.container(border=True, key="axes_opened"):
        with st.container(horizontal=True, vertical_alignment="center", key="axes_opened_head"):
            share = found.space.shares[axis - 1]
            st.markdown(f"### Axis {axis} :gray[· {share:.1%} of the differences]", width="stretch")
            _step("Before", ":material/arrow_back:", axis - 1, axis == 1)
            _step("Next", ":material/arrow_forward:", axis + 1, axis == found.shown)
            st.button("Close", key="axes_close", icon=":material/close:", on_click=asking.open_, args=(None,))
        st.markdown(_said(found, axis))
        around: list[int] = []
        for side, end, ids in zip(st.columns(2, gap="medium"), "−+", (found.low, found.high), strict=True):
            shown = [int(image) for image in ids[axis - 1] if image >= 0]
            around += shown
            with side:
                st.markdown(f"**The {end} end**")
                opened = gallery.show(
                    pictures.items(columns, shown), key=f"axes_end_{end}", alt=f"Images at the {end} end", size="s"
                )
            if opened is not None:
                detail.show(opened)
        _table(found.goes[axis - 1])
    return around


def _step(label: str, icon: str, axis: int, disabled: bool) -> None:
    st.button(
        label,
        key=f"axes_step_{label.lower()}",
        icon=icon,
        type="tertiary",
        disabled=disabled,
        on_click=asking.open_,
        args=(axis,),
    )


def _table(goes: tuple[Goes, ...]) -> None:
    if not goes:
        st.caption("Nothing is known of these images that an axis could be held against.")
        return
    kinds = {"label": "Label", "metadata": "Column", "property": "Image property"}
    st.dataframe(
        {
            "What": [one.title for one in goes],
            "Kind": [kinds[one.kind] for one in goes],
            "Goes with the axis": [one.figure for one in goes],
            "Shared": [100 * one.share for one in goes],
            "At −": [one.low for one in goes],
            "At +": [one.high for one in goes],
            "By chance?": ["no" if one.sure else "maybe" for one in goes],
        },
        key="axes_goes",
        hide_index=True,
        height="content" if len(goes) <= 12 else 460,
        column_config={
            "Goes with the axis": st.column_config.TextColumn(help=words.HELP["goes with"]),
            "Shared": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f%%", help="r², or η²: the share of the axis that it explains."
            ),
        },
        alt="What goes with this axis, the strongest first",
    )


def _said(found: Laboratory, axis: int) -> str:
    """The sentence, its axis in bold, names from outside as the text they are."""
    sentence = words.plain(found.said(axis))
    begins = f"Axis {axis}"
    return f"**{begins}**{sentence.removeprefix(begins)}"


def _rows(columns: Columns, ids: NDArray[np.int64]) -> pa.Table:
    return columns.images.take(columns.rows(ids[ids >= 0]))
