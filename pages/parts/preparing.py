"""The way from a drop to the map, as it is seen: stages, time left, the first images, and how it ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.encoders import registry
from embedding_core.errors import UnknownDataset
from pages.parts import empty, jobs, server, state, thumbnails, words

if TYPE_CHECKING:
    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset

STEPS = (  # what a person sees, and the stages that belong to it
    ("Read and embed", ("loading", "listing", "reading", "embedding")),
    ("Find neighbours", ("neighbours",)),
    ("Draw the map", ("map",)),
    ("Find groups", ("clusters", "names", "index")),
)
SHOWN = 48  # images that appear while the rest is embedded


def follow(job_id: str) -> None:
    """Look at a job on Start from now on; its id is in the URL, so that a reload looks at it again."""
    state.put("job", job_id)
    st.rerun()


def show(job: Job) -> None:
    """The job as it is now. One that whoever is looking has started and watched leads on to the map by itself."""
    if job.state not in jobs.ENDED:
        state.once(f"watched_{job.id}", lambda: True)
        jobs.watch(job, key="start_job", draw=under_way)
    elif job.state == "done":
        arrived(job)
    elif job.state == "cancelled":
        stopped(job)
    else:
        broken(job)


def under_way(job: Job) -> None:
    name = jobs.subject(job)
    drawn = jobs.about(job) if job.stage in STEPS[3][1] and jobs.mine(job) else None
    if drawn is not None:  # the map is there; groups can follow while it is looked at
        open_map(job, drawn)
    with st.container(border=True, key="start_preparing"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Preparing {words.plain(name)}", anchor=False, width="stretch")
            st.button("Cancel", key="start_cancel", icon=":material/close:", on_click=jobs.cancel, args=(job.id,))
        st.progress(jobs.fraction(job), text=jobs.line(job))
        steps(job.stage if job.state == "running" else "")
        dataset = jobs.about(job)
        if dataset is not None:
            thumbnails.wall(dataset.uuid, dataset.first(SHOWN))
        if dataset is not None and job.note and job.stage in STEPS[2][1]:
            st.caption(words.plain(job.note))
            if st.button("Look at the first map", key="start_peek", icon=":material/bubble_chart:"):
                open_map(job, dataset)
        st.caption("You can leave this page or close the tab: the work goes on, and this address finds it again.")


def steps(stage: str) -> None:
    """The steps in a row: done, under way, to come."""
    now = next((number for number, (_, stages) in enumerate(STEPS) if stage in stages), -1)
    with st.container(horizontal=True, gap="small"):
        for number, (title, _) in enumerate(STEPS):
            if number < now:
                mark = f":green[:material/check_circle: {title}]"
            elif number == now:
                mark = f"**:material/pending: {title}**"
            else:
                mark = f":gray[:material/circle: {title}]"
            st.markdown(mark, width="content")


def arrived(job: Job) -> None:
    """Done: on to the map, or say why there is none."""
    result = job.result or {}
    try:
        dataset = server.workspace().dataset_by_uuid(str(result.get("dataset", "")))
    except UnknownDataset:
        close()
    rejected = result.get("rejected") or []
    if not result.get("map"):
        with empty.note("No usable image was found", left_out(rejected), ":material/broken_image:", key="start"):
            st.button("Start again", key="start_again", on_click=close, icon=":material/arrow_back:")
        return
    if state.get("dataset") != dataset.name:
        state.choose_dataset(dataset.name)
    state.choose_encoder(str(result.get("encoder") or registry.DEFAULT))
    if jobs.mine(job) and state.forget(f"watched_{job.id}"):
        open_map(job, dataset)
    title, body = f"{words.plain(dataset.name)} is ready", f"{words.count(dataset.count, 'image')} on the map."
    with empty.note(title, f"{body} {left_out(rejected)}", ":material/check_circle:", key="start"):
        if st.button("Open the map", key="start_open", type="primary", icon=":material/bubble_chart:"):
            state.go("map.py")
        st.button("Back to Start", key="start_again", on_click=close)


def stopped(job: Job) -> None:
    dataset = jobs.about(job)
    kept = dataset.count if dataset else 0
    title = f"Preparing {words.plain(jobs.subject(job))} was cancelled"
    body = f"{words.count(kept, 'image')} had been read and are kept." if kept else "Nothing was kept."
    with empty.note(title, body, ":material/do_not_disturb_on:", key="start"):
        ways_on(job, dataset, "Go on")


def broken(job: Job) -> None:
    dataset = jobs.about(job)
    title = f"Preparing {words.plain(jobs.subject(job))} failed"
    st.error(words.plain(job.error or "It ended without saying why."), title=title, icon=":material/error:")
    if dataset and dataset.count:
        st.caption(f"{words.count(dataset.count, 'image')} had been read and are kept.")
    with st.container(horizontal=True):
        ways_on(job, dataset, "Try again")


def ways_on(job: Job, dataset: Dataset | None, label: str) -> None:
    """The same work again, which does only what is missing; what is there alone; or back."""
    if st.button(label, key="start_retry", type="primary", icon=":material/replay:"):
        follow(jobs.submit(job.kind, job.parameters, dataset=job.dataset).id)
    if dataset and dataset.encodings():
        if st.button("Open the map", key="start_open", icon=":material/bubble_chart:"):
            open_map(job, dataset)
    elif dataset and dataset.count and st.button("Use what is there", key="start_rest", icon=":material/neurology:"):
        wanted = {"dataset": dataset.uuid, "encoder": str(job.parameters.get("encoder") or registry.DEFAULT)}
        follow(jobs.submit("prepare", wanted, dataset=dataset.uuid).id)
    st.button("Back to Start", key="start_again", on_click=close)


def open_map(job: Job, dataset: Dataset) -> None:
    """Leave for the map, and say there what did not come along."""
    if refused := dataset.left_out:
        state.announce(f"{words.count(refused, 'file')} left out. *Data*, *Rejected* says why.")
    state.choose_dataset(dataset.name)
    state.choose_encoder(str({**job.parameters, **(job.result or {})}.get("encoder") or registry.DEFAULT))
    state.go("map.py")


def left_out(rejected: list[dict[str, str]]) -> str:
    """How many files were refused, by reason, in one sentence."""
    if not rejected:
        return ""
    reasons = Counter(one["reason"].partition(":")[0] for one in rejected)
    listed = ", ".join(
        f"{number:,} {words.plain(words.reason(reason).lower())}" for reason, number in reasons.most_common(4)
    )
    return f"{words.count(len(rejected), 'file')} left out: {listed}."


def close() -> None:
    state.put("job", "")
