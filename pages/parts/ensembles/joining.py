"""The tab: which encoders to join, the work on its way, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived.ensembles import KIND, MOST, embedded_by
from pages.parts import cached, empty, fitted, jobs, server, stale, state, words
from pages.parts.ensembles import telling
from pages.parts.versions import known, trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.train.ensembles_found import Ensembles
    from embedding_core.workspace import Dataset


def show(dataset: Dataset) -> None:
    """The whole tab."""
    snapshot = known.snapshot(dataset, NOW)
    there = fitted.fair(dataset)
    embedding = cached.embedding(dataset, there[0]) if there else None
    if not trying.possible(dataset, embedding, state.current_encoder(dataset), snapshot):
        return
    if len(there) < 2:
        row = empty.note(
            "It takes two",
            "An ensemble joins what two encoders see, or more. The images have vectors from one alone.",
            ":material/join:",
            key="ensembles",
        )
        row.page_link("encoders.py", label="Go to Encoders", icon=":material/arrow_forward:", query_params=state.link())
        return
    kept, current = newest(dataset, snapshot.fingerprint)
    _choose(dataset, there, again=kept is not None, old=kept is not None and not current)
    if kept is not None:
        telling.show(dataset, kept.found)


def newest(dataset: Dataset, now: str) -> tuple[Kept[Ensembles] | None, bool]:
    """The newest of the vectors that are there, and whether images and labels are as they were then."""
    prints = {cached.embedding(dataset, one.card.id).fingerprint for one in dataset.encodings()}
    tried = server.workspace().results.find(dataset.uuid, KIND)
    there = [one for one in tried if prints.issuperset(one.parameters["asked"]["embeddings"])]
    of_now = [one for one in there if one.parameters["asked"]["state"] == now]
    chosen = next(iter(of_now or [one for one in there if one.parameters["asked"]["version"] == NOW]), None)
    return None if chosen is None else cached.proof(chosen.fingerprint, derived.read_ensembles), bool(of_now)


def _choose(dataset: Dataset, there: list[str], *, again: bool, old: bool) -> None:
    """Which encoders, whether to look at views, and the way to start; the work itself where it is on its way."""
    usual = [one for one in embedded_by(dataset) if one in there][:MOST]
    with st.container(horizontal=True, vertical_alignment="bottom", key="ensembles_choose"):
        chosen = st.pills(
            "Encoders",
            there,
            selection_mode="multi",
            default=usual if len(usual) > 1 else there[:MOST],
            format_func=words.encoder,
            key="ensembles_encoders",
            help=words.HELP["ensemble"],
            width="content",
        )
        views = st.toggle(
            "Look at test images mirrored and cropped, too", key="ensembles_views", help=words.HELP["views"]
        )
    fitted.left_out(dataset)
    if trying.running(trying.job(dataset, "ensemble", {"dataset": dataset.uuid}), key="ensembles"):
        return

    def begin() -> None:
        wanted = {"dataset": dataset.uuid, "encoders": chosen, "tta": views}
        jobs.submit("ensemble", wanted, dataset=dataset.uuid)

    lacks = None if 1 < len(chosen) <= MOST else f"Choose 2 to {MOST}."
    if old and lacks is None:
        stale.notice("they were tried", "Try again", begin, key="ensembles")
        return
    row = st.container()
    if not again:
        row = empty.note(
            "Do several encoders see more together?",
            "Encoders go wrong on different images. Their vectors side by side, the mean of their probes’ answers, and "
            "a probe over those answers (stacking) are held against the best encoder alone, on the untouched part.",
            ":material/join:",
            key="ensembles",
        )
    row.button(
        "Try again" if again else "Try them together",
        key="ensembles_try",
        type="secondary" if again else "primary",
        icon=":material/refresh:" if again else ":material/play_arrow:",
        disabled=lacks is not None,
        help=lacks,
        on_click=begin,
    )
