"""The steps that were tried, as cards: what each would bring, what it costs, and the way to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.evaluate.advice import points
from pages.parts import cached, jobs, state, words
from pages.parts.improve.standing import Newest
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.evaluate.advice import Proposal
    from embedding_core.workspace import Dataset

TASK = "improve"
A_ROW = 3  # cards
ICONS = {
    "clean": ":material/mop:",
    "label": ":material/new_label:",
    "encoder": ":material/neurology:",
    "finetune": ":material/model_training:",
}
REVIEWED = {"duplicates": "Duplicates", "outliers": "Outliers", "photos": "Photographs", "labels": "Labels"}


def show(dataset: Dataset, newest: Newest, encoder: str) -> None:
    """What was done, and what is to be done next, the best first."""
    job = trying.job(dataset, TASK, {"dataset": dataset.uuid})
    busy = trying.running(job, key="improve_doing")
    if not busy and job is not None and job.state == "done":
        _did(job.result or {})
    st.subheader("What to do next", anchor=False, help=words.HELP["expected gain"])
    if newest.found.proposals:
        st.markdown(words.plain(newest.found.said))
    else:
        st.markdown(
            "Nothing is tried on an encoder that was fine-tuned on these images: it has seen the answers, so whatever "
            "is tried looks good. Choose the one that it was made from to find further steps."
        )
    lacks = ""
    if busy:
        lacks = "Another step is being done."
    elif not newest.holds:
        lacks = "Something has changed since this was found: look again first."
    best = newest.found.best
    worth = [one for one in newest.found.proposals if one.hopeful]
    rest = [one for one in newest.found.proposals if not one.hopeful]

    def cards(proposals: Sequence[Proposal], begin: int) -> None:
        for start in range(0, len(proposals), A_ROW):
            for place, column in enumerate(st.columns(A_ROW, gap="small")):  # in a row all are equally high
                if start + place < len(proposals):
                    one, number = proposals[start + place], begin + start + place
                    with column:
                        _card(dataset, one, encoder, number, first=one == best, lacks=lacks)

    cards(worth, 0)
    if rest:
        title = f"{words.count(len(rest), 'step')} tried that would bring nothing, or less than nothing"
        with st.expander(title, icon=":material/do_not_disturb_on:", key="improve_rest"):
            cards(rest, len(worth))


def _card(dataset: Dataset, one: Proposal, encoder: str, number: int, *, first: bool, lacks: str) -> None:
    with st.container(border=True, height="stretch", key=f"improve_step_{number}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            st.markdown(f"**{ICONS[one.kind]} {words.plain(one.title)}**", width="stretch")
            if first:
                st.badge("Start here", color="green")
        st.markdown(_expected(one))
        st.caption(f"{one.basis} {_cost(one)}")
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _acts(dataset, one, encoder, number, first=first, lacks=lacks)


def _expected(one: Proposal) -> str:
    """The gain in colour: green where it can be told from nothing, red where it does harm."""
    if one.gain is None:
        return ":gray[Not known before it is tried]"
    colour = "green" if one.told else "red" if one.harmful else "gray"
    return f":{colour}[**{words.plain(points(one))}** expected]"


def _cost(one: Proposal) -> str:
    parts = []
    if one.machine_seconds >= 1:
        parts.append(f"about {words.duration(one.machine_seconds)} of computing")
    if one.images:
        what = "to label" if one.kind == "label" else "to look at"
        parts.append(f"{words.count(one.images, 'image')} {what}, about {words.duration(one.people_seconds)}")
    return f"It costs {', and '.join(parts) or 'next to nothing'}."


def _acts(dataset: Dataset, one: Proposal, encoder: str, number: int, *, first: bool, lacks: str) -> None:
    kind: Literal["primary", "secondary"] = "primary" if first else "secondary"
    if one.kind == "label":
        if not cached.columns(dataset).label.null_count:
            if st.button("Add images", key=f"improve_do_{number}", type=kind, icon=":material/add:"):
                state.go("start.py", into=dataset.name, task="images")
        elif st.button("Choose them", key=f"improve_do_{number}", type=kind, icon=":material/arrow_forward:"):
            state.go("curate.py", curate_tab="Next")
        return
    wanted: dict[str, Any] = {"dataset": dataset.uuid, "encoder": encoder, "step": one.kind, "target": one.target}
    st.button(
        "Do it",
        key=f"improve_do_{number}",
        type=kind,
        icon=":material/play_arrow:",
        disabled=bool(lacks),
        help=lacks or None,
        on_click=lambda: jobs.submit(TASK, wanted, dataset=dataset.uuid),
    )
    if one.kind == "clean" and one.target in REVIEWED:
        st.page_link(
            "curate.py",
            label="Look at them first",
            icon=":material/visibility:",
            query_params=state.link(curate_tab=REVIEWED[one.target]),
        )
    if one.kind == "finetune":
        st.page_link("finetune.py", label="Settings", icon=":material/tune:", query_params=state.link())
    if one.kind == "encoder" and one.target in registry.CARDS:
        st.page_link("encoders.py", label="About it", icon=":material/info:", query_params=state.link())


def _did(result: dict[str, Any]) -> None:
    """What the last step was worth, on the untouched part."""
    found = result.get("difference")
    if not found:
        return
    change, low, high = (100 * found[name] for name in ("change", "low", "high"))
    signed = f"{change:+.1f}" if round(change, 1) else "0.0"
    figure = f"{signed} points ({low:.1f} to {high:.1f})".replace("-", "−")
    mark, said = {
        "better": (":green[:material/trending_up:]", "better than before"),
        "worse": (":red[:material/trending_down:]", "worse than before"),
        "unclear": (":gray[:material/trending_flat:]", "not to be told from before: the interval includes zero"),
    }[found["verdict"]]
    with st.container(border=True, key="improve_did", gap="xxsmall"):
        st.markdown(f"**{mark} Done: {words.plain(result['did'])}**")
        st.markdown(
            f"On the untouched part accuracy went from {found['before']:.1%} to {found['after']:.1%}: **{figure}**, "
            f"{said}."
        )
        after = str(result["after"]["encoder"])
        with st.container(horizontal=True, gap="small"):
            if after != state.get("encoder") and encoders.is_fitted(after):
                st.page_link(
                    "finetune.py",
                    label="What it is worth, and the map",
                    icon=":material/arrow_forward:",
                    query_params=state.link(tuned=encoders.name_of(after)),
                )
            elif after != state.get("encoder") and found["verdict"] != "worse":
                st.button(
                    f"Go on with {words.plain(words.encoder(after))}",
                    key="improve_go_on",
                    icon=":material/arrow_forward:",
                    on_click=state.choose_encoder,
                    args=(after,),
                )
            if result.get("decisions"):
                st.page_link(
                    "curate.py",
                    label="See or undo it",
                    icon=":material/undo:",
                    query_params=state.link(curate_tab="Decisions"),
                )
