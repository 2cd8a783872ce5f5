"""What the tabs of some checks show besides their cases: a distribution with its line, counts, what could go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from embedding_core import derived
from embedding_core.quality.photos.kinds import BY_NAME
from pages.parts import charts, charts_curate, detail, group_cards, pictures, server, state, words
from pages.parts.curate import moving, splitting

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.quality.composition.balance import Balance
    from embedding_core.quality.composition.cover import Cover
    from embedding_core.quality.composition.shortcuts import Shortcuts
    from embedding_core.quality.drift.found import Drift
    from embedding_core.quality.duplicates.found import DuplicatesFound
    from embedding_core.quality.labels.found import LabelIssues
    from embedding_core.quality.leakage.finding import Leakage
    from embedding_core.quality.photos.finding import Photos
    from embedding_core.workspace import Dataset
    from pages.parts.curate.finding import Subject

_QUIET = {"displayModeBar": False}
SHOWN = 48  # scenes
RELATED = 12  # columns
MEASURED = {"nbytes": "file size", "side": "size in pixels", "aspect": "shape", "format": "file format"}
ALL = "all"  # kinds of photographs
COVERED = 0.95  # share that stays covered, of what the caption of redundancy says


def bursts(kept: Kept[DuplicatesFound], subject: Subject) -> None:
    """Different photographs of one scene: no copies, so nothing is suggested for them."""
    scenes = [kept.found.ids[rows] for rows in kept.found.bursts]
    if not scenes:
        return
    with st.expander(f"{words.count(len(scenes), 'scene')} photographed more than once", icon=":material/burst_mode:"):
        st.caption("Different photographs, so no case for removal. Do not part them between train and test.")
        faces = {
            one.id: one for one in pictures.items(subject.columns, np.concatenate([ids[:3] for ids in scenes[:SHOWN]]))
        }
        cards = [
            group_cards.Card(
                number,
                words.count(len(ids), "photograph"),
                "",
                [faces[image] for image in ids[:3].tolist() if image in faces],
            )
            for number, ids in enumerate(scenes[:SHOWN])
        ]
        opened = group_cards.show(
            cards,
            key="curate_bursts",
            on_group=lambda number: detail.show(int(scenes[number][0])),
            on_chosen=lambda number: state.select(scenes[number], "photographs of one scene"),
        )
        if len(scenes) > SHOWN:
            st.caption(f"The first {SHOWN} are shown.")
    if opened is not None:
        detail.show(opened)


def leakage(kept: Kept[Leakage], subject: Subject) -> None:
    """The split as it is, and the cure for groups that lie across its parts: another one."""
    splitting.undo(subject.dataset)
    splitting.there(subject.dataset)
    splitting.offer(subject.dataset, state.current_encoder(subject.dataset), replaces=True)


def labels(kept: Kept[LabelIssues], subject: Subject) -> None:
    """Where more labels are wrong, by the estimate, than the line takes: the line that would take as many."""
    found, fits = kept.found, kept.found.fitting
    if fits is None:
        return
    strict = int(found.at(found.drawn).flagged.sum())
    fitting = int(found.at(fits).flagged.sum())
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="curate_fitting"):
        if int(found.flagged.sum()) < fitting:
            st.markdown(
                f":material/lightbulb: The line is strict: some **{fitting - strict:,}** wrong labels may lie below it."
                " With a lower line you see more of them, and more that are right.",
                width="stretch",
            )
            where = (subject.dataset, "labels", derived.ONLY, fits)
            st.button(f"Look at {fitting:,}, as the estimate says", key="curate_fit", on_click=moving.move, args=where)
        else:
            st.markdown(
                "The line lies where the estimate of wrong labels puts it, or lower. The strict line, above which most "
                f"labels are wrong, takes **{strict:,}**.",
                width="stretch",
            )
            where = (subject.dataset, "labels", derived.ONLY, None)
            st.button(f"Back to the strict {strict:,}", key="curate_unfit", on_click=moving.move, args=where)


def photos(kept: Kept[Photos], subject: Subject) -> str | None:
    """How the set is distributed in one respect, with the line between found and not found, to be moved.

    Returns the kind that is chosen; None for all of them.
    """
    found = kept.found
    told = [kind for kind in found.kinds if found.line(kind) == found.line(kind)]  # NaN where nothing can be told
    if not told:
        return None
    kind = st.segmented_control(
        "Kind",
        [ALL, *told],
        key="curate_photo_kind",
        default=ALL,
        format_func=words.part,
        required=True,
    )
    if kind == ALL:
        st.caption("Choose a kind to see how the set is distributed, and to move its line.")
        return None
    described, drawn = BY_NAME[kind], found.distribution(kind)
    show = described.scale.show
    low, high = float(show(drawn.edges[0])), float(show(drawn.edges[-1]))
    if low < high:
        key, at = f"curate_photo_line_{kind}", min(max(float(show(drawn.line)), low), high)
        # Set only where it was moved otherwise: a hand that is still moving it would be pulled back to where it was.
        if state.value(key) is None or abs(state.value(key) - at) > (high - low) / 1e6:
            state.prime(key, at)
        st.slider(
            f"Line: {described.told(drawn.line)}",
            low,
            high,
            step=(high - low) / 200,
            format="%.1f" if high < 20 else "%.0f",
            key=key,
            help=words.HELP["drawn line"],
            on_change=_move,
            args=(subject.dataset, kind, key),
        )
    figure = charts_curate.distribution(drawn, found.drawn(kind), show, charts.look(st.context.theme.type))
    alt = f"How the images are distributed, from the least to the most {words.part(kind).lower()}"
    st.plotly_chart(figure, key="curate_photo_chart", theme=None, config=_QUIET, alt=alt)
    ids = found.ids[found.flagged(kind)]
    with st.container(horizontal=True, vertical_alignment="center", key="curate_photo_bar"):
        st.markdown(f"**{words.count(len(ids), 'image')}** beyond the line", width="content")
        if (one := moving.moved(subject.dataset, "photos").get(kind)) is not None:
            own = found.drawn(kind)
            st.button(
                "Line by the set",
                key="curate_photo_unmove",
                icon=":material/undo:",
                on_click=moving.move,
                args=(subject.dataset, "photos", kind, None),
            )
            st.caption(
                f"Moved by {moving.by(one)}. The set's own line: {described.told(own)}, with "
                f"{words.count(len(found.flagged(kind, own)), 'image')} beyond.",
                width="content",
            )
    return str(kind)


def _move(dataset: Dataset, kind: str, key: str) -> None:
    moving.follow(dataset, "photos", kind, lambda: float(BY_NAME[kind].scale.back(state.value(key))))


def new(kept: Kept[Drift], subject: Subject) -> None:
    """What is beside each image, and from how many images the figures are, where not from all."""
    seen = kept.found.seen
    if seen is not None and not seen.all:
        st.caption(words.plain(seen.said))
    if len(kept.found.new()):
        st.caption(words.plain(f"Beside each image is the nearest one of {kept.found.first.called}."))


def balance(kept: Kept[Balance], subject: Subject) -> None:
    """Classes, slices that are too small, what could go, and what goes together with the label."""
    found = kept.found
    if found.classes:
        names, counts = zip(*found.classes, strict=True)
        figure = charts.sizes(names, counts, charts.look(st.context.theme.type))
        st.plotly_chart(figure, key="curate_classes", theme=None, config=_QUIET, alt="Number of images of each label")
    if found.small:
        st.subheader("Too few", anchor=False)
        st.markdown("\n".join(f"- {words.plain(one.words)}" for one in found.small[:12]))
    if found.left_out:
        names = ", ".join(map(words.plain, found.left_out))
        st.caption(f"Left out, as the label by another name: {names}.")
    cover = _newest(subject, "cover", derived.read_cover)
    if cover is not None:
        _cover(cover, subject)
    related = _newest(subject, "shortcuts", derived.read_shortcuts)
    if related is not None and related.found:
        _related(related)


def _related(related: Shortcuts) -> None:
    st.subheader("What goes together with the label", anchor=False, help=words.HELP["shortcut"])
    together = [one for one in related.found if one.together or one.same][:RELATED]
    for one in together:
        mark = ":orange[:material/warning:]" if one.suspect else ":material/info:"
        st.markdown(f"{mark} {words.plain(replace(one, column=_column(one.column)).words)}")
    others = [_column(one.column) for one in related.found if not (one.together or one.same)]
    if others:
        rest = "Nothing else does" if together else "Nothing does, as far as it was looked at"
        st.caption(words.plain(f"{rest}: {', '.join(others[:RELATED])}{' …' if len(others) > RELATED else ''}."))


def _column(name: str) -> str:
    return MEASURED.get(name, name)


def _cover(cover: Cover, subject: Subject) -> None:
    st.subheader("Thin and redundant", anchor=False, help=words.HELP["cover"])
    thin, spare = cover.ids[cover.sparse()], cover.ids[cover.redundant(COVERED)]
    where = f"**{words.count(len(thin), 'image')}** where the set is thin." if len(thin) else "Nowhere is the set thin."
    st.markdown(
        f"{where} **{len(spare):,}** could go with {COVERED:.0%} still covered by an image at least "
        f"{cover.radius:.0%} alike."
    )
    with st.container(horizontal=True, key="curate_cover_bar"):
        for ids, what, key in ((thin, "the thin ones", "thin"), (spare, "what could go", "spare")):
            if len(ids):
                st.button(f"Select {what}", key=f"curate_{key}", on_click=state.select, args=(ids, what))


def _newest(subject: Subject, kind: str, read: Any) -> Any:
    """The newest result of another kind on the same dataset; None without one."""
    stored = server.workspace().results.find(subject.dataset.uuid, kind)
    kept = read(server.workspace(), stored[0].fingerprint) if stored else None
    return None if kept is None else kept.found
