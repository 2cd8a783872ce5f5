"""The tab: not drawn yet, on its way, or told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived.curve import CURVE, MINUTES, SCRATCH
from pages.parts import cached, empty, fitted, jobs, server, words
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
    curve, scratch = newest(dataset, embedding, snapshot.fingerprint)
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
    telling.show(dataset, curve.found, None if scratch is None else scratch.found, encoder)
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


def newest(dataset: Dataset, embedding: Embedding, state: str) -> tuple[Kept[Curve] | None, Kept[Scratch] | None]:
    """The newest curve of the images and labels as they are now, and the newest training from nothing."""
    curve: Kept[Curve] | None = None
    scratch: Kept[Scratch] | None = None
    for kind, read in ((CURVE, derived.read_curve), (SCRATCH, derived.read_scratch)):
        for one in server.workspace().results.find(dataset.uuid, kind, embedding.fingerprint):
            if one.parameters["asked"].get("state") == state:
                found = cached.proof(one.fingerprint, read)
                if kind == CURVE:
                    curve = found
                else:
                    scratch = found
                break
    return curve, scratch


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
