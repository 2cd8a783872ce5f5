"""What the axes explain and how many keep the quality: a sentence, four figures, two charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.effect import points
from pages.parts import charts as house
from pages.parts import state, words
from pages.parts.axes import asking, charts
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.evaluate.axes.laboratory import Laboratory


def show(found: Laboratory) -> None:
    with st.container(key="versions_said_axes", gap="xsmall"):
        st.header(headline(found), anchor=False, help=words.HELP["enough axes"])
        st.markdown(meaning(found))
    half = int((found.space.shares.cumsum() < 0.5).sum()) + 1
    quality = found.quality
    with st.grid(4, min_column_width=170, gap="small"):
        if quality is not None:
            enough = quality.probe.enough
            _figure("Enough axes", f"{enough:,}", "enough axes", f"of {found.d:,}")
            _figure("Space saved", f"{found.d / enough:.0f} ×", "dimensions", _bytes(found.d, enough))
        _figure("More than noise", f"{found.by_noise:,}", "noise axes", f"broken stick: {found.by_stick:,}")
        _figure("Half of all differences", f"{half:,}", "explained variance", "axes show it")
    sides = st.columns(2, gap="large")
    look = house.look(asking.look())
    with sides[0]:
        st.subheader("How much each axis shows", anchor=False, help=words.HELP["explained variance"])
        figure = charts.scree(found.space.shares, found.noise, found.by_noise, look)
        st.plotly_chart(
            figure,
            key="axes_scree",
            theme=None,
            config=trying.QUIET,
            alt="Share of the differences by axis, and summed",
        )
        st.caption(f"In colour: the {found.by_noise:,} axes that explain more than noise would.")
    with sides[1]:
        st.subheader("How many keep the quality", anchor=False, help=words.HELP["folds"])
        if quality is None and _labelled(found):
            st.info(words.plain(found.why_not), icon=":material/info:")
            return
        if quality is None:
            st.info(
                "With labels, this shows how well they can be told from 2, 4, 8 … axes. What the axes show is below.",
                icon=":material/label:",
            )
            st.page_link("curate.py", label="Label some images", icon=":material/label:", query_params=state.link())
            return
        figure = charts.accuracy(quality.probe, quality.near, look)
        alt = "Accuracy of a probe and of the five nearest against the number of axes"
        st.plotly_chart(figure, key="axes_accuracy", theme=None, config=trying.QUIET, alt=alt)
        judged = f"{words.count(len(quality.ids), 'labelled image')} judged a fifth at a time"
        apart = f"; {words.count(found.tested, 'untouched image')} left out" if found.tested else ""
        st.caption(f"{judged}{apart}. The band is the 95% interval.")


def headline(found: Laboratory) -> str:
    if found.quality is None:
        return f"{words.count(found.by_noise, 'axis', 'axes')} of {found.d:,} show more than noise"
    enough = found.quality.probe.enough
    if enough == found.d:
        return f"All {found.d:,} numbers are needed"
    return f"{enough:,} of {found.d:,} numbers are enough"


def meaning(found: Laboratory) -> str:
    if found.quality is None:
        why = "Nothing can be said" if _labelled(found) else "There are no labels to judge by, so nothing is said"
        return f"{why} about quality. What each axis shows is told below."
    probe = found.quality.probe
    if probe.enough == found.d:
        return "With fewer axes, more than a point of accuracy is lost."
    one = probe.at(probe.enough)
    said = f"With the first {probe.enough:,} axes a probe gets {one.after:.1%} right, with all {one.before:.1%}: "
    said += f"{points(one)}."
    if probe.surely < found.d and probe.surely != probe.enough:
        said += f" To be sure of losing less than a point, keep {probe.surely:,}."
    elif probe.surely == found.d:
        said += " That less than a point is lost is likely, not sure: more labelled images would narrow the interval."
    return said


def _bytes(before: int, after: int) -> str:
    return f"{words.size(4 * before)} → {words.size(4 * after)} an image"


def _labelled(found: Laboratory) -> bool:
    return any(kind == "label" for _, kind in found.columns)


def _figure(name: str, value: str, term: str, said: str) -> None:
    st.metric(
        name,
        value,
        delta=said,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=words.HELP[term],
    )
