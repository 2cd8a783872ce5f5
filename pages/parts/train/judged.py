"""What probes are worth: all beside each other, then one of them closely, and the way to save it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import charts, charts_train, words
from pages.parts.train import closely, saving
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.train.probes.found import Probed
    from embedding_core.train.probes.scores import Figure
    from embedding_core.workspace import Dataset

# Measures by task: name, title, term, whether it is a share.
MEASURES = {
    "classification": (
        ("accuracy", "Accuracy", "accuracy", True),
        ("balanced_accuracy", "Every label alike", "balanced accuracy", True),
        ("macro_f1", "F1", "macro f1", True),
        ("log_loss", "Log loss", "log loss", False),
        ("ece", "Calibration error", "calibration", True),
    ),
    "regression": (
        ("r2", "Explained (R²)", "r2", False),
        ("mae", "Mean error", "target", False),
        ("rmse", "Root mean square error", "target", False),
        ("spearman", "Rank correlation", "rank correlation", False),
    ),
}


def show(dataset: Dataset, kept: Kept[Probed]) -> list[int]:
    """Returns the images that the open one can step through."""
    found = kept.found
    _headline(found)
    left, right = st.columns([4, 6], gap="large")
    name, title, term, shares = MEASURES[found.task][0]
    with left:
        st.subheader(title, anchor=False, help=f"{words.HELP[term]} {words.HELP['interval']}")
        rows = [(one.name, one.scores[name]) for one in found.families]
        figure = charts_train.scores(
            rows, found.baseline[name].value, charts.look(st.context.theme.type), shares=shares
        )
        alt = f"{title} of each kind of model, with its interval"
        st.plotly_chart(figure, key="train_scores", theme=None, config=trying.QUIET, alt=alt)
        st.caption(
            f"Dotted: without looking at any image, {figured(found.baseline[name].value, shares)}."
            if shares
            else "1 is all of what differs, 0 (dotted) what naming the mean every time explains."
        )
    with right:
        st.subheader("All measures", anchor=False)
        _table(found)
    st.divider()
    at = _pick(found, kept.fingerprint)
    saving.show(kept.fingerprint, found.families[at].family, _proposed(dataset, found, at))
    return closely.show(dataset, found, at)


def _headline(found: Probed) -> None:
    best = found.families[found.best]
    name, _, _, shares = MEASURES[found.task][0]
    one, base = best.scores[name], found.baseline[name]
    beats = one.low > base.high
    mark = ":green[:material/check_circle:]" if beats else ":gray[:material/help:]"
    if found.task == "classification":
        headed = f"{figured(one.value, shares)} right ({figured(one.low, shares)} to {figured(one.high, shares)})"
        against = f"without looking at any image it would be {figured(base.value, shares)}"
    else:
        off = best.scores["mae"]
        headed = (
            f"Off by {figured(off.value, False)} on average ({figured(off.low, False)} to {figured(off.high, False)})"
        )
        against = f"naming the mean every time would be off by {figured(found.baseline['mae'].value, False)}"
    with st.container(key="train_said", gap="xsmall"):
        st.header(f"{mark} {headed}", anchor=False, help=words.HELP["interval"])
        st.markdown(
            f"**{words.plain(best.name)}** is best by cross-validation; {against}."
            if beats
            else f"Even the best, **{words.plain(best.name)}**, is hardly better than a guess: {against}. Try another "
            "encoder, or look through the labels on Curate."
        )
    with st.grid(4, min_column_width=170, gap="small"):
        look = {"border": True, "height": "stretch"}
        st.metric("Trained on", f"{found.trained:,}", help=words.HELP["probe"], **look)
        how = "The dataset’s own split." if found.chosen == "split" else "Drawn once, and kept apart since."
        st.metric("Judged by", f"{len(found.ids):,}", help=f"{words.HELP['untouched']} {how}", **look)
        if found.task == "classification":
            st.metric("Labels", f"{len(found.classes):,}", help=words.HELP["label"], **look)
            after, before = (best.scores[each].value for each in ("ece", "ece_before"))
            st.metric(
                "Calibration error", f"{after:.1%}", help=f"{words.HELP['calibration']} Before: {before:.1%}.", **look
            )
        else:
            st.metric("Explained (R²)", figured(one.value, False), help=words.HELP["r2"], **look)
            st.metric("Within", f"± {best.margin:.4g}", help="95 of 100 new images lie so near the estimate.", **look)


def _table(found: Probed) -> None:
    measures = MEASURES[found.task]
    columns: dict[str, list[object]] = {"Model": [one.name for one in found.families] + ["Without looking"]}
    columns["Cross-validated"] = [figured(one.inner, measures[0][3]) for one in found.families] + [""]
    for name, title, _, shares in measures:
        columns[title] = [with_interval(one.scores[name], shares) for one in found.families]
        columns[title].append(figured(found.baseline[name].value, shares))
    columns["Seconds"] = [f"{one.seconds:.1f}" for one in found.families] + [""]
    st.dataframe(
        columns,
        key="train_measures",
        hide_index=True,
        column_config={
            "Model": st.column_config.TextColumn(pinned=True),
            "Cross-validated": st.column_config.TextColumn(help=words.HELP["cross-validation"]),
            **{title: st.column_config.TextColumn(help=words.HELP[term]) for _, title, term, _ in measures},
        },
        alt="Every measure of every kind of model, with intervals",
    )


def _pick(found: Probed, finding: str) -> int:
    if len(found.families) == 1:
        return 0
    ids = [one.family for one in found.families]
    chosen = st.segmented_control(
        "Look closely at",
        ids,
        default=ids[found.best],
        key=f"train_closely_{finding[:12]}",
        format_func=lambda one: found.families[ids.index(one)].name,
        required=True,
    )
    return ids.index(chosen) if chosen in ids else found.best


def _proposed(dataset: Dataset, found: Probed, at: int) -> str:
    what = "" if found.target == "label" else f" {found.target}"
    return f"{dataset.name}{what} {found.families[at].family}"[:80]


def with_interval(one: Figure, shares: bool) -> str:
    if shares:
        return f"{100 * one.value:.1f}% ({100 * one.low:.1f} to {100 * one.high:.1f})"
    return f"{one.value:.3g} ({one.low:.3g} to {one.high:.3g})"


def figured(value: float, shares: bool) -> str:
    return f"{value:.1%}" if shares else f"{value:.3g}".replace("-", "−")
