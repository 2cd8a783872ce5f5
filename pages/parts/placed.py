"""What is said of images that were not drawn with the others of a map, and the way to a map of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.parts import map_choice, state, words

if TYPE_CHECKING:
    from embedding_core.derived import MapResult
    from embedding_core.projection import Fit
    from embedding_core.workspace import Dataset


def show(drawn: MapResult, dataset: Dataset) -> None:
    """A line below the map; nothing where all images were drawn together."""
    fit, placement = drawn.projection.fit, drawn.projection.placement
    if fit is None or placement is None:
        return
    landmarks = drawn.projection.parameters.get("landmarks")
    said = _landmarks(fit, int(landmarks)) if landmarks else _newcomers(fit)
    with st.container(key="map_placed"), st.container(horizontal=True, key="map_placed_said"):
        st.markdown(f":material/add_location: {said}", help=words.HELP["placed"], width="content")
        if landmarks:
            return
        outside = drawn.ids[placement.outside]
        for ids, label, key in (
            (drawn.ids[placement.placed], "Show them", "map_newcomers"),
            (outside, "Show those outside", "map_outside"),
        ):
            if len(ids):
                how = "new on the map" if key == "map_newcomers" else "unlike what was there"
                st.button(label, key=key, type="tertiary", on_click=_select, args=(drawn, ids, how))
        st.button(
            "Draw anew",
            key="map_anew",
            type="tertiary",
            help="Draws all images together and turns the map towards this one.",
            on_click=map_choice.anew,
            args=(drawn, dataset),
        )


def _newcomers(fit: Fit) -> str:
    images, were = ("image", "was") if fit.placed == 1 else ("images", "were")
    lead = f"**{fit.placed:,} new {images}** {were} placed on this map, and no other one moved."
    return f"{lead} {_fits(fit, 'of the others')}; **{fit.outside / fit.placed:.1%}** lie outside of what was there."


def _landmarks(fit: Fit, landmarks: int) -> str:
    lead = f"**{landmarks:,} images** were drawn, and {fit.placed:,} placed beside their neighbours among them."
    return f"{lead} {_fits(fit, 'of those drawn')}."


def _fits(fit: Fit, others: str) -> str:
    return f"**{fit.trust:.0%}** of their map neighbours are real neighbours, {fit.trust_drawn:.0%} {others}"


def _select(one: MapResult, ids: np.ndarray, how: str) -> None:
    state.select(ids.tolist(), how, one.fingerprint)
