"""Take axes or properties out, or keep fewer: what becomes of the quality, and the vectors to take along."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.evaluate.axes.erasing import Treatment
from embedding_core.evaluate.axes.meaning import TITLES
from embedding_core.evaluate.axes.storing import BYTES
from pages.parts import empty, jobs, state, urls, words
from pages.parts.axes import asking
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.effect import Difference
    from embedding_core.evaluate.axes.laboratory import Laboratory
    from embedding_core.evaluate.axes.trial import Seen, Trial
    from embedding_core.workspace import Dataset

SHAPES = {"plain": "As they are", "whiten": "Whitened", "denoise": "Noise taken out"}
ALL = 0  # of the axes, in the slider
KEEP_AS = "axes_keep_as"  # the popover


def show(dataset: Dataset, encoder: str, kept: Kept[Laboratory]) -> None:
    found = kept.found
    st.subheader("Try it without, or with fewer", anchor=False)
    st.caption(
        "Take out what should not matter, such as the light, or keep only the first axes. All of it is fitted anew on "
        "what a fold is taught by, so nothing of the judged images leaks in."
    )
    treatment = _asked(found)
    if treatment.nothing:
        empty.note(
            "Nothing is taken out",
            "Choose above what to take out or how many axes to keep, or tick axes on their cards.",
            ":material/tune:",
            key="axes_nothing",
        )
        return
    tried = asking.trial(kept.fingerprint, treatment)
    if tried is not None:
        _told(dataset, encoder, found, tried)
        return
    wanted = _wanted(dataset, encoder, treatment)
    if trying.running(trying.job(dataset, "pca", wanted), key="axes_trial"):
        return
    row = empty.note(
        "What becomes of the quality?",
        f"With {words.plain(treatment.words)}."
        if not treatment.axes and not treatment.properties
        else f"{words.plain(treatment.words).capitalize()}.",
        ":material/science:",
        key="axes_trial",
    )
    asking.ask(row, "Try it", "pca", wanted, dataset, key="axes_try")


def _asked(found: Laboratory) -> Treatment:
    """What the widgets say. The axes are in the URL by themselves, as cards change them too."""
    out = asking.taken_out(found.shown)
    enough = max(1, found.by_noise) if found.quality is None else found.quality.probe.enough
    names = [name for name, kind in found.columns if kind != "label"]
    counts = sorted({1, *(2**power for power in range(1, 12) if 2**power < found.space.axes.shape[1]), enough})
    with st.container(horizontal=True, vertical_alignment="bottom", key="axes_toolbar"):
        key = f"axes_out_{'_'.join(map(str, out))}"
        st.multiselect(
            "Axes to take out",
            list(range(1, found.shown + 1)),
            default=out,
            key=key,
            format_func=lambda number: f"Axis {number}",
            placeholder="None",
            on_change=lambda: asking.take_out(state.value(key, [])),
            width=260,
            help=words.HELP["axis"],
        )
        properties = st.multiselect(
            "Properties to take out",
            names,
            key="axes_properties",
            bind="query-params",
            format_func=lambda name: TITLES.get(name, name),
            placeholder="None",
            width=260,
            help="The directions in which vectors and this vary together go: no linear model can tell it any more.",
        )
        keep = st.select_slider(
            "Axes to keep",
            [*counts, ALL],
            value=enough if enough in counts else ALL,
            key="axes_keep",
            format_func=lambda count: f"{count:,}" if count else "all",
            width=240,
            help=words.HELP["enough axes"],
        )
        shape = st.segmented_control(
            "Numbers",
            list(SHAPES),
            default="plain",
            required=True,
            key="axes_shape",
            format_func=lambda one: SHAPES[one],
            help=f"**Whitened**: {words.HELP['whiten']}\n\n**Noise taken out**: {words.HELP['denoise']}",
        )
    count = None if keep == ALL else min(keep, found.space.axes.shape[1])
    return Treatment(tuple(out), tuple(sorted(properties)), count, shape == "whiten", shape == "denoise")


def _wanted(dataset: Dataset, encoder: str, treatment: Treatment) -> dict[str, object]:
    return {
        "dataset": dataset.uuid,
        "encoder": encoder,
        "remove": list(treatment.axes),
        "properties": list(treatment.properties),
        "keep": treatment.keep,
        "whiten": treatment.whiten,
        "denoise": treatment.denoise,
    }


def _told(dataset: Dataset, encoder: str, found: Laboratory, kept: Kept[Trial]) -> None:
    trial = kept.found
    small = trial.reduction.dim
    st.markdown(f"#### {words.plain(trial.treatment.words).capitalize()}")
    if trial.probe is not None and trial.near is not None:
        st.markdown(_verdict(trial.probe))
        with st.grid(4, min_column_width=200, gap="small"):
            _metric("Probe, on folds", trial.probe, "probe")
            _metric("Five nearest, on folds", trial.near, "neighbour")
            if trial.test is not None:
                _metric(f"Probe, on {trial.tested:,} untouched", trial.test, "untouched")
            st.metric(
                "An image takes",
                words.size(4 * small),
                delta=f"from {words.size(4 * found.d)}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                height="stretch",
                help="float32, four bytes a number.",
            )
    for one in trial.seen:
        st.markdown(_still(one))
    _storage(found, trial)
    _along(dataset, encoder, kept)


def _verdict(one: Difference) -> str:
    if one.better:
        return ":green[:material/trending_up:] That is better: what went was in the way."
    if one.worse and one.change <= -0.01:
        return ":red[:material/trending_down:] That costs quality: what went was of use."
    if one.worse:
        return ":gray[:material/trending_flat:] That costs less than a point."
    return ":gray[:material/trending_flat:] No difference can be told: the interval includes zero."


def _metric(name: str, one: Difference, term: str) -> None:
    st.metric(
        name,
        f"{one.before:.1%} → {one.after:.1%}",
        delta=f"{trying.in_points(one):+.1f} points ({trying.interval(one)})".replace("-", "−"),
        delta_color="green" if one.better else "red" if one.worse else "off",
        delta_arrow="up" if one.better else "down" if one.worse else "off",
        border=True,
        height="stretch",
        help=words.HELP[term],
    )


def _still(one: Seen) -> str:
    name = words.plain(TITLES.get(one.name, one.name))
    if one.measure == "r":
        before, after = (f"{value:.2f}".replace("-", "−") for value in (one.before, one.after))
        figures = f"its predictions went with the truth by r = {before}, and now by r = {after}"
    else:
        figures = f"it was told for {one.before:.0%} of the images, and now for {one.after:.0%}"
        figures += f" (guessing gets {one.guessing:.0%})"
    return f":material/visibility_off: **Can {name} still be told from the vectors?** By a linear model: {figures}."


def _storage(found: Laboratory, trial: Trial) -> None:
    n, dim = len(found.ids), trial.reduction.dim
    rows = [
        ("all numbers, float32", 4 * found.d, None),
        *((name, size * dim, trial.precision.get(name)) for name, size in BYTES.items()),
    ]
    table = {
        "Stored as": [name for name, _, _ in rows],
        "An image": [words.size(size) for _, size, _ in rows],
        "All images": [words.size(size * n) for _, size, _ in rows],
        "Smaller": [f"{4 * found.d / size:.0f} ×" if size != 4 * found.d else "" for _, size, _ in rows],
    }
    if trial.probe is not None:
        exact = {"all numbers, float32": trial.probe.before, "float32": trial.probe.after}
        table["Accuracy"] = [f"{exact.get(name, one.after if one else 0):.1%}" for name, _, one in rows]
    st.dataframe(
        table,
        key="axes_storage",
        hide_index=True,
        alt="What the vectors take, and how accurate they are",
        width="content",
    )


def _along(dataset: Dataset, encoder: str, kept: Kept[Trial]) -> None:
    """Take the vectors along, or keep them here."""
    trial = kept.found
    with st.container(horizontal=True, vertical_alignment="bottom", key="axes_along"):
        numbers = st.selectbox("Numbers as", list(BYTES), key="axes_numbers", width=130)
        for form, title in (("parquet", "Parquet"), ("npz", "numpy")):
            st.link_button(
                f"Download {title}",
                urls.reduced(kept.fingerprint, form, numbers),
                key=f"axes_download_{form}",
                icon=":material/download:",
                help="With ids, paths and labels, and the mean and axes that bring new vectors into the same space.",
            )
        _keep_as(dataset, encoder, trial.treatment)
    flags = [
        *(["--remove", ",".join(map(str, trial.treatment.axes))] if trial.treatment.axes else []),
        *(["--without", ",".join(trial.treatment.properties)] if trial.treatment.properties else []),
        *(["--keep", str(trial.treatment.keep)] if trial.treatment.keep else []),
        *["--whiten"] * trial.treatment.whiten,
        *["--denoise"] * trial.treatment.denoise,
    ]
    said = shlex.join([dataset.name, "--encoder", encoder, *flags, "--out", "F.parquet"])
    with st.expander("From a script", icon=":material/terminal:", key="axes_shell"):
        st.code(f"python -m embedding_core pca {said}", language="bash")


def _keep_as(dataset: Dataset, encoder: str, treatment: Treatment) -> None:
    with st.popover("Keep as an encoder", icon=":material/neurology:", key=state.popover(KEEP_AS)):
        st.caption("Map, search, groups and scores then work on these vectors, under a name of their own.")
        name = st.text_input("Name", f"{words.encoder(encoder)}, {treatment.words}"[:60], key="axes_name", max_chars=60)
        if st.button("Keep", key="axes_keep_it", type="primary", icon=":material/check:", disabled=not name.strip()):
            jobs.submit("pca", {**_wanted(dataset, encoder, treatment), "as": name.strip()}, dataset=dataset.uuid)
            state.shut(KEEP_AS)
            st.rerun()
    wanted = _wanted(dataset, encoder, treatment)
    asked = (one for one in reversed(jobs.about_dataset(dataset)) if one.kind == "pca" and one.parameters.get("as"))
    same = (one for one in asked if all(one.parameters.get(name) == value for name, value in wanted.items()))
    made = next(same, None)
    if made is not None:
        _kept_as(made)


def _kept_as(made: jobs.Job) -> None:
    if made.state not in jobs.ENDED:
        jobs.watch(made, key="axes_keeping")
    elif made.state == "failed":
        jobs.progress(made, key="axes_keeping")
    elif made.state == "done":
        encoder = str((made.result or {}).get("encoder") or f"own:{made.parameters['as']}")
        st.page_link(
            "map.py",
            label=f"Kept: see {words.encoder(encoder)} on the map",
            icon=":material/bubble_chart:",
            query_params=state.link(encoder=encoder, map="", beside=""),
        )
