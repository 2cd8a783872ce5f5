"""Which encoders are compared: those in the URL, else those compared last, else all; and a way to add others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.encoders import registry
from pages.parts import empty, fitted, jobs, server, state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.encoders.base import EncoderCard
    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset

NAME = "encoders"  # in the URL: ids, separated by commas


def chosen(dataset: Dataset, there: Sequence[str]) -> list[str]:
    """Those of them that the URL names; without a choice those that were compared last, so that another encoder takes
    no answer away, else all."""
    asked = state.get(NAME).split(",")
    named = [one for one in there if one in asked]
    if named:
        return named
    done = server.workspace().results.find(dataset.uuid, derived.COMPARISON)
    last = done[0].parameters["asked"]["encoders"] if done else []
    return [one for one in there if one in last] if len(last) > 1 and set(last) <= set(there) else list(there)


def pick(dataset: Dataset, there: Sequence[str], now: Sequence[str]) -> None:
    """The encoders as switches, and a way to add another."""
    # The choice is in the key: a browser that still reports an older one must not turn a new one back.
    key = f"compare_encoders_{'_'.join(now)}_{len(there)}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_toolbar"):
        st.pills(
            "Encoders",
            list(there),
            selection_mode="multi",
            default=list(now),
            format_func=words.encoder,
            key=key,
            help=words.HELP["encoder"],
            on_change=lambda: state.put(NAME, ",".join(state.value(key) or ())),
            width="content",
        )
        with st.popover("Add another", icon=":material/add:", key="compare_add"):
            offer(dataset, there, list(registry.CARDS.values()))
    fitted.left_out(dataset)
    for job in embedding_jobs(dataset):
        jobs.watch(job, key=f"compare_job_{job.id}")


def offer(dataset: Dataset, there: Sequence[str], cards: Sequence[EncoderCard]) -> None:
    """Encoders that have not embedded these images, each with a button that has it done."""
    under_way = {job.parameters.get("encoder") for job in embedding_jobs(dataset)}
    for card in cards:
        if card.id in there:
            continue
        with st.container(horizontal=True, vertical_alignment="center", wrap=False, key=f"compare_offer_{card.id}"):
            st.markdown(f"**{words.plain(card.name)}** :small[:gray[{_facts(card)}]]", width="stretch")
            st.button(
                "Under way" if card.id in under_way else "Embed",
                key=f"compare_embed_{card.id}",
                icon=":material/play_arrow:",
                disabled=card.id in under_way,
                on_click=_embed,
                args=(dataset, card.id, there),
            )


def alone(dataset: Dataset, there: Sequence[str]) -> None:
    """One encoder, or none, has embedded the images: nothing to compare yet."""
    name = words.plain(words.encoder(there[0])) if there else ""
    empty.note(
        "One encoder only" if there else "Not embedded yet",
        f"The images have vectors from **{name}** alone. Embed them with another one, and both are compared on the "
        "same images."
        if there
        else "An encoder turns each image into numbers. Embed the images with two of them, and they are compared.",
        ":material/balance:",
        key="compare_alone",
    )
    for job in embedding_jobs(dataset):
        jobs.watch(job, key=f"compare_job_{job.id}")
    st.subheader("Can be run here, without a download", anchor=False)
    offer(dataset, there, [card for card in registry.CARDS.values() if registry.available_offline(card.id)])
    with st.expander("Others, downloaded at first use", icon=":material/cloud_download:"):
        offer(dataset, there, [card for card in registry.CARDS.values() if not registry.available_offline(card.id)])


def embedding_jobs(dataset: Dataset) -> list[Job]:
    """The jobs that embed this dataset now."""
    return [job for job in jobs.running(dataset) if job.kind in ("embed", "prepare")]


def failures(dataset: Dataset, there: Sequence[str]) -> None:
    """Why an encoder that was asked for here could not be run."""
    for card in registry.CARDS.values():
        tries = [one for one in jobs.about_dataset(dataset) if one.kind == "embed" and _of(one) == card.id]
        if tries and tries[-1].state == "failed" and card.id not in there:
            st.error(
                words.plain(tries[-1].error),
                title=f"{words.plain(card.name)} could not be run",
                icon=":material/cloud_off:",
            )


def _of(job: Job) -> str:
    return str(job.parameters.get("encoder") or registry.DEFAULT)


def _embed(dataset: Dataset, encoder: str, there: Sequence[str]) -> None:
    state.put(NAME, ",".join(dict.fromkeys([*chosen(dataset, there), encoder])))
    jobs.submit("embed", {"dataset": dataset.uuid, "encoder": encoder}, dataset=dataset.uuid)


def _facts(card: EncoderCard) -> str:
    parts = [f"{card.size_mb:,.0f} MB" if card.size_mb else "no weights", words.plain(card.licence.partition(" (")[0])]
    if not registry.available_offline(card.id):
        parts.append("download")
    return " · ".join(parts)
