"""Which of the stored maps is looked at, how it was drawn and what it is called, and drawing another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import projection
from pages.parts import cached, empty, jobs, results, server, state, words
from pages.parts.versions import known as versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.derived import MapResult
    from embedding_core.workspace import Dataset, Embedding, StoredResult

REDRAW = "map_redraw"  # the popover
TITLES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA", "grid": "Grid"}


def stored(dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """The maps there are, of all images and of versions, newest first."""
    return results.with_versions("map", dataset, embedding)


def chosen(maps: Sequence[StoredResult]) -> StoredResult | None:
    """The map in the URL; otherwise the best there is: the newest flat one that shows groups, PCA until then.

    A map of a version is shown to whoever asks for it.
    """

    def worse(one: StoredResult) -> tuple[bool, bool, bool]:
        return results.part_of(one) != "", one.parameters["method"] == "pca", one.parameters["dims"] != 2

    best = min(maps, key=worse, default=None)
    return results.asked_for("map", maps) or best


def title(one: StoredResult) -> str:
    """How a map was drawn: method, dimensions, and the settings that someone has chosen."""
    facts = one.parameters
    turned = {name: value for name, value in facts["asked"].items() if name not in ("method", "dims", "seed")}
    return " · ".join([_method(facts["method"]), f"{facts['dims']}-D", *_settings(turned, facts["seed"])])


def name(drawn: MapResult, other: MapResult | None = None) -> str:
    """A map in a few words; of two beside each other it says what sets it apart from the `other`.

    Settings are those that are not the usual ones, or not the other's. Two that were drawn alike are told apart by how
    many images they show.
    """
    how = drawn.projection
    theirs = other.projection.parameters if other and other.projection.method == how.method else {}
    chosen = projection.METHODS[how.method].parameters if how.method in projection.METHODS else ()
    turned = {
        one.name: float(value)
        for one in chosen
        if (value := how.parameters.get(one.name, one.default)) != one.default or theirs.get(one.name, value) != value
    }
    dims = [f"{how.dims}-D"] if how.dims != 2 else []
    said = " · ".join([_method(how.method), *dims, *_settings(turned, how.seed), words.encoder(drawn.encoder)])
    alike = other is not None and name(other) == name(drawn)
    return f"{said} · {words.count(len(drawn.ids), 'image')}" if alike else said


def _method(method: str) -> str:
    return TITLES.get(method, method)


def _settings(turned: Mapping[str, float], seed: int) -> list[str]:
    titles = {one.name: one.title.lower() for method in projection.METHODS.values() for one in method.parameters}
    said = [f"{titles.get(name, name)} {value:g}" for name, value in turned.items()]
    return [*said, f"seed {seed}"] if seed else said


def beside(dataset: Dataset, one: StoredResult) -> MapResult | None:
    """A second map beside the first: any flat one of the dataset, through whichever encoder, and older ones."""
    flat = [found for found in server.workspace().results.find(dataset.uuid, "map") if found.parameters["dims"] == 2]
    others = {
        found.fingerprint[: results.SHORT]: called
        for found, called in zip(flat, _called(flat), strict=True)
        if found.fingerprint != one.fingerprint
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
        format_func=lambda short: others.get(short, "One map"),
        help=words.HELP["beside"],
        on_change=lambda: state.put("beside", state.value(key)),
        width=230,
    )
    fingerprints = {found.fingerprint[: results.SHORT]: found.fingerprint for found in flat}
    return cached.read_map(fingerprints[known]) if known else None


def _called(maps: Sequence[StoredResult]) -> list[str]:
    """What each of the maps, newest first, is called in a list: those drawn alike, of images of before, are older."""
    found = [
        f"{title(one)} · {words.encoder(one.parameters['encoder'])}"
        f"{' · of a version' * bool(one.parameters.get('part_of'))}"
        for one in maps
    ]
    ages = [found[:at].count(each) for at, each in enumerate(found)]
    return [f"{each} · older{f' ({age})' * (age > 1)}" if age else each for each, age in zip(found, ages, strict=True)]


def pick(maps: Sequence[StoredResult], one: StoredResult, dataset: Dataset, embedding: Embedding) -> None:
    def called(each: StoredResult) -> str:
        return title(each) + versions.suffix(dataset, embedding, each)

    results.pick("Map", maps, one, kind="map", key="map", title=called, help=words.HELP["projection"], width=230)


@st.fragment
def redraw(dataset: Dataset, encoder: str) -> None:
    """Ask for another map, in plain words. It is a job; the map on the screen stays meanwhile."""
    with st.popover("Redraw", icon=":material/brush:", key=state.popover(REDRAW)):
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
            state.shut(REDRAW)
            st.rerun()


def anew(drawn: MapResult, dataset: Dataset) -> None:
    """Ask for the same kind of map of all images together."""
    how = drawn.projection
    known = projection.METHODS[how.method].parameters
    asked = {one.name: how.parameters[one.name] for one in known if how.parameters.get(one.name) != one.default}
    wanted = {"dataset": dataset.uuid, "encoder": drawn.encoder, "method": how.method, "dims": how.dims}
    results.ask("map", "map", {**wanted, "seed": how.seed, "parameters": asked}, dataset)


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
