"""One probe closely: whether its probabilities can be believed, what it takes for what, and the images it got wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core.train.probes import registry
from pages.parts import cached, charts, charts_train, detail, pictures, words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.train.probes.found import Judged, Probed
    from embedding_core.workspace import Dataset

ALL = "All of them"
A_PAGE = 24


def show(dataset: Dataset, found: Probed, at: int) -> list[int]:
    """Returns the images that the open one can step through."""
    st.caption(settings(found.families[at]))
    return _numbers(dataset, found, at) if found.task == "regression" else _classes(dataset, found, at)


def settings(one: Judged) -> str:
    """A model's parameters, as its card calls them; Markdown."""
    titles = {each.name: each.title for each in registry.FAMILIES[one.family].parameters}
    return " · ".join(
        f"{words.plain(titles.get(name, name))}: {value:.3g}"
        if isinstance(value, float)
        else f"{words.plain(titles.get(name, name))}: {words.plain(value)}"
        for name, value in one.parameters.items()
    )


def _classes(dataset: Dataset, found: Probed, at: int) -> list[int]:
    look = charts.look(st.context.theme.type)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Can it be believed?", anchor=False, help=words.HELP["calibration"])
        figure = charts_train.reliability(found.reliability(at), found.reliability(at, before=True), look)
        st.plotly_chart(
            figure,
            key="train_reliability",
            theme=None,
            config=trying.QUIET,
            alt="How often it is right, by how sure it is, before and after calibration",
        )
        scores = found.families[at].scores
        way = {"temperature": "by one temperature", "isotonic": "by isotonic regression"}
        how = way.get(found.families[at].calibration, "not at all")
        st.caption(
            f"Calibrated {how}, on predictions out of fold: the error went from {scores['ece_before'].value:.1%} to "
            f"{scores['ece'].value:.1%}. Above the line it is too modest, below too sure."
        )
    with right:
        st.subheader("What it takes for what", anchor=False)
        shown = "Rows are what images are, columns what they are called."
        if len(found.classes) > charts.MOST:
            shown += f" The first {charts.MOST} labels of {len(found.classes):,}."
        figure = charts_train.confusion(found.confusion(at), found.classes, look)
        st.plotly_chart(
            figure, key="train_confusion", theme=None, config=trying.QUIET, alt="Test images by label and by answer"
        )
        st.caption(shown)
    with st.expander("Every label", icon=":material/table_rows:", key="train_classes"):
        _table(found, at)
    return _wrong(dataset, found, at)


def _table(found: Probed, at: int) -> None:
    rows = sorted(found.table(at), key=lambda one: (one.f1 is None, one.f1 or 0))
    share = {name: st.column_config.NumberColumn(format="percent") for name in ("Found", "Right when said", "F1")}
    st.dataframe(
        {
            "Label": [one.label for one in rows],
            "Judged by": [one.images for one in rows],
            "Found": [one.recall for one in rows],
            "Right when said": [one.precision for one in rows],
            "F1": [one.f1 for one in rows],
        },
        key="train_class_table",
        hide_index=True,
        column_config=share,
        alt="How each label fares",
    )


def _wrong(dataset: Dataset, found: Probed, at: int) -> list[int]:
    rows = found.wrong(at)
    st.subheader(f"Got wrong: {len(rows):,} of {len(found.ids):,}", anchor=False)
    if not len(rows):
        st.caption(":material/check_circle: It got every test image right.")
        return []
    pairs = _pairs(found, at, rows)
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_wrong_toolbar"):
        chosen = st.selectbox(
            "Which", [ALL, *pairs], key=f"train_wrong_{found.families[at].family}", width=360, format_func=str
        )
    shown = pairs.get(chosen, rows)
    st.caption("The surest mistakes first. A wrong answer that looks right may be a wrong label: mend it on Curate.")
    return _gallery(dataset, found, shown, {
        int(found.ids[row]): f"{found.classes[int(found.predicted[at, row])]} {found.confidence[at, row]:.0%}"
        for row in shown
    }, "train_wrong_gallery")  # fmt: skip


def _pairs(found: Probed, at: int, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """The wrong rows by what was taken for what, the most common first."""
    by: dict[tuple[int, int], list[int]] = {}
    for row in rows.tolist():
        by.setdefault((int(found.truth[row]), int(found.predicted[at, row])), []).append(row)
    return {
        f"{found.classes[truth]} taken for {found.classes[said]} ({len(some)})": np.array(some)
        for (truth, said), some in sorted(by.items(), key=lambda item: -len(item[1]))
    }


def _numbers(dataset: Dataset, found: Probed, at: int) -> list[int]:
    one = found.families[at]
    truth, estimated = found.truth, found.predicted[at]
    inside = float((np.abs(estimated - truth) <= one.margin).mean())
    figure = charts_train.estimates(truth, estimated, one.margin, found.target, charts.look(st.context.theme.type))
    st.plotly_chart(
        figure, key="train_estimates", theme=None, config=trying.QUIET, alt="Numbers as they are and as estimated"
    )
    st.caption(
        f"The band is ± {one.margin:.4g}: it should hold 95 of 100 new images, and holds {inside:.0%} of the "
        "untouched part."
    )
    rows = found.wrong(at)
    st.subheader("Farthest off", anchor=False)
    badges = {int(found.ids[row]): f"{estimated[row]:.4g}, is {truth[row]:.4g}" for row in rows[: 4 * A_PAGE]}
    return _gallery(dataset, found, rows[: 4 * A_PAGE], badges, "train_far_gallery")


def _gallery(
    dataset: Dataset, found: Probed, rows: NDArray[np.int64], badges: Mapping[int, str], key: str
) -> list[int]:
    ids = found.ids[rows]
    opened = pictures.paged(
        cached.columns(dataset),
        ids,
        key=key,
        alt="Test images that the model got wrong, with its answer",
        a_page=A_PAGE,
        badges=lambda shown: {image: badges[image] for image in shown.tolist()},
    )
    if opened is not None:
        detail.show(opened)
        st.rerun()
    around: list[int] = ids.tolist()
    return around
