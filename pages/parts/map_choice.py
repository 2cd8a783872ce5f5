"""Which of the stored maps is looked at, how it was drawn, how far it can be believed, and drawing another one."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import derived, projection, trust
from pages.parts import cached, empty, jobs, results, server, state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.derived import MapResult
    from embedding_core.projection import Projection
    from embedding_core.workspace import Dataset, Embedding, StoredResult

DRAWN = "map_drawn"  # how many maps this visit has asked for
TITLES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA", "grid": "Grid"}


def stored(dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """The maps there are, newest first."""
    return derived.maps(server.workspace(), dataset, embedding)


def chosen(maps: Sequence[StoredResult]) -> StoredResult | None:
    """The map in the URL; otherwise the best there is: the newest flat one that shows groups, PCA until then."""
    best = min(maps, key=lambda one: (one.parameters["method"] == "pca", one.parameters["dims"] != 2), default=None)
    return results.asked_for("map", maps) or best


def title(one: StoredResult) -> str:
    facts = one.parameters
    parts = [TITLES.get(facts["method"], facts["method"]), f"{facts['dims']}-D"]
    turned = [f"{name.replace('_', ' ')} {value:g}" for name, value in _turned(facts).items()]
    if facts["seed"]:
        turned.append(f"seed {facts['seed']}")
    return " · ".join(parts + turned)


def name(drawn: MapResult) -> str:
    """A map in a few words, where several are beside each other."""
    return f"{TITLES.get(drawn.projection.method, drawn.projection.method)} · {words.encoder(drawn.encoder)}"


def beside(dataset: Dataset, one: StoredResult) -> MapResult | None:
    """A second map beside the first: any flat one of the dataset, through whichever encoder, and older ones."""
    others = {
        found.fingerprint[: results.SHORT]: found
        for found in server.workspace().results.find(dataset.uuid, "map")
        if found.parameters["dims"] == 2 and found.fingerprint != one.fingerprint
    }
    if not others:
        return None
    known = state.get("beside") if state.get("beside") in others else ""
    key = f"map_beside_{known}"
    st.selectbox(
        "Beside it",
        ["", *others],
        index=["", *others].index(known),
        key=key,
        format_func=lambda short: _named(others[short]) if short in others else "One map",
        help=words.HELP["beside"],
        on_change=lambda: state.put("beside", state.value(key)),
        width=230,
    )
    return cached.read_map(others[known].fingerprint) if known else None


def _named(one: StoredResult) -> str:
    return f"{title(one)} · {words.encoder(one.parameters['encoder'])}"


def _turned(facts: dict[str, Any]) -> dict[str, float]:
    """The parameters that someone has set."""
    return {name: value for name, value in facts["asked"].items() if name not in ("method", "dims", "seed")}


def pick(maps: Sequence[StoredResult], one: StoredResult) -> None:
    results.pick("Map", maps, one, kind="map", key="map", title=title, help=words.HELP["projection"], width=230)


def honesty(one: MapResult, gone: NDArray[np.bool_]) -> None:
    """How far the picture can be believed, in one line. Images that are `gone` (n,) are not counted as misplaced."""
    drawn = one.projection
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map_honesty"):
        if drawn.trust is not None:
            found = cached.honesty(one.fingerprint, _trust=drawn.trust)
            ids = one.ids[found.misplaced[~gone[found.misplaced]]]
            st.markdown(_trusted(found.agreement, len(ids)), width="content")
            if len(ids):
                label = "Show them" if len(ids) > 1 else "Show it"
                st.button(
                    label,
                    key="map_misplaced",
                    type="tertiary",
                    help=words.HELP["misplaced"],
                    on_click=_select,
                    args=(one, ids),
                )
        said, terms = _whole(drawn)
        if said:
            st.markdown(" ".join(said), help="\n\n".join(terms) or None, width="content")


def _trusted(agreement: float, misplaced: int) -> str:
    share = f"**{floor(agreement * 100 + 1e-6)}%** of each image’s map neighbours are real neighbours"
    if not misplaced:
        return f":material/verified_user: {share}, and no image is placed where it does not belong."
    is_, they = ("are", "they do") if misplaced > 1 else ("is", "it does")
    return (
        f":material/verified_user: {share}; **{words.count(misplaced, 'image')}** {is_} placed where {they} not belong:"
    )


def _whole(drawn: Projection) -> tuple[list[str], list[str]]:
    """What is said of the map as a whole, and what the words mean."""
    said, terms = [], []
    if drawn.trustworthiness is not None:
        said.append(f"Trustworthiness **{drawn.trustworthiness:.2f}**.")
        terms += [words.HELP["trustworthiness"], words.plain(trust.words(drawn.trustworthiness))]
    if drawn.explained_variance:
        share = sum(drawn.explained_variance)
        said.append(f"These axes together show **{share:.0%}** of all differences.")  # each may be turned off its own
        terms.append(words.HELP["explained variance"])
    return said + [words.plain(drawn.note)] * bool(drawn.note), terms


def _select(one: MapResult, ids: NDArray[np.int64]) -> None:
    state.select(ids.tolist(), "placed where they do not belong", one.fingerprint)


@st.fragment
def redraw(dataset: Dataset, encoder: str) -> None:
    """Ask for another map, in plain words. It is a job; the map on the screen stays meanwhile."""
    with st.popover("Redraw", icon=":material/brush:", key=f"map_redraw_{state.value(DRAWN, 0)}"):
        methods = projection.METHODS
        method = st.segmented_control(
            "Method",
            list(methods),
            key="map_method",
            default=next(iter(methods), None),
            required=True,
            format_func=lambda name: methods[name].title,
        )
        st.caption(methods[method].explanation)
        dims = st.segmented_control(
            "Dimensions", [2, 3], key="map_dims", default=2, required=True, format_func="{}-D".format
        )
        turned = {}
        for one in methods[method].parameters:
            whole = float(one.step).is_integer()
            kind = int if whole else float
            turned[one.name] = st.slider(
                one.title,
                *map(kind, (one.low, one.high, one.default, one.step)),
                key=f"map_{method}_{one.name}",
                help=one.explanation,
            )
        seed = st.number_input("Seed", 0, 10_000, 0, key="map_seed", help=words.HELP["seed"])
        if st.button("Draw", key="map_draw", type="primary", icon=":material/brush:", width="stretch"):
            asked = {
                one.name: turned[one.name] for one in methods[method].parameters if turned[one.name] != one.default
            }
            wanted = {"dataset": dataset.uuid, "encoder": encoder, "method": method, "dims": dims, "seed": seed}
            results.ask("map", "map", {**wanted, "parameters": asked}, dataset)
            state.prime(DRAWN, state.value(DRAWN, 0) + 1)  # a new popover is a closed one
            st.rerun()


def follow() -> None:
    """The map that was asked for."""
    results.follow("map", key="map")


def await_better(dataset: Dataset, embedding: Embedding, seen: int) -> None:
    """While something is computed for this dataset, look for new maps; rerun when there is one."""
    busy = bool(jobs.running(dataset))

    @st.fragment(run_every=1.5 if busy else None)
    def looked_for() -> None:
        if busy and len(stored(dataset, embedding)) > seen:
            st.rerun()

    looked_for()


def none_yet(dataset: Dataset, encoder: str) -> None:
    """There is no map: one is being drawn, or can be."""
    if results.coming(dataset, "The map is on its way", "It appears here by itself.", key="map"):
        return
    last = jobs.latest(dataset, "prepare")
    if last is not None and last.state == "failed":
        st.error(words.plain(last.error or "It ended without saying why."), title="The last attempt failed")
    empty.note(
        "No map of these images yet",
        "Drawing one takes seconds for thousands of images.",
        ":material/bubble_chart:",
        key="map",
    )
    if st.button("Draw the map", key="map_prepare", type="primary", icon=":material/brush:"):
        jobs.submit("prepare", {"dataset": dataset.uuid, "encoder": encoder}, dataset=dataset.uuid)
        st.rerun()


def swap_note(drawn: MapResult, dataset: Dataset) -> None:
    """PCA is there first; say that a better map follows."""
    if drawn.projection.method == "pca" and not state.get("map") and jobs.running(dataset):
        st.info(
            "A first look by PCA. The map that shows groups is being drawn and takes its place by itself.",
            icon=":material/hourglass_top:",
        )
