"""Stored results of one kind, maps or groupings: switching between them, and waiting for one that was asked for.

Which one is looked at is in the URL: the first characters of its fingerprint, under the name of the kind. The job that
makes another one is under that name with `_job`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import empty, jobs, server, state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from embedding_core.workspace import Dataset, Embedding, StoredResult

SHORT = 12  # characters of a fingerprint


def with_versions(kind: str, dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """What is stored of an embedding, and of those parts of it that versions hold, newest first."""
    found = server.workspace().results.find(dataset.uuid, kind)
    return [one for one in found if embedding.fingerprint in (one.parent, part_of(one))]


def part_of(one: StoredResult) -> str:
    """The fingerprint of the embedding that a result is of a part of; empty for one of all images."""
    return str(one.parameters.get("part_of") or "")


def asked_for(kind: str, found: Sequence[StoredResult]) -> StoredResult | None:
    """The result that the URL names; None when it names none, or says so when that is not here."""
    short = state.get(kind)
    one = next((one for one in found if short and one.fingerprint.startswith(short)), None)
    if short and found and one is None:
        st.toast("What this link shows is not here any more. This is the newest.", icon=":material/link_off:")
        state.put(kind, "")
    return one


def pick(
    label: str,
    found: Sequence[StoredResult],
    one: StoredResult,
    *,
    kind: str,
    key: str,
    title: Callable[[StoredResult], str],
    help: str,
    width: int,
    resets: Sequence[str] = (),
) -> None:
    """A box to switch to another result. `resets` are names in the URL that mean nothing under another one."""
    by_fingerprint = {each.fingerprint[:SHORT]: each for each in found}
    short = one.fingerprint[:SHORT]
    # The choice is in the key: a browser that still reports an older one must not turn a new one back.
    key = f"{key}_stored_{short}"
    st.selectbox(
        label,
        list(by_fingerprint),
        index=list(by_fingerprint).index(short),
        key=key,
        format_func=lambda short: title(by_fingerprint[short]) if short in by_fingerprint else short,
        help=help,
        on_change=lambda: _look_at(kind, state.value(key), resets),
        width=width,
    )


def ask(kind: str, work: str, wanted: Mapping[str, Any], dataset: Dataset) -> None:
    """Have another result made by the job `work`, and follow it."""
    state.put(f"{kind}_job", jobs.submit(work, wanted, dataset=dataset.uuid).id)


def follow(kind: str, *, key: str, resets: Sequence[str] = ()) -> None:
    """Show the job that makes another result; once that is there, it is the one that is looked at."""
    job = jobs.find(state.get(f"{kind}_job"))
    if job is None:
        return
    if job.state == "done":
        state.put(f"{kind}_job", "")
        _look_at(kind, str((job.result or {}).get("fingerprint", ""))[:SHORT], resets)
        st.rerun()
    with st.container(key=f"{key}_following"):
        jobs.watch(job, key=f"{key}_job")
    if job.state in jobs.ENDED:
        st.button("Dismiss", key=f"{key}_dismiss", on_click=lambda: state.put(f"{kind}_job", ""), type="tertiary")


def coming(dataset: Dataset, title: str, body: str, *, key: str) -> bool:
    """Whether work on the dataset is under way; if so, say that the first result is coming."""
    active = jobs.running(dataset)
    if active:
        empty.note(title, f"{body} You can go on elsewhere meanwhile.", ":material/hourglass_top:", key=key)
        jobs.watch(active[0], key=f"{key}_coming")
    return bool(active)


def _look_at(kind: str, short: str, resets: Sequence[str]) -> None:
    state.put_all(**{kind: short}, **dict.fromkeys(resets, ""))
