"""The tab: not drawn yet, on its way, or told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived.curve import CURVE, MINUTES, SCRATCH
from pages.parts import cached, empty, fitted, jobs, server, stale, words
from pages.parts.curve import telling
from pages.parts.versions import known, trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.evaluate.curve.found import Curve
    from embedding_core.evaluate.curve.scratch_found import Scratch
    from embedding_core.workspace import Dataset, Embedding

_LONGEST = 15  # minutes of training from nothing that the page offers


def show(dataset: Dataset, embedding: Embedding | None, encoder: str) -> None:
    """The whole tab. `embedding` is None where the images have no vectors from `encoder`."""
    if fitted.refused(encoder, "a learning curve", key="curve"):
        return
    snapshot = known.snapshot(dataset, NOW)
    if not trying.possible(dataset, embedding, encoder, snapshot) or embedding is None:
        return
    wanted = {"dataset": dataset.uuid, "encoder": encoder}
    curve, scratch, current = newest(dataset, embedding, snapshot.fingerprint)
    if trying.running(trying.job(dataset, "learning_curve", wanted), key="curve"):
        return
    if curve is None:
        row = empty.note(
            "What would more labels bring?",
            "A probe is trained on ever larger parts of your labels and judged by images that are never trained on. "
            "How its accuracy climbs tells what more labels are likely to bring, and how few would have done. Beside "
            "it a small network learns from nothing with the same labels, to see what the encoder is worth.",
            ":material/show_chart:",
            key="curve",
        )
        _start(row, wanted, "Draw the curve")
        return
    if not current:
        stale.notice(
            "it was drawn",
            "Draw it again",
            lambda: jobs.submit("learning_curve", wanted, dataset=dataset.uuid),
            key="curve",
        )
    telling.show(dataset, curve.found, None if scratch is None else scratch.found, encoder)
    if not current:
        return
    if scratch is None:
        with st.container(border=True, key="curve_scratch_offer"):
            st.markdown(
                "**And without an encoder?** A small network can learn from nothing with the same labels. It shows "
                "what the encoder is worth on your images, training time included."
            )
            _start(st.container(), wanted, "Let it learn")
    else:
        with st.expander("Give learning from nothing more time", key="curve_scratch_again"):
            _start(st.container(), wanted, "Let it learn")
    trying.copies(embedding)


def newest(dataset: Dataset, embedding: Embedding, now: str) -> tuple[Kept[Curve] | None, Kept[Scratch] | None, bool]:
    """The newest curve, of the images and labels as they are `now` if there is one, and the newest training from
    nothing on the same; whether they are as now."""
    drawn = server.workspace().results.find(dataset.uuid, CURVE, embedding.fingerprint)
    asked = [one.parameters["asked"] for one in drawn]
    states = [one["state"] for one in asked if one["version"] == NOW]
    state = now if now in states or not states else states[0]
    curve = cached.before(dataset, CURVE, embedding.fingerprint, derived.read_curve, state=state)
    scratch = cached.before(dataset, SCRATCH, embedding.fingerprint, derived.read_scratch, state=state)
    return curve, scratch, state == now


def _start(row: st.delta_generator.DeltaGenerator, wanted: dict[str, str], title: str) -> None:
    """Minutes for learning from nothing, and the way to start; a curve that is there is not drawn again."""
    with row, st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="center"):
        minutes = st.number_input(
            "Minutes for learning from nothing",
            min_value=0,
            max_value=_LONGEST,
            value=int(MINUTES),
            key="curve_minutes",
            width=260,
            help=words.HELP["from scratch"],
        )
        st.button(
            title,
            key="curve_draw",
            type="primary",
            icon=":material/play_arrow:",
            on_click=lambda: jobs.submit(
                "learning_curve", {**wanted, "scratch_minutes": minutes}, dataset=wanted["dataset"]
            ),
        )
