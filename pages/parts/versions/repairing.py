"""Repair at training: each step of cleaning as a switch, and what each is worth alone and together with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.effect import points
from embedding_core.effect.repair import NAMES, REMOVAL, REWEIGHTING, STANDARDISATION
from pages.parts import cached, charts, charts_versions, jobs, server, words
from pages.parts.versions import known, trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.effect import Repairs
    from embedding_core.effect.intervals import Differences
    from embedding_core.workspace import Dataset, Embedding

STEPS = {
    "duplicates": "All but the best of each group of copies are left out.",
    "outliers": "Images unlike all others are left out.",
    "photos": "Dark, blurred, near-empty and tiny pictures are left out.",
    REMOVAL: "Images whose label their look-alikes contradict are left out.",
    REWEIGHTING: "The same images count less, instead of not at all.",
    STANDARDISATION: "Every number of a vector is brought to the same scale.",
}


def show(dataset: Dataset, embedding: Embedding | None, encoder: str, version: str) -> None:
    """The tab."""
    snapshot = known.snapshot(dataset, version)
    if not trying.possible(dataset, embedding, encoder, snapshot) or embedding is None:
        return
    st.markdown(
        f"What would each step of cleaning be worth on {known.quoted(version)}? They are tried at training alone: "
        "nothing is decided, and the images stay as they are.",
        help=words.HELP["repair"],
    )
    wanted = {"dataset": dataset.uuid, "encoder": encoder, "version": version}
    kept = _newest(dataset, embedding, version, snapshot.fingerprint)
    if not trying.running(trying.job(dataset, "repair", wanted), key="versions_repair"):
        _switches(dataset, wanted, again=kept is not None)
    if kept is not None:
        _told(kept)
    trying.copies(embedding)


def _switches(dataset: Dataset, wanted: dict[str, str], *, again: bool) -> None:
    chosen = []
    with st.grid(3, min_column_width=250, gap="small"):
        for step, means in STEPS.items():
            with st.container(border=True, height="stretch", gap="xxsmall", key=f"versions_step_{step}"):
                if st.toggle(NAMES[step], value=True, key=f"versions_switch_{step}"):
                    chosen.append(step)
                st.caption(means)
    st.button(
        "Try them again" if again else "Try them",
        key="versions_repair",
        type="secondary" if again else "primary",
        icon=":material/play_arrow:",
        disabled=not chosen,
        help=None if chosen else "Switch at least one step on.",
        on_click=lambda: jobs.submit("repair", {**wanted, "steps": chosen}, dataset=dataset.uuid),
    )


def _newest(dataset: Dataset, embedding: Embedding, version: str, fingerprint: str) -> Kept[Repairs] | None:
    """The newest that was tried on this version as it is now."""
    for one in server.workspace().results.find(dataset.uuid, "repairs", embedding.fingerprint):
        asked = one.parameters["asked"]
        if asked["version"] == version and asked.get("state") == fingerprint:
            return cached.proof(one.fingerprint, derived.read_repairs)
    return None


def _told(kept: Kept[Repairs]) -> None:
    found = kept.found
    arms = list(zip(found.arms, found.lost, found.differences, strict=True))
    with st.container(key="versions_said_repair"):
        st.header(_headline(arms), anchor=False, help=words.HELP["interval"])
    st.markdown(
        f"Against doing nothing, which is right in **{found.nothing.mean():.1%}**. Judged by {len(found.ids):,} images "
        f"that no step touches, over {len(found.nothing)} trainings on some {found.trained:,} images, with the same "
        "draws for every step."
    )
    rows = [(NAMES.get(arm, arm), one.accuracy) for arm, _, one in arms]
    figure = charts_versions.intervals(rows, charts.look(st.context.theme.type))
    alt = "What each step is worth, with its interval"
    st.plotly_chart(figure, key="versions_steps", theme=None, config=trying.QUIET, alt=alt)
    st.dataframe(
        trying.signed(
            {
                "Step": [NAMES.get(arm, arm) for arm, _, _ in arms],
                "Points": [trying.in_points(one.accuracy) for _, _, one in arms],
                "Interval": [trying.interval(one.accuracy) for _, _, one in arms],
                "Every label alike": [trying.in_points(one.balanced) for _, _, one in arms],
                "Training weight lost": [100 * lost for _, lost, _ in arms],
            },
            "Points",
            "Every label alike",
        ),
        key="versions_steps_table",
        hide_index=True,
        column_config={
            "Training weight lost": st.column_config.NumberColumn(
                format="%.1f%%",
                help="The share of all that is trained on that no longer counts. An image left out loses all of its "
                "weight, one that counts less a part of it.",
            ),
        },
        alt="What each step is worth, in figures",
    )


def _headline(arms: list[tuple[str, float, Differences]]) -> str:
    """The best of what helps; what harms, where nothing does; or that nothing can be told."""
    better = [(one.accuracy, arm) for arm, _, one in arms if one.accuracy.better]
    worse = [(one.accuracy, arm) for arm, _, one in arms if one.accuracy.worse]
    if better:
        most, arm = max(better, key=lambda pair: pair[0].change)
        return f":green[:material/trending_up:] {NAMES.get(arm, arm)}: accuracy {points(most)}"
    if worse:
        least, arm = min(worse, key=lambda pair: pair[0].change)
        return f":red[:material/trending_down:] None of it helps. {NAMES.get(arm, arm)}: {points(least)}"
    return ":gray[:material/trending_flat:] No step can be told to help"
