"""The verdict in one sentence with its reasons, and the figures by labels as cards."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived import encoders
from embedding_core.evaluate.card.verdict import verdict
from pages.parts import charts, charts_report, words
from pages.parts.report.terms import HELP
from pages.parts.versions.trying import QUIET

if TYPE_CHECKING:
    from embedding_core.evaluate.card.found import ReportCard, Scores
    from embedding_core.evaluate.card.intervals import Figure

CALLED = {"nbytes": "file size", "side": "size in pixels", "aspect": "width to height"}  # what was measured
SIGNS = {
    "strong": ":green[:material/verified:]",
    "fair": ":blue[:material/thumb_up:]",
    "weak": ":orange[:material/trending_down:]",
    "useless": ":red[:material/block:]",
    "shortcut": ":orange[:material/warning:]",
    "steady": ":green[:material/verified:]",
    "unsteady": ":orange[:material/warning:]",
    "unclear": ":gray[:material/help:]",
}


def said(card: ReportCard, encoder: str) -> None:
    """The verdict over everything else."""
    found = verdict(card)
    with st.container(key="report_said", gap="xsmall"):
        st.header(f"{SIGNS[found.level]} {words.plain(found.sentence)}", anchor=False)
        part = f"{card.labelled:,} of {words.count(len(card.ids), 'image')} with a label"
        if card.labelled in (0, len(card.ids)):
            part = words.count(len(card.ids), "image")
        st.caption(f"{words.plain(words.encoder(encoder))} · {part} · labels as they are after all decisions")
        if encoders.is_fitted(encoder):
            st.caption(
                ":material/info: Scored are only the images that it was not fine-tuned on, so that this card cannot be "
                "held against that of another encoder. *Fine-tune* and *Next step* compare them on the same images."
            )
    st.markdown("\n".join(f"- {words.plain(reason)}" for reason in found.reasons))


def figures(scores: Scores) -> None:
    """One card a figure, then the controls as bars."""
    with st.grid(4, min_column_width=150, gap="small"):
        _share("Probe", scores.probe, "probe")
        _share("Five nearest", scores.knn_grouped["5"], "knn")
        _metric("Every label alike", _percent(scores.balanced), "balanced")
        _metric("Found among the first five", _percent(scores.recall_grouped["5"]), "recall", _others(scores))
        _metric("Search, mean precision", _number(scores.map_grouped), "map")
        _metric("Labels apart", _number(scores.silhouette), "silhouette", "silhouette")
        _metric("Groups against labels", _number(scores.nmi), "nmi", f"NMI; ARI {_number(scores.ari)}")
        feigned = scores.leakage
        _metric(
            "Inflated by copies",
            f"{100 * max(feigned.knn, feigned.probe):+.1f} points".replace("-", "−"),
            "leakage",
            f"of the {'probe' if feigned.probe >= feigned.knn else 'five nearest'}, {feigned.copies:,} with a copy",
        )
    plain = ", ".join(f"{k} nearest {_percent(one.value)}" for k, one in scores.knn.items())
    st.caption(
        "Ranges are 95% intervals. Every labelled image is judged here, by what has not seen it; other pages leave "
        "the untouched part out or judge by it alone, so figures there differ. "
        f"Plain neighbours, copies voting too, to compare with other tools: {plain}.",
        help=HELP["interval"],
    )
    st.subheader("Held against what should fail", anchor=False, help=HELP["controls"])
    figure = charts_report.controls(scores, charts.look(st.context.theme.type))
    st.plotly_chart(
        figure,
        key="report_controls",
        theme=None,
        config=QUIET,
        alt="Accuracy of the embedding beside that of guessing, shuffled labels, pixels and metadata",
    )
    if scores.controls.columns:
        named = ", ".join(words.plain(CALLED.get(name, name)) for name in scores.controls.columns[:12])
        more = f" and {len(scores.controls.columns) - 12} more" if len(scores.controls.columns) > 12 else ""
        st.caption(f"What is known of the files: {named}{more}. Lines show where each bar lies with 95%.")


def _others(scores: Scores) -> str:
    return f"first: {_percent(scores.recall_grouped['1'])}, ten: {_percent(scores.recall_grouped['10'])}"


def _share(name: str, one: Figure, term: str) -> None:
    _metric(name, _percent(one.value), term, f"{100 * one.low:.1f} to {100 * one.high:.1f}%")


def _metric(name: str, value: str, term: str, beneath: str = "") -> None:
    st.metric(
        name,
        value,
        delta=beneath or None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=HELP[term],
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if isfinite(value) else "–"
