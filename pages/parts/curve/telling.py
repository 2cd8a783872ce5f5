"""A learning curve told: the answer, the curve, a number of labels to try, classes to label first, and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.evaluate.curve.words import beside, gain, headline, left_out, said, told_of
from pages.parts import charts, charts_curve, state, words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.evaluate.curve.found import Curve
    from embedding_core.evaluate.curve.scratch_found import Scratch
    from embedding_core.workspace import Dataset

MOST_CLASSES = 12  # that are drawn
STEPS = (0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000)


def show(dataset: Dataset, found: Curve, scratch: Scratch | None, encoder: str) -> None:
    """All of it."""
    icon = ":gray[:material/trending_flat:]" if found.flat or found.nothing_learnt else ":green[:material/trending_up:]"
    answer, *more = said(found)
    with st.container(key="curve_said", gap="xsmall"):
        st.header(f"{icon} {words.plain(headline(found))}", anchor=False, help=words.HELP["learning curve"])
        st.markdown("\n".join(f"- {words.plain(sentence)}" for sentence in more))
    _figures(found, scratch)
    extra = _more(found)
    figure = charts_curve.curve(found, scratch, found.total + extra, charts.look(st.context.theme.type))
    st.plotly_chart(
        figure,
        key="curve_chart",
        theme=None,
        config=trying.QUIET,
        alt=f"Accuracy against the number of labels, drawn on beyond those that are there. {answer}",
    )
    sides = st.columns(2, gap="large")
    with sides[0]:
        _classes(found)
    with sides[1]:
        _scratch(found, scratch, encoder)
    _table(found)


def _figures(found: Curve, scratch: Scratch | None) -> None:
    now, low, high = found.accuracy[:, -1].tolist()
    with st.grid(4, min_column_width=180, gap="small"):
        st.metric(
            "With all labels",
            f"{now:.1%}",
            delta=f"{low:.1%} to {high:.1%}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=words.HELP["accuracy"],
        )
        st.metric(
            "Labels that suffice",
            f"{found.enough:,}" if found.enough < found.total else "all",
            delta=f"of {found.total:,}, within one point" if found.enough < found.total else f"{found.total:,} of them",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help="The smallest part that was tried which comes within one point of accuracy of all labels.",
        )
        st.metric(
            "Judged by",
            f"{len(found.truth):,}",
            delta="untouched images",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=words.HELP["untouched"],
        )
        st.metric(
            "From nothing",
            "not tried" if scratch is None else f"{scratch.runs[-1].accuracy:.1%}",
            delta="a network without an encoder",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=words.HELP["from scratch"],
        )


def _more(found: Curve) -> int:
    """A number of labels more, and what they are likely to bring."""
    steps = [step for step in STEPS if step <= 10 * found.total]
    start = min(told_of(found), steps[-1])
    options = sorted({*steps, start})
    with st.container(border=True, key="curve_more"):
        extra = st.select_slider(
            "How many more labels?",
            options,
            value=start,
            format_func=lambda number: f"{number:,}",
            key="curve_extra",
        )
        if not extra:
            st.markdown("With the labels that are there. Move the point to see what more would bring.")
            return 0
        one = found.outlook(extra)
        low, high = one.interval
        guess = " :orange-badge[a guess: nothing that was measured speaks for it]" if one.far else ""
        st.markdown(
            f"**{words.plain(gain(one))}**: with {found.total + extra:,} labels the line is at {one.accuracy:.1%} "
            f"({low:.1%} to {high:.1%}).{guess}",
            help=words.HELP["interval"],
        )
    return extra


def _classes(found: Curve) -> None:
    st.subheader("What to label first", anchor=False, help=words.HELP["label first"])
    rows = found.by_class
    if not rows:
        st.caption("No label has enough untouched images to say.")
        return
    figure = charts_curve.classes(found, rows[:MOST_CLASSES], charts.look(st.context.theme.type))
    st.plotly_chart(
        figure, key="curve_classes", theme=None, config=trying.QUIET, alt="What each label would gain from more labels"
    )
    best = rows[0]
    name = words.plain(found.classes[best.code])
    chance = "" if best.told else " It may be chance, as its line reaches zero."
    st.markdown(
        f"**{name}** has most to gain: {best.accuracy:.0%} right, of "
        f"{words.count(best.tested, 'untouched image')}, with {words.count(best.labels, 'label')}.{chance}"
        if best.lacking
        else "No label would gain much."
    )
    left = left_out(found, MOST_CLASSES)
    if left:
        st.caption(left)
    with st.expander("All of them as a table", icon=":material/table:", key="curve_classes_all"):
        st.dataframe(
            {
                "Label": [found.classes[one.code] for one in rows],
                "Labels": [one.labels for one in rows],
                "Right": [100 * one.accuracy for one in rows],
                "Of untouched": [one.tested for one in rows],
                "Points gained": [
                    f"{100 * one.gain:+.1f} ({100 * one.gain_interval[0]:.1f} to {100 * one.gain_interval[1]:.1f})"
                    for one in rows
                ],
            },
            key="curve_classes_table",
            hide_index=True,
            column_config={"Right": st.column_config.NumberColumn(format="%.0f%%")},
            alt="Every label: how many there are, how many are right, and what twice as many would gain",
        )
    st.page_link(
        "curate.py",
        label="Choose images to label next",
        icon=":material/arrow_forward:",
        query_params=state.link(curate_tab="Next"),
    )


def _scratch(found: Curve, scratch: Scratch | None, encoder: str) -> None:
    st.subheader("Against learning from nothing", anchor=False, help=words.HELP["from scratch"])
    if scratch is None:
        st.caption("Not tried yet.")
        return
    st.markdown(words.plain(" ".join(beside(found, scratch))))
    rows: dict[str, list[object]] = {"Labels": [], "From nothing": [], "Seconds": [], "With the encoder": []}
    rows["Seconds with it"] = []
    for run in scratch.runs:
        at = int(abs(found.sizes - run.labels).argmin())
        seconds = scratch.embedding_seconds(run.labels)
        rows["Labels"].append(run.labels)
        rows["From nothing"].append(100 * run.accuracy)
        rows["Seconds"].append(run.seconds)
        rows["With the encoder"].append(100 * float(_between(found, run.labels)))
        rows["Seconds with it"].append(None if seconds is None else seconds + float(found.seconds[at]))
    st.dataframe(
        rows,
        key="curve_scratch_table",
        hide_index=True,
        column_config={
            "Labels": st.column_config.NumberColumn(format="localized"),
            **{name: st.column_config.NumberColumn(format="%.1f%%") for name in ("From nothing", "With the encoder")},
            "Seconds": st.column_config.NumberColumn(format="%.1f", help="Training, reading the pictures included."),
            "Seconds with it": st.column_config.NumberColumn(
                format="%.1f",
                help=f"Embedding so many images with {words.encoder(encoder)}, as measured here, and the probe.",
            ),
        },
        alt="Learning from nothing beside the probe over the embedding, with the time that each takes",
    )
    budget = f"{scratch.minutes:g}"
    short = [run.passes for run in scratch.runs if run.ended == "budget"]
    passes = f"{min(short)} to {max(short)}" if len(set(short)) > 1 else f"{max(short, default=0)}"
    ended = f" Time ended it after {passes} passes over the images." if short else ""
    st.caption(
        f"A small network on pictures of {scratch.side} pixels, in {budget} {'minute' if budget == '1' else 'minutes'} "
        f"altogether.{ended} Given "
        "hours and more labels it would do better; so may the encoder, if it is fine-tuned."
    )


def _between(found: Curve, labels: int) -> float:
    """The probe's accuracy with so many labels, between the points that were measured."""
    import numpy as np

    return float(np.interp(np.log(labels), np.log(found.sizes), found.accuracy[0]))


def _table(found: Curve) -> None:
    with st.expander("Every point in figures", key="curve_points"):
        st.dataframe(
            {
                "Labels": found.sizes.round().astype(int).tolist(),
                "Probe": (100 * found.accuracy[0]).tolist(),
                "from": (100 * found.accuracy[1]).tolist(),
                "to": (100 * found.accuracy[2]).tolist(),
                "Nearest neighbours": (100 * found.near_accuracy[0]).tolist(),
                "Seconds to train": found.seconds.tolist(),
            },
            key="curve_table",
            hide_index=True,
            column_config={
                "Labels": st.column_config.NumberColumn(format="localized"),
                **{
                    name: st.column_config.NumberColumn(format="%.1f%%")
                    for name in ("Probe", "from", "to", "Nearest neighbours")
                },
                "Seconds to train": st.column_config.NumberColumn(format="%.2f"),
            },
            alt="The points of the learning curve",
        )
        a, b, c = found.law.best.tolist()
        st.caption(
            f"Fitted: error = {a:.3g} · labels^(−{b:.2f}) + {c:.3f}, over {len(found.right)} orders of the labels "
            "(Hestness et al. 2017). Intervals are over other test images and other labels."
        )
