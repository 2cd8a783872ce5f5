"""What one check has found, on its tab: the figures, the worst as a gallery or as groups, and the ways on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core import derived
from pages.parts import detail, empty, gallery, group_cards, jobs, pictures, state, words
from pages.parts.curate import checks, crashes, lines, moving, reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.review.cases import Case
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns
    from pages.parts.curate.checks import Check
    from pages.parts.curate.reading import Read

A_PAGE = 48  # cases
FACES = 3  # images on the card of a group
GONE = "removed before"  # by the decision of another case
LINE = "curate_line"  # the popover
LATEST = {"keep": "kept", "remove": "removed", "relabel": "relabelled", "unsure": "unsure"}


def show(dataset: Dataset, columns: Columns, encoder: str, one: Check) -> list[int]:
    """The tab of a check. Returns the ids that the drawer can step through."""
    if one.newest is None:
        checks.nothing(dataset, columns, encoder, one)
        return []
    read = reading.read(dataset, one.finding, one.newest.key)
    left, closed = read.queue.left(), dataset.decisions.standing().cases
    st.markdown(read.said)
    if one.state == "running" and one.job:
        jobs.watch(one.job, key=f"curate_{one.finding.kind}_again")
    elif one.finding.ask:
        if not one.newest.current:
            st.caption(f":material/update: {one.newest.since} this was looked for.")
        checks.ask(dataset, columns, encoder, one)
    elif not one.newest.current:
        with st.container(horizontal=True, vertical_alignment="center", key="curate_stale"):
            st.caption(f":material/update: {one.newest.since} this was looked for.")
            checks.run_button(dataset, encoder, one)
    if one.finding.decodes:
        crashes.show(dataset)
    part = one.finding.panel(read.kept, read.subject) if one.finding.panel else None
    if part:
        read = reading.read(dataset, one.finding, reading.part(one.newest.key, part))
        left = read.queue.left()
    if not one.finding.acts:
        return []
    if not read.cases:
        empty.note("Nothing found", "That is good news.", ":material/verified:", key="curate_clean")
        return []
    _bar(read, len(left), part, on_map=one.newest.current)
    verdicts = dict.fromkeys(read.by_key.keys() - left, GONE)
    verdicts |= {key: LATEST.get(decision.action, "") for key, decision in closed.items()}
    pages = -(-len(read.cases) // A_PAGE)
    grid = st.container()
    page = min(st.pagination(pages, key=f"curate_page_{one.finding.kind}{part or ''}"), pages) if pages > 1 else 1
    ordered = sorted(read.by_key, key=lambda key: key not in left)  # stable: the worst of what is left first
    shown = [read.by_key[key] for key in ordered[(page - 1) * A_PAGE :][:A_PAGE]]
    groups = any(len(case.ids) > 1 for case in shown)
    with grid:
        opened = (_groups if groups else _images)(columns, read, shown, verdicts)
    if opened is not None:
        detail.show(opened)
    return [image for case in shown for image in case.ids]


def _bar(read: Read, left: int, part: str | None, *, on_map: bool) -> None:
    kind, total = read.finding.kind, len(read.cases)
    with st.container(horizontal=True, vertical_alignment="center", key="curate_bar"):
        st.button(
            f"Review {words.count(left, 'case')}" if left else "Review: all decided",
            key="curate_review",
            icon=":material/rate_review:",
            type="primary",
            disabled=not left,
            on_click=checks.review,
            args=(reading.part(kind, part),),
        )
        st.button(
            "Select all",
            key="curate_select",
            icon=":material/select_check_box:",
            help=words.HELP["selection"],
            on_click=_select,
            args=(read.cases, f"found by the check {read.finding.title}" + (f": {words.part(part)}" if part else "")),
        )
        if on_map and kind in derived.SCORED:
            _see_on_map(read)
        if read.finding.line:
            _line(read)
        st.caption(f"{total - left:,} of {words.count(total, 'case')} decided", width="content")


def _see_on_map(read: Read) -> None:
    """The map, coloured by what the check has found of each image."""
    if st.button("On the map", key="curate_on_map", icon=":material/bubble_chart:", help=words.HELP["on_map"]):
        state.put("colour", f"found:{read.kept.fingerprint}")
        state.go("map.py")


def _line(read: Read) -> None:
    kind = read.finding.kind
    with st.popover("Move the line", icon=":material/tune:", key=state.popover(LINE), help=words.HELP["line"]):
        st.markdown("Answer twenty questions around the line, and it moves to where enough of what is found is right.")
        wanted = st.segmented_control(
            "How many are to be right",
            lines.WANTED,
            default=lines.WANTED[1],
            key="curate_wanted",
            format_func=lambda share: f"{share:.0%}",
            required=True,
        )
        st.button(
            "Ask me",
            key="curate_ask",
            type="primary",
            on_click=_ask,
            args=(kind, f"{wanted}"),
        )
        if (one := moving.moved(read.subject.dataset, kind).get(derived.ONLY)) is not None:
            st.caption(f"Moved by {moving.by(one)}")
            back = (read.subject.dataset, kind, derived.ONLY, None)
            st.button("Back to where it was", key="curate_unmove", on_click=moving.move, args=back)


def _ask(kind: str, wanted: str) -> None:
    state.shut(LINE)  # left open behind the review, it would take the first Esc
    checks.review(kind, mode="calibrate", wanted=wanted)


def _select(cases: Sequence[Case], how: str) -> None:
    ids = np.unique(np.concatenate([np.asarray(case.ids, np.int64) for case in cases]))
    state.select(ids, how)


def _images(columns: Columns, read: Read, shown: Sequence[Case], verdicts: dict[str, str]) -> int | None:
    by_image = {case.ids[0]: case for case in shown}
    badges = {image: verdicts.get(case.key) or _badge(case) for image, case in by_image.items()}
    beside = _beside(columns, shown) if read.finding.pairs else {}
    items = [
        gallery.Item(
            one.id,
            one.url,
            one.caption,
            by_image[one.id].reason,
            one.badge,
            f"{one.alt}. {one.detail}",
            beside.get(one.id),
        )
        for one in pictures.items(columns, list(by_image), badges)
    ]
    key, alt = f"curate_{read.finding.kind}_gallery", f"{read.finding.title}, worst first"
    return gallery.show(items, key=key, alt=alt, wraps=True, size="l")


def _beside(columns: Columns, shown: Sequence[Case]) -> dict[int, gallery.Beside]:
    """By the image in question, the first of those that say why, which may be of another dataset."""
    found: dict[int, gallery.Beside] = {}
    for dataset in {case.evidence_of for case in shown}:
        theirs = pictures.columns_of(dataset, columns)
        cases = [case for case in shown if case.evidence and case.evidence_of == dataset]
        if theirs is None:
            continue
        known = {one.id: one for one in pictures.items(theirs, [case.evidence[0] for case in cases])}
        for case in cases:
            if one := known.get(case.evidence[0]):
                found[case.ids[0]] = gallery.Beside(one.url, one.alt, next(iter(case.said), ""))
    return found


def _badge(case: Case) -> str:
    if case.suggestion and case.suggestion.label:
        return f"→ {case.suggestion.label}"
    return ""


def _groups(columns: Columns, read: Read, shown: Sequence[Case], verdicts: dict[str, str]) -> int | None:
    faces = {image for case in shown for image in case.ids[:FACES]}
    items = {one.id: one for one in pictures.items(columns, sorted(faces))}
    cards = [
        group_cards.Card(
            number,
            words.count(len(case.ids), "image") + (f" · {verdicts[case.key]}" if case.key in verdicts else ""),
            case.reason,
            [items[image] for image in case.ids[:FACES] if image in items],
        )
        for number, case in enumerate(shown)
    ]
    return group_cards.show(
        cards,
        key=f"curate_{read.finding.kind}_groups",
        on_group=lambda number: checks.review(read.finding.kind, shown[number].key),
        on_chosen=partial(_select_one, shown, read.finding.title),
    )


def _select_one(shown: Sequence[Case], title: str, number: int) -> None:
    _select([shown[number]], f"a group found by the check {title}")
