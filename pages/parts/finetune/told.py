"""What came of a training: points gained over the linear probe, curves, the map before and after, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.derived import encoders, finetuning
from embedding_core.effect import points
from embedding_core.errors import NotEmbedded
from pages.parts import cached, charts, results, server, state, words
from pages.parts.finetune import charts_finetune

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.effect.intervals import Difference
    from embedding_core.train.finetune.judging import Judged
    from embedding_core.workspace import Dataset, StoredResult
    from embedding_core.workspace.models import StoredModel

QUIET = {"displayModeBar": False}
MOST = 4000  # images that move between two maps


def show(dataset: Dataset, model: StoredModel) -> None:
    kept = cached.proof(model.id, lambda workspace, _: finetuning.read_judged(workspace, model))
    card = encoders.tuned_card(model)
    if kept is None:
        st.info(f"{words.plain(card.name)} has not been judged yet.", icon=":material/hourglass_empty:")
        return
    _headline(kept, model)
    _figures(kept.found)
    _next(dataset, model)
    st.subheader("How it learnt", anchor=False)
    figure = charts_finetune.curves(
        model.facts["curves"],
        charts.look(st.context.theme.type),
        len(model.facts["curves"]) - 1,
        best=model.facts["best_epoch"],
    )
    st.plotly_chart(figure, key="finetune_curves", theme=None, config=QUIET, alt="Accuracy and loss by epoch")
    st.caption(ended(model))
    _maps(dataset, model)
    _labels(kept.found)


def _headline(kept: Kept[Judged], model: StoredModel) -> None:
    one = kept.found.differences.accuracy
    images = model.facts["images"]
    if not model.facts["best_epoch"]:
        said = ":gray[:material/trending_flat:] Training did not help"
        meaning = (
            "No epoch was better than the network as it was, so that is what was kept, with a new classifier on top: "
            f"{points(one)} to the linear probe, which learns from the images for validation, too."
        )
    elif one.better:
        said = f":green[:material/trending_up:] {points(one)} over the linear probe"
        meaning = "Fine-tuning is worth it: the gain is larger than chance would explain."
    elif one.worse:
        said = f":red[:material/trending_down:] {points(one)} against the linear probe"
        meaning = "It did not help. Keep the encoder as it was, or train less of it."
    else:
        said = f":gray[:material/trending_flat:] No difference can be told: {points(one)}"
        meaning = "The interval includes zero. With more test images, or more training, it may become clear."
    with st.container(gap="xsmall", key="finetune_said"):
        st.header(said, anchor=False, help=words.HELP["interval"])
        st.markdown(
            f"{meaning} Judged by {words.count(images['test'], 'image')} that no training and no choice has seen; "
            f"trained on {images['train']:,}, the best epoch chosen by {images['validation']:,} others."
        )


def _figures(found: Judged) -> None:
    with st.grid(4, min_column_width=180, gap="small"):
        _metric("Fine-tuned", found.differences.accuracy, "linear probe")
        _metric("Every label alike", found.differences.balanced, "balanced accuracy")
        _metric("Five nearest", found.neighbours, "neighbour")
        _metric("Linear probe on the new vectors", found.probes, "linear probe")


def _metric(name: str, one: Difference, term: str) -> None:
    st.metric(
        name,
        f"{one.after:.1%}",
        delta=points(one).partition(" (")[0],
        delta_description=f"from {one.before:.1%}",
        delta_color="green" if one.better else "red" if one.worse else "off",
        delta_arrow="up" if one.better else "down" if one.worse else "off",
        border=True,
        height="stretch",
        help=words.HELP[term],
    )


def _next(dataset: Dataset, model: StoredModel) -> None:
    encoder = encoders.PREFIX + model.name
    with st.container(horizontal=True, vertical_alignment="center", key="finetune_next"):
        if state.current_encoder(dataset) == encoder:
            st.markdown(":green-badge[:material/check: in use]")
        elif model.facts["best_epoch"]:
            st.button(
                "Use this encoder",
                key="finetune_use",
                type="primary",
                icon=":material/check:",
                on_click=state.choose_encoder,
                args=(encoder,),
                help="All pages show the images as it sees them.",
            )
        st.page_link("report.py", label="Report card", icon=":material/grade:", query_params=_seen_by(encoder))
        st.page_link("encoders.py", label="All encoders", icon=":material/neurology:", query_params=state.link())
    st.caption(
        ":material/info: It has seen the images it was trained on. Scores counted over those, on whichever page, "
        "flatter it; the ones above are not."
    )


def _seen_by(encoder: str) -> dict[str, str]:
    return {**state.link(), "encoder": encoder}


def ended(model: StoredModel) -> str:
    facts = model.facts
    why = {
        "epochs": "It ran to its end.",
        "patience": "It stopped early, since nothing was gained any more.",
        "budget": "Its time was up.",
        "stopped": "It was stopped.",
    }[facts["ended"]]
    best = "before any training" if not facts["best_epoch"] else f"of epoch {facts['best_epoch']}"
    return (
        f"{why} Kept are the weights {best} (dotted line). Training took {words.duration(facts['seconds'])}; "
        f"learning rate {facts['recipe']['rate']:.2g}."
    )


def _maps(dataset: Dataset, model: StoredModel) -> None:
    """The same images on the map of the encoder it began with, and on its own."""
    before = _flat(dataset, model.facts["base"])
    after = _flat(dataset, encoders.PREFIX + model.name)
    if before is None or after is None:
        return
    one, two = cached.read_map(before.fingerprint), cached.read_map(after.fingerprint)
    if one is None or two is None:
        return
    points_before, points_after, ids = charts_finetune.paired(one, two, MOST)
    if len(ids) < 4:
        return
    columns = cached.columns(dataset)
    labels = columns.label.take(columns.rows(ids)).to_pylist()
    st.subheader("The map before and after", anchor=False)
    look = charts.look(st.context.theme.type)
    figure = charts_finetune.moving(points_before, points_after, labels, ("Before", "After"), look)
    st.plotly_chart(
        figure, key="finetune_maps", theme=None, config=QUIET, alt="Images moving from the old map to the new one"
    )
    st.page_link(
        "map.py",
        label="Both maps beside each other",
        icon=":material/bubble_chart:",
        query_params={
            **_seen_by(encoders.PREFIX + model.name),
            "map": after.fingerprint[: results.SHORT],
            "beside": before.fingerprint[: results.SHORT],
        },
    )


def _flat(dataset: Dataset, encoder: str) -> StoredResult | None:
    """The newest flat map of all images under an encoder, one that shows groups if there is."""
    try:
        embedding = cached.embedding(dataset, encoder)
    except NotEmbedded:
        return None
    flat = [one for one in derived.maps(server.workspace(), dataset, embedding) if one.parameters["dims"] == 2]
    return min(flat, key=lambda one: one.parameters["method"] == "pca", default=None)


def _labels(found: Judged) -> None:
    rows = [(name, one) for name, one in zip(found.classes, found.differences.classes, strict=True) if one is not None]
    rows.sort(key=lambda row: -row[1].change)
    st.subheader("Each label", anchor=False, help=words.HELP["interval"])
    st.dataframe(
        {
            "Label": [name for name, _ in rows],
            "Test images": [int((found.truth == found.classes.index(name)).sum()) for name, _ in rows],
            "Linear probe": [100 * one.before for _, one in rows],
            "Fine-tuned": [100 * one.after for _, one in rows],
            "Points": [round(100 * one.change, 1) + 0.0 for _, one in rows],
        },
        key="finetune_labels",
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.1f%%") for name in ("Linear probe", "Fine-tuned")},
        alt="Accuracy of each label by the linear probe and by the fine-tuned network",
    )
