"""Run checks: which are not run, running, done or out of date, a card each, and all of them at a press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from pages.parts import empty, jobs, state, words
from pages.parts.curate import findings, reading, splitting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset, Embedding
    from pages.parts.cached import Columns
    from pages.parts.curate.finding import Finding
    from pages.parts.curate.reading import Newest

TAB = "curate_tab"  # key of the tabs
NO_SPLIT = "It wants a split into train, validation or test."
OVERVIEW, DECISIONS = "Overview", "Decisions"


@dataclass(frozen=True, slots=True)
class Check:
    """One check on one dataset, as it stands."""

    finding: Finding
    newest: Newest | None
    job: Job | None  # the last one that is not older than `newest`
    wants: str  # what it would need and is not there; empty when it can run

    @property
    def state(self) -> Literal["wanting", "running", "failed", "never", "stale", "done"]:
        if self.job and self.job.state not in jobs.ENDED:
            return "running"
        if self.newest is None and self.wants:
            return "wanting"
        if self.job and self.job.state == "failed" and not (self.newest and self.newest.current):
            return "failed"
        if self.newest is None:
            return "never"
        return "done" if self.newest.current else "stale"


def all_of(dataset: Dataset, columns: Columns, embedding: Embedding | None) -> list[Check]:
    """Every check, in the order of its tabs."""
    known: dict[str, Job] = {job.kind: job for job in jobs.about_dataset(dataset)}  # the newest of each kind
    return [
        Check(one, reading.newest(dataset, one, embedding), known.get(one.task), wants(one, columns, embedding))
        for one in findings.FINDINGS.values()
    ]


def wants(finding: Finding, columns: Columns, embedding: Embedding | None) -> str:
    """What is missing for a check, as a sentence."""
    if finding.embedded and embedding is None:
        return "It compares images by their embedding. Compute one on Encoders."
    if finding.labelled and len(columns.labels) < 2:
        return "It wants labels, two different ones at least."
    if finding.split and len(columns.splits) < 2:
        return NO_SPLIT
    return ""


def run(dataset: Dataset, encoder: str, wanted: Sequence[Finding], asked: Mapping[str, Any] | None = None) -> None:
    """A job for each; `asked` are other parameters than dataset and encoder."""
    for one in wanted:
        parameters = asked or {"dataset": dataset.uuid, "encoder": encoder}
        jobs.submit(one.task, parameters, dataset=dataset.uuid)


def overview(dataset: Dataset, encoder: str, checks: Sequence[Check]) -> None:
    """A card for each check, looked at again every second while one is running."""
    todo = [one.finding for one in checks if one.state in ("never", "stale", "failed") and not one.finding.ask]
    running = [one for one in checks if one.state == "running"]
    with st.container(horizontal=True, vertical_alignment="center", key="curate_all_bar"):
        st.markdown(_verdict(dataset, checks), width="stretch")
        if todo:
            begun = any(one.newest or one.state == "running" for one in checks)
            again = all(one.newest for one in checks if one.finding in todo)
            other = "Check {} again" if again else "Run the other {}"
            label = other.format(len(todo)) if begun else "Check everything"
            st.button(
                label,
                key="curate_all",
                icon=":material/fact_check:",
                type="primary",
                on_click=run,
                args=(dataset, encoder, todo),
            )
    if running:
        with st.container(key="curate_running"):
            first = min(running, key=lambda one: one.job.state == "queued")  # type: ignore[union-attr]  # it runs
            jobs.watch(first.job, key="curate_job")  # type: ignore[arg-type]
    grid = st.grid(3, min_column_width=290, border=True)  # cells of a row are equally high
    for one in checks:
        with grid.cell():
            _card(dataset, encoder, one)


def _verdict(dataset: Dataset, checks: Sequence[Check]) -> str:
    done = [one for one in checks if one.newest]
    if not done:
        return "Nothing has been looked for yet. Nothing is changed by looking: you decide, case by case."
    cases = decided = 0
    for one in done:
        if not one.finding.faults:
            continue
        read = reading.read(dataset, one.finding, one.newest.key)  # type: ignore[union-attr]
        cases += len(read.cases)
        decided += reading.decided(read)
    checked = f"{words.count(len(done), 'check')} of {len(checks)} run"
    return f"**{words.count(cases, 'case')}** found, **{decided:,}** decided · {checked}"


def _card(dataset: Dataset, encoder: str, one: Check) -> None:
    kind = one.finding.kind
    with st.container(gap="xsmall", key=f"curate_card_{kind}"):
        st.markdown(f"**{one.finding.icon} {one.finding.title}**")
        st.caption(one.finding.looks_for)
        if one.newest is None:
            _unknown(dataset, encoder, one)
            return
        read = reading.read(dataset, one.finding, one.newest.key)
        decided = reading.decided(read)
        left = len(read.cases) - decided
        if not one.finding.acts:
            st.markdown(read.said if one.state == "done" else f"{_badge(one)} {read.said}")
            with st.container(horizontal=True, gap="xsmall"):
                _see_button(one, "See all")
                if one.state in ("stale", "failed"):
                    run_button(dataset, encoder, one)
            return
        badge = f":gray-badge[{words.count(len(read.cases), 'case')}]" if read.cases else ":green-badge[Nothing found]"
        parts = [badge]
        if decided:
            parts.append(f":green-badge[{decided:,} decided]")
        if one.state != "done":
            parts.append(_badge(one))
        st.markdown(" ".join(parts))
        if decided:
            st.progress(decided / len(read.cases))
        with st.container(horizontal=True, gap="xsmall"):
            if left:
                st.button(
                    f"Review {left:,}",
                    key=f"curate_review_{kind}",
                    icon=":material/rate_review:",
                    on_click=review,
                    args=(kind,),
                )
            if read.cases:
                _see_button(one, "See all")
            if one.state in ("stale", "failed") and not one.finding.ask:
                run_button(dataset, encoder, one)


def _unknown(dataset: Dataset, encoder: str, one: Check) -> None:
    """The card of a check of which there is no result: how it comes to one."""
    if one.state == "wanting":
        st.markdown(f":gray-badge[Not possible yet] {one.wants}")
        if one.wants == NO_SPLIT:
            _see_button(one, "Get one")
        return
    st.markdown(_badge(one))
    if one.state == "failed":
        st.caption(words.plain(one.job.error or "It ended without saying why.") if one.job else "")
    if one.finding.ask:
        _see_button(one, "Choose what to compare")
    elif one.state != "running":
        run_button(dataset, encoder, one)


_BADGES = {
    "running": ":blue-badge[:material/hourglass_top: Running]",
    "failed": ":red-badge[:material/error: Failed]",
    "never": ":gray-badge[Not run yet]",
}


def _badge(one: Check) -> str:
    if one.state == "stale" and one.newest:
        return f":orange-badge[:material/update: {one.newest.since}]"
    return _BADGES[one.state]


def _see_button(one: Check, label: str) -> None:
    kind, title = one.finding.kind, one.finding.title
    st.button(label, key=f"curate_see_{kind}", type="tertiary", on_click=_see, args=(title,))


def ask(dataset: Dataset, columns: Columns, encoder: str, one: Check) -> None:
    """What the check wants to know first, and the button that runs it."""
    if one.finding.ask is None:
        run_button(dataset, encoder, one)
        return
    where = "left" if one.newest else "center"
    with st.container(
        horizontal=True,
        horizontal_alignment=where,
        vertical_alignment="bottom",
        key=f"curate_ask_{one.finding.kind}",
    ):
        asked = one.finding.ask(dataset, columns, encoder)
        if asked is not None:
            run_button(dataset, encoder, one, asked)


def run_button(dataset: Dataset, encoder: str, one: Check, asked: Mapping[str, Any] | None = None) -> None:
    label = "Check" if one.newest is None and one.state != "failed" else "Check again"
    st.button(
        label,
        key=f"curate_run_{one.finding.kind}",
        icon=":material/play_arrow:",
        on_click=run,
        args=(dataset, encoder, [one.finding], asked),
    )


def nothing(dataset: Dataset, columns: Columns, encoder: str, one: Check) -> None:
    """The tab of a check of which there is no result."""
    key = f"curate_{one.finding.kind}"
    if one.state == "running" and one.job:
        empty.note(f"{one.finding.title}: on the way", one.finding.looks_for, ":material/hourglass_top:", key=key)
        jobs.watch(one.job, key=f"{key}_job")
        return
    if one.state == "failed" and one.job:
        jobs.progress(one.job, key=f"{key}_failed")
    title = "Not possible yet" if one.wants else "Not looked for yet"
    row = empty.note(title, f"{one.finding.looks_for} {one.wants}", one.finding.icon, key=key)
    if one.wants == NO_SPLIT:
        with row:
            splitting.offer(dataset, encoder, replaces=False)
    elif one.finding.split:
        with row:
            splitting.there(dataset)
    if not one.wants:
        with row:
            ask(dataset, columns, encoder, one)


def review(kind: str, case: str = "", *, mode: str = "", wanted: str = "") -> None:
    """Name a check in the URL; the next run opens its review."""
    state.put_all(review=kind, case=case, mode=mode, wanted=wanted)


def _see(title: str) -> None:
    state.prime(TAB, title)
