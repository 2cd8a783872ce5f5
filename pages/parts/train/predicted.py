"""What a model has said: how it is spread, the images with its answers, and ways to take the answers along."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core import derived
from embedding_core.errors import KindredError, UnknownDataset
from embedding_core.quality.composition.columns import as_predicted
from pages.parts import cached, charts, detail, empty, gallery, pictures, server, state, urls, words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.train.predicting import Predicted
    from embedding_core.workspace import Dataset

A_PAGE = 48
ALL, UNLIKE, UNSURE = "All", "Unlike what it knows", "Least sure"


def show(kept: Kept[Predicted]) -> list[int]:
    """Returns the images that the open one can step through."""
    found = kept.found
    if not len(found):
        empty.note(
            "No usable image was among them",
            f"{words.count(len(found.rejected), 'file')} left out.",
            ":material/broken_image:",
            key="train_predicted",
        )
        return []
    dataset = _dataset(found)
    with st.container(horizontal=True, vertical_alignment="center", key="train_predicted_head"):
        unlike = int(found.unlike.sum())
        st.subheader(f"{words.count(len(found), 'image')} answered", anchor=False, width="stretch")
        st.link_button("CSV", urls.predictions(kept.fingerprint), key="train_predicted_csv", icon=":material/download:")
    if unlike:
        st.markdown(
            f":orange[:material/warning:] **{words.count(unlike, 'image')}** "
            f"{'is' if unlike == 1 else 'are'} unlike anything that it was trained on: there its answer is a guess.",
            help=words.HELP["unlike"],
        )
    if found.rejected:
        with st.expander(f"{words.count(len(found.rejected), 'file')} left out", icon=":material/block:"):
            st.text("\n".join(f"{path}: {reason}" for path, reason in found.rejected[:200]))
    if dataset is not None:
        _take(found, dataset)
    if found.task == "classification":
        counts = np.bincount(found.codes[:, 0], minlength=len(found.classes))
        order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
        with st.expander("How many of each label", icon=":material/bar_chart:", key="train_predicted_counts"):
            figure = charts.sizes(
                [found.classes[code] for code in order], counts[order].tolist(), charts.look(st.context.theme.type)
            )
            st.plotly_chart(
                figure, key="train_predicted_sizes", theme=None, config=trying.QUIET, alt="Images by predicted label"
            )
    rows = _chosen(found)
    return _gallery(found, rows, dataset)


def _chosen(found: Predicted) -> NDArray[np.int64]:
    options = [ALL, UNLIKE]
    if found.task == "classification":
        options += [UNSURE, *(found.classes[code] for code in np.unique(found.codes[:, 0]).tolist())]
    chosen = st.selectbox("Show", options, key="train_predicted_show", width=280, format_func=str)
    if chosen == UNLIKE:
        rows = np.flatnonzero(found.unlike)
        return rows[np.argsort(-found.distances[rows], kind="stable")]
    if chosen == ALL:
        return np.arange(len(found))
    if chosen == UNSURE:
        return np.argsort(found.probabilities[:, 0], kind="stable")
    rows = np.flatnonzero(found.codes[:, 0] == found.classes.index(chosen))
    return rows[np.argsort(-found.probabilities[rows, 0], kind="stable")]


def _gallery(found: Predicted, rows: NDArray[np.int64], dataset: Dataset | None) -> list[int]:
    if not len(rows):
        st.caption("None of them.")
        return []
    if dataset is not None:
        answers = {int(found.ids[row]): _answer(found, row) for row in rows.tolist()}
        columns = cached.columns(dataset)
        opened = pictures.paged(
            columns,
            found.ids[rows],
            key="train_predicted_gallery",
            alt="Images with what the model says of them",
            a_page=A_PAGE,
            badges=lambda shown: {image: answers[image] for image in shown.tolist()},
        )
        if opened is not None:
            if dataset.name == state.get("dataset"):
                detail.show(opened)
                st.rerun()
            state.choose_dataset(dataset.name)
            state.go("data.py", image=str(opened))
        around: list[int] = found.ids[rows].tolist()
        return around
    pages = -(-len(rows) // A_PAGE)
    grid = st.container()
    page = min(st.pagination(pages, key="train_predicted_page"), pages) if pages > 1 else 1
    shown = rows[(page - 1) * A_PAGE : page * A_PAGE].tolist()
    with grid:
        items = [_item(found, row) for row in shown]
        gallery.show(items, key="train_predicted_uploads", alt="Images with what the model says of them")
    return []


def _item(found: Predicted, row: int) -> gallery.Item:
    small = found.picture(row)
    path = str(found.paths[row])
    second = ""
    if found.codes.shape[1] > 1:
        second = f"or {found.classes[int(found.codes[row, 1])]} {found.probabilities[row, 1]:.0%}"
    return gallery.Item(
        id=row,
        url=f"data:image/jpeg;base64,{base64.b64encode(small).decode()}" if small else "",
        caption=path.rsplit("/", 1)[-1],
        detail="unlike what it knows" if found.unlike[row] else second,
        badge=_answer(found, row),
        alt=f"{path}: {_answer(found, row)}",
    )


def _answer(found: Predicted, row: int) -> str:
    mark = "? " if found.unlike[row] else ""
    if found.task == "regression":
        return f"{mark}{found.values[row]:.4g}"
    return f"{mark}{found.label(row)} {found.probabilities[row, 0]:.0%}"


def _take(found: Predicted, dataset: Dataset) -> None:
    """Put the answers beside the images, as a column or a tag: never as their labels."""
    with (
        st.popover("Keep with the images", icon=":material/playlist_add:", key=state.popover("train_keep")),
        st.container(key="train_keep_form"),
    ):
        st.caption(
            "As columns that colour maps and filter, or as a tag. Labels stay as they are, and scores never take such "
            "a column, whose name begins with “predicted”, for something that was known before."
        )
        name = st.text_input("Column", value=f"predicted by {found.model}"[:80], key="train_keep_column", max_chars=80)
        if derived.answered(server.workspace(), dataset).get(as_predicted(name)) == found.model:
            st.caption("This model has written the column before. What stands there is replaced.")
        st.button(
            "Add the columns",
            key="train_keep_columns",
            icon=":material/view_column:",
            disabled=not name.strip(),
            on_click=_columns,
            args=(found, dataset),
        )
        if found.unlike.any():
            tag = st.text_input("Tag", value="unlike", key="train_keep_tag", max_chars=80)
            st.button(
                f"Tag the {int(found.unlike.sum()):,} that are unlike",
                key="train_keep_tagged",
                icon=":material/sell:",
                disabled=not tag.strip(),
                on_click=_tag,
                args=(found, dataset),
            )


def _columns(found: Predicted, dataset: Dataset) -> None:
    name = str(state.value("train_keep_column"))
    try:
        again = derived.keep_answers(server.workspace(), dataset, found, name)
    except KindredError as error:
        state.announce(words.plain(error))
    else:
        instead = ", in place of what this model said before" if again else ""
        state.announce(f"“{words.plain(as_predicted(name))}” is now a column of {words.plain(dataset.name)}{instead}.")
        state.shut("train_keep")


def _tag(found: Predicted, dataset: Dataset) -> None:
    tag = str(state.value("train_keep_tag")).strip()
    dataset.tag(tag, found.ids[found.unlike].tolist())
    state.announce(f"{words.count(int(found.unlike.sum()), 'image')} tagged “{words.plain(tag)}”.")
    state.shut("train_keep")


def _dataset(found: Predicted) -> Dataset | None:
    if not found.dataset:
        return None
    try:
        return server.workspace().dataset_by_uuid(found.dataset)
    except UnknownDataset:
        return None
