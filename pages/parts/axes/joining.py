"""The tab Features: which columns are joined with the embedding, what each is worth, and the matrix to take along."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from embedding_core.derived.features import LOOKS
from embedding_core.effect import points
from embedding_core.errors import KindredError
from embedding_core.evaluate.axes.erasing import listed
from embedding_core.evaluate.joined.blocks import KINDS
from embedding_core.evaluate.joined.features import EMBEDDING
from pages.parts import charts, charts_versions, empty, jobs, stale, urls, words
from pages.parts.axes import asking
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.derived.features import Offered
    from embedding_core.derived.kept import Kept
    from embedding_core.effect import Difference
    from embedding_core.evaluate.joined.blocks import Kind
    from embedding_core.evaluate.joined.features import Features, Worth
    from embedding_core.workspace import Dataset, Embedding

TITLES = {title: kind for kind, title in KINDS.items()}


def show(dataset: Dataset, embedding: Embedding, encoder: str) -> None:
    st.subheader("Join the embedding with what else is known", anchor=False, help=words.HELP["block"])
    offered = asking.offered(dataset)
    columns, kinds = _choose(offered)
    if not columns:
        st.info("Nothing is joined: tick a column above.", icon=":material/info:")
        return
    try:
        kept, current = asking.joined(dataset, embedding, columns, kinds)
    except KindredError as error:
        empty.failed(error)
        return
    if kept is not None and current:
        _told(kept)
        return
    wanted = {"dataset": dataset.uuid, "encoder": encoder, "columns": columns, "kinds": kinds}
    if trying.running(trying.job(dataset, "features", wanted), key="axes_features"):
        return
    if kept is not None:
        begin = partial(jobs.submit, "features", wanted, dataset=dataset.uuid)
        stale.notice("they were joined", "Join again", begin, key="axes_features")
        _told(kept)
        return
    row = empty.note(
        "What is each of them worth?",
        "The same probe is taught with all of them, without each, and with each alone, on the same folds. Scales, "
        "words and categories are taken from the taught images alone.",
        ":material/join:",
        key="axes_features",
    )
    asking.ask(row, "Join and score", "features", wanted, dataset, key="axes_join")


def _choose(offered: Sequence[Offered]) -> tuple[list[str], dict[str, Kind]]:
    """A table of columns, each ticked or not and of a kind that can be changed."""
    if not offered:
        st.caption("No columns came with these images. What was measured of the pictures can be joined all the same.")
    rows = [
        {
            "Use": one.kind != "leave",
            "Column": one.name,
            "Taken for": KINDS["category" if one.kind == "leave" else one.kind],
            "Different": one.different,
            "Missing": one.missing,
            "Examples": one.why or " · ".join(one.examples),
        }
        for one in offered
    ]
    rows.append(
        {
            "Use": True,
            "Column": LOOKS,
            "Taken for": KINDS["number"],
            "Different": None,
            "Missing": 0,
            "Examples": "brightness · contrast · colour · sharpness · size · aspect, measured of every picture",
        }
    )
    edited = st.data_editor(
        pd.DataFrame(rows),
        key="axes_columns",
        hide_index=True,
        disabled=["Column", "Different", "Missing", "Examples"],
        column_config={
            "Use": st.column_config.CheckboxColumn(width="small"),
            "Taken for": st.column_config.SelectboxColumn(
                options=[title for kind, title in KINDS.items() if kind != "leave"], required=True, width="medium"
            ),
            "Different": st.column_config.NumberColumn(help="How many different values there are.", width="small"),
            "Missing": st.column_config.NumberColumn(help="Images without a value.", width="small"),
            "Examples": st.column_config.TextColumn(width="large"),
        },
        alt="Columns to join, and what each is taken for",
    )
    used = [row for row in edited.to_dict("records") if row["Use"]]
    columns = [str(row["Column"]) for row in used]
    kinds: dict[str, Kind] = {str(row["Column"]): TITLES[row["Taken for"]] for row in used if row["Column"] != LOOKS}
    return columns, kinds


def _told(kept: Kept[Features]) -> None:
    found = kept.found
    if found.gain is not None:
        with st.container(key="versions_said_features", gap="xsmall"):
            st.header(_headline(found.gain, found), anchor=False, help=words.HELP["interval"])
            st.markdown(meaning(found.gain, found))
    for warning in found.warnings:
        st.warning(words.plain(warning), icon=":material/warning:")
    sides = st.columns([6, 5], gap="large")
    with sides[0]:
        st.subheader("Block by block", anchor=False, help=words.HELP["block"])
        st.dataframe(
            table(found), key="axes_blocks", hide_index=True, alt="Blocks, their columns, and what each is worth"
        )
        if found.gain is not None:
            st.caption(
                f"{words.count(found.judged, 'labelled image')}, a fifth judged at a time. "
                f"Guessing gets {found.commonest:.1%}."
            )
    with sides[1]:
        rows = [(block_name(one), one.adds) for one in found.blocks if one.adds is not None]
        if rows:
            st.subheader("What each adds to the others", anchor=False, help=words.HELP["adds"])
            figure = charts_versions.intervals(rows, charts.look(asking.look()))
            st.plotly_chart(
                figure, key="axes_adds", theme=None, config=trying.QUIET, alt="Points of accuracy that each block adds"
            )
    _along(kept)


def _headline(one: Difference, found: Features) -> str:
    outright = [f"“{words.plain(block.name)}”" for block in found.blocks if block.outright]
    if outright:
        return f":orange[:material/warning:] {listed(outright)} {'say' if len(outright) > 1 else 'says'} the label"
    if one.better:
        return f":green[:material/trending_up:] Joined, accuracy {points(one)}"
    if one.worse:
        return f":red[:material/trending_down:] Joined, it is worse: accuracy {points(one)}"
    return f":gray[:material/trending_flat:] No difference can be told: accuracy {points(one)}"


def meaning(one: Difference, found: Features) -> str:
    """What was right with and without, in words."""
    test = found.test
    said = f"The embedding alone gets {one.before:.1%} right, all blocks together {one.after:.1%}."
    if test is not None:
        shares = f"{test.before:.1%} → {test.after:.1%}, {points(test)}"
        said += f" On {words.count(found.tested, 'untouched image')}: {shares}."
    return said


def _bare(one: Difference) -> str:
    """As "+1.9 (0.8 to 3.0)"."""
    return points(one).replace(" points", "")


def block_name(one: Worth) -> str:
    """As tables and charts call a block."""
    return "the embedding" if one.name == EMBEDDING else one.name


def table(found: Features) -> dict[str, list[Any]]:
    """Columns of a table with a row for each block."""
    told: dict[str, list[Any]] = {
        "Block": [block_name(one) for one in found.blocks],
        "Columns": [one.made for one in found.blocks],
    }
    if found.gain is not None:
        told["Alone"] = [f"{one.alone or 0:.1%}" for one in found.blocks]
        told["Interval"] = [
            "" if one.interval is None else f"{one.interval[0]:.1%} to {one.interval[1]:.1%}" for one in found.blocks
        ]
        told["Adds, in points"] = ["" if one.adds is None else _bare(one.adds) for one in found.blocks]
    return told


def _along(kept: Kept[Features]) -> None:
    found = kept.found
    columns = len(found.mean) + len(found.names)
    st.markdown(
        f"**One matrix**: {words.count(len(found.ids), 'image')} × {columns:,} columns, every block of the same "
        "weight. A model card comes with it: columns, how they were made, scores, data, licence, seed."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="axes_features_along"):
        for form, title in (("parquet", "Parquet"), ("npz", "numpy")):
            st.link_button(
                f"Download {title} with its card",
                urls.features(kept.fingerprint, form),
                key=f"axes_features_{form}",
                icon=":material/download:",
            )
        st.caption(f"about {words.size(4 * columns * len(found.ids))}", width="content")
