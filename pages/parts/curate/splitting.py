"""A split into train, validation and test: taken from what is known of the images, or drawn so that nothing leaks.

One that is there is replaced only by whoever says so, and can be brought back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc
import streamlit as st

from embedding_core import splits
from embedding_core.errors import KindredError
from pages.parts import cached, jobs, manage, server, state, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.splits import Replaced
    from embedding_core.workspace import Dataset

SHARES: Mapping[str, Mapping[str, float]] = {
    "70 · 15 · 15": {"train": 0.7, "validation": 0.15, "test": 0.15},
    "80 · 10 · 10": {"train": 0.8, "validation": 0.1, "test": 0.1},
    "80 · 0 · 20": {"train": 0.8, "test": 0.2},
}
LISTED = 5  # splits that were replaced


def offer(dataset: Dataset, encoder: str, *, replaces: bool) -> None:
    """Both ways to a split; `replaces` where there is one already."""
    with st.container(horizontal=True, key="curate_split_bar", width="content"):
        if replaces:
            if st.button("Draw another split", key="curate_split_another", icon=":material/call_split:"):
                replace(dataset, encoder)
        else:
            with st.popover("Draw a split", icon=":material/call_split:"):
                shares = _shares()
                asked = (dataset, encoder, shares)
                st.button("Draw it", key="curate_split", type="primary", on_click=draw, args=asked)
        if jobs.latest(dataset, "split") in jobs.running(dataset):
            st.caption("On the way …")
        elif not replaces and st.button(
            "Take it from names or a column", key="curate_split_known", help=words.HELP["split"], type="tertiary"
        ):
            manage.relabel(dataset)


def _shares() -> str:
    st.markdown("Copies and bursts stay together, and every label has its share of each part.")
    chosen: str = st.segmented_control(
        "Train · validation · test, in hundredths",
        list(SHARES),
        default=next(iter(SHARES)),
        key="curate_shares",
        required=True,
    )
    return chosen


@st.dialog("Replace the split?", icon=":material/call_split:")
def replace(dataset: Dataset, encoder: str) -> None:
    """Say what is given up, let the parts be chosen, and ask."""
    st.markdown(f"There is one{_source(dataset.split_source)}: **{_sizes(_present(dataset))}**.")
    asked = (dataset, encoder, _shares())
    st.caption("The present split is kept: “Bring it back” undoes this.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep the split", key="curate_split_keep"):
            st.rerun()
        if st.button("Replace it", key="curate_split_replace", type="primary", on_click=draw, args=asked):
            st.rerun()


def there(dataset: Dataset) -> None:
    """What the split is that the dataset has."""
    st.caption(f"The split{_source(dataset.split_source)}: {_sizes(_present(dataset))}.")


def _present(dataset: Dataset) -> dict[str, int]:
    """Images in each part, by its name."""
    counts = pc.value_counts(cached.columns(dataset).split.drop_null()).to_pylist()
    return {one["values"]: one["counts"] for one in sorted(counts, key=lambda one: str(one["values"]))}


def draw(dataset: Dataset, encoder: str, shares: str) -> None:
    asked = {"dataset": dataset.uuid, "encoder": encoder, "shares": dict(SHARES[shares]), "apply": True}
    jobs.submit("split", asked, dataset=dataset.uuid)


def undo(dataset: Dataset) -> None:
    """The way back to the split that was replaced last; nothing where none was."""
    before = splits.replaced_splits(server.workspace(), dataset)[:1]
    if before:
        with st.container(horizontal=True, vertical_alignment="center", key="curate_split_undo"):
            _line(dataset, before[0])


def record(dataset: Dataset) -> None:
    """Which splits were replaced, by whom and by what; nothing where none was."""
    before = splits.replaced_splits(server.workspace(), dataset)
    if not before:
        return
    st.subheader("Splits", anchor=False)
    for number, one in enumerate(before[:LISTED]):
        with st.container(horizontal=True, vertical_alignment="center", key=f"curate_split_{number}"):
            _line(dataset, one)


def _line(dataset: Dataset, one: Replaced) -> None:
    was = f"the split {_sizes(one.sizes)}{_source(one.source)}"
    done = f"took away {was}" if one.by == "none" else f"replaced {was} by one{_source(one.by)}"
    st.caption(f":material/history: {words.moment(one.when)}: {words.plain(one.who)} {done}.", width="content")
    st.button(
        "Bring it back",
        key=f"curate_split_back_{one.key[:12]}",
        icon=":material/undo:",
        type="tertiary",
        on_click=_bring_back,
        args=(dataset, one.key),
    )


def _bring_back(dataset: Dataset, key: str) -> None:
    try:
        splits.bring_back(server.workspace(), dataset, key, state.actor())
    except KindredError as error:
        state.announce(words.plain(str(error)))


def _source(source: str) -> str:
    """Where a split comes from, after what it is."""
    return "" if source == "none" else f" {words.plain(words.source(source))}"


def _sizes(sizes: Mapping[str, int]) -> str:
    return " · ".join(f"{words.plain(name)} {count:,}" for name, count in sizes.items())
