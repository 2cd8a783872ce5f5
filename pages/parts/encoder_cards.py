"""One encoder as a card: what it is, how far it has got with a dataset, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.errors import KindredError
from pages.parts import empty, jobs, server, state, words

if TYPE_CHECKING:
    from embedding_core.encoders.base import EncoderCard
    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset, Encoding


def show(dataset: Dataset, card: EncoderCard, encoding: Encoding | None) -> None:
    current = state.current_encoder(dataset) == card.id and encoding is not None
    with st.container(border=True, height="stretch", key=f"encoders_card_{card.id}", gap="xsmall"):
        # One text instead of four: a page with many cards comes sooner.
        heading = f"{title(card, current=current)} {status(dataset, encoding)}"
        st.markdown(f"{heading}\n\n{words.plain(card.good_for)}\n\n:small[{facts(card)}]")
        job = under_way(dataset, card)
        if job is not None:
            jobs.watch(job, key=f"encoders_{card.id}")
        else:
            actions(dataset, card, encoding, current=current)
            last(dataset, card)


def title(card: EncoderCard, *, current: bool) -> str:
    badge = " :green-badge[:material/check: in use]" if current else ""
    return f"**{words.plain(card.name)}** :gray[{words.plain(card.family)}]{badge}"


def status(dataset: Dataset, encoding: Encoding | None) -> str:
    if encoding is None:
        return ":gray-badge[not computed]"
    if encoding.count < dataset.count:
        return f":orange-badge[{encoding.count:,} of {dataset.count:,} images]"
    return f":green-badge[:material/check: {words.count(encoding.count, 'image')}]"


def facts(card: EncoderCard) -> str:
    parts = [f"{card.dim:,} dimensions"]
    if card.input_size:
        parts.append(f"sees {card.input_size} × {card.input_size} px")
    if card.size_mb:
        parts.append(f"{card.size_mb:,.0f} MB" + ("" if card.needs_download else ", included"))
    if card.licence:
        parts.append(words.plain(card.licence))
    if card.supports_text:
        parts.append("knows text")
    if card.source.startswith("https://"):
        parts.append(f"[about the weights](<{card.source}>)")
    return " · ".join(parts)


def under_way(dataset: Dataset, card: EncoderCard) -> Job | None:
    """The job that runs this encoder on this dataset now."""
    mine = [job for job in jobs.running(dataset) if (job.parameters.get("encoder") or registry.DEFAULT) == card.id]
    return mine[0] if mine else None


def last(dataset: Dataset, card: EncoderCard) -> None:
    """Why it did not work, when the last try failed."""
    tries = [
        job
        for job in jobs.about_dataset(dataset)
        if job.kind in ("prepare", "embed") and (job.parameters.get("encoder") or registry.DEFAULT) == card.id
    ]
    job = max(tries, key=lambda job: job.created, default=None)
    if job is not None and job.state == "failed":
        st.error(
            words.plain(job.error), title=f"{words.plain(card.name)} could not be run", icon=":material/cloud_off:"
        )


def actions(dataset: Dataset, card: EncoderCard, encoding: Encoding | None, *, current: bool) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        known = encoders.runnable(server.workspace(), card.id)
        if known and (encoding is None or encoding.count < dataset.count):
            label = "Compute" if encoding is None else "Compute the rest"
            if st.button(label, key=f"encoders_compute_{card.id}", icon=":material/play_arrow:"):
                wanted = {"dataset": dataset.uuid, "encoder": card.id}
                jobs.submit("prepare", wanted, dataset=dataset.uuid)
                st.rerun()
        if encoding is not None and not current:
            st.button(
                "Use it",
                key=f"encoders_use_{card.id}",
                icon=":material/check:",
                on_click=state.choose_encoder,
                args=(card.id,),
                help="All pages show the images as this encoder sees them.",
            )
        tuned = card.id.startswith(encoders.PREFIX)
        if (encoding is not None or (known and tuned)) and st.button(
            "Remove", key=f"encoders_remove_{card.id}", icon=":material/delete:", type="tertiary"
        ):
            remove(dataset, card, encoding)


@st.dialog("Remove vectors", icon=":material/delete:")
def remove(dataset: Dataset, card: EncoderCard, encoding: Encoding | None) -> None:
    tuned = card.id.startswith(encoders.PREFIX)
    gone = f"The {words.count(encoding.count if encoding else 0, 'vector')} of **{words.plain(dataset.name)}** from "
    st.markdown(
        f"{gone}**{words.plain(card.name)}** will be gone, and its maps and groups can no longer be opened. Images, "
        "labels and tags stay. "
        + (
            "The fine-tuned network goes as well, for all datasets; only training brings it back."
            if tuned
            else "They can be computed again."
        )
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep them", key="encoders_keep"):
            st.rerun()
        if st.button("Remove", key="encoders_remove", type="primary", icon=":material/delete:"):
            try:
                if encoding is not None:
                    dataset.vectors.drop(card.id)
                if tuned:
                    encoders.delete(server.workspace(), card.id)
            except KindredError as error:
                empty.failed(error)
            else:
                if state.get("encoder") == card.id:
                    state.choose_encoder("")
                st.rerun()
