"""Long work on the screen: start it, watch it, cancel it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core.errors import KindredError
from pages.parts import moments, server, state, words, work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset

ENDED = ("done", "failed", "cancelled")
EVERY = 1.0  # seconds between looks at a running job


def submit(kind: str, parameters: Mapping[str, Any], *, dataset: str = "") -> Job:
    """Queue work for the worker process; the same work asked for twice is done once. `dataset` is a UUID."""
    return server.runner().submit(kind, dict(parameters), dataset=dataset, actor=state.actor())


def find(job_id: str) -> Job | None:
    """A job by its id; None when nobody knows it any more."""
    try:
        found = server.runner().get(job_id) if job_id else None
    except KindredError:
        return None
    moments.heard_of_jobs()
    return found


def running(dataset: Dataset | None = None) -> list[Job]:
    """The jobs that are queued or running, but for interactive ones, about one dataset or all."""
    active = [job for job in server.runner().list(active_only=True) if job.lasting]
    moments.heard_of_jobs()
    return [job for job in active if dataset is None or concerns(job, dataset)]


def about_dataset(dataset: Dataset) -> list[Job]:
    """All jobs about a dataset that are remembered, in whichever state, oldest first."""
    found = sorted((job for job in server.runner().list() if concerns(job, dataset)), key=lambda job: job.created)
    moments.heard_of_jobs()
    return found


def latest(dataset: Dataset, kind: str, wanted: Mapping[str, Any] | None = None) -> Job | None:
    """The newest job of a kind about a dataset, in whichever state; with `wanted` one that was asked for just this."""
    return _newest(about_dataset(dataset), kind, wanted or {})


def last_of_mine(kind: str, wanted: Mapping[str, Any]) -> Job | None:
    """The newest job of a kind that whoever is looking has started with these parameters, in whichever state."""
    found = sorted(filter(mine, server.runner().list()), key=lambda job: job.created)
    moments.heard_of_jobs()
    return _newest(found, kind, wanted)


def _newest(found: Sequence[Job], kind: str, wanted: Mapping[str, Any]) -> Job | None:
    """Of jobs, oldest first, the last of a kind with these parameters."""
    return next(
        (
            job
            for job in reversed(found)
            if job.kind == kind and all(job.parameters.get(name) == one for name, one in wanted.items())
        ),
        None,
    )


def concerns(job: Job, dataset: Dataset) -> bool:
    """Whether a job is about this dataset; one that is yet to make it knows its name alone."""
    names = {job.dataset, str(job.parameters.get("dataset", "")), str(job.parameters.get("name", ""))}
    return dataset.uuid in names or dataset.name in names


def mine(job: Job) -> bool:
    """Whether whoever is looking has started it."""
    return job.actor.id == state.actor().id


def cancel(job_id: str) -> None:
    server.runner().cancel(job_id, actor=state.actor())


def watch(job: Job, *, key: str, draw: Callable[[Job], None] | None = None) -> None:
    """Draw a job, by `draw` or as `progress` does, again every second; rerun the page when it has ended."""

    @st.fragment(run_every=None if job.state in ENDED else EVERY)
    def watched() -> None:
        now = find(job.id) or job
        if now.state in ENDED and job.state not in ENDED:
            st.rerun()
        draw(now) if draw else progress(now, key=key)

    watched()


def progress(job: Job, *, key: str) -> None:
    """One line: what is being done, how long it still takes, a bar once there is something to see, a way to stop it."""
    if job.state == "failed":
        st.error(words.plain(job.error or "It ended without saying why."), title=f"{title(job)} failed")
        return
    if job.state == "cancelled":
        st.caption(f"{title(job)} was cancelled. What had been finished is kept.")
        return
    if job.state == "done":
        return
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small", key=f"{key}_line"):
        if fraction(job):
            st.progress(fraction(job), text=line(job))
        else:
            st.markdown(line(job), width="stretch")
        st.button(
            "Cancel", key=f"{key}_cancel", icon=":material/close:", on_click=cancel, args=(job.id,), type="tertiary"
        )


def title(job: Job) -> str:
    return work.KINDS.get(job.kind, job.kind.capitalize())


def fraction(job: Job) -> float:
    return min(1.0, job.done / job.total) if job.total else 0.0


def line(job: Job) -> str:
    """What a running job does, in one line of Markdown."""
    if job.state == "queued":
        return f"{title(job)}: waiting for its turn …"
    stage = work.STAGES.get(job.stage, job.stage.capitalize()) or "Starting"
    parts = [stage]
    if job.total:
        parts.append(f"{job.done:,} of {job.total:,}")
    elif job.done:
        parts.append(f"{job.done:,}")
    if job.seconds_left is not None:
        parts.append(f"{words.duration(job.seconds_left)} left")
    return " · ".join(parts) if len(parts) > 1 else f"{stage} …"


def about(job: Job) -> Dataset | None:
    """The dataset that a job is about, once it exists."""
    return next((dataset for dataset in server.workspace().datasets() if concerns(job, dataset)), None)


def subject(job: Job) -> str:
    """The name of the dataset that a job is about."""
    dataset = about(job)
    return dataset.name if dataset else str(job.parameters.get("name") or job.dataset)
