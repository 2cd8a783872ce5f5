"""The tab that searches for a better model: a budget, how it stands, and what is honestly gained."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import derived
from embedding_core.derived.tuning import DRAFT
from embedding_core.train.probes import registry
from embedding_core.train.search.trials import PRUNERS, SAMPLERS, best_of, history
from pages.parts import cached, charts, charts_train, empty, jobs, server, stale, words
from pages.parts.train import asking, searched
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.jobs import Job
    from embedding_core.train.probes.family import Task
    from embedding_core.workspace import Dataset, Embedding

SAMPLER_NAMES = {"tpe": "Learn from what worked", "random": "By chance", "grid": "Every combination"}
PRUNER_NAMES = {"median": "Those that lag behind", "hyperband": "Early and often", "none": "None"}


def show(dataset: Dataset, embedding: Embedding | None, encoder: str) -> None:
    """Draw the tab."""
    known = asking.possible(dataset, embedding, encoder)
    if not known or embedding is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_search_toolbar"):
        target = asking.pick(known, "search")
        minutes = st.slider(
            "Minutes",
            1,
            60,
            5,
            key="train_minutes",
            help=words.HELP["budget"],
            width=220,
            persist_state="session",
        )
        sampler = st.selectbox(
            "How to choose what to try",
            SAMPLERS,
            key="train_sampler",
            format_func=SAMPLER_NAMES.__getitem__,
            help=words.HELP["sampler"],
            width=220,
            persist_state="session",
        )
    task = known[target]
    families, pruner = _more(task)
    base = {"dataset": dataset.uuid, "encoder": encoder, "target": target}
    job = trying.job(dataset, "tune", base)
    wanted = {**base, "minutes": minutes, "sampler": sampler, "pruner": pruner, "families": families}
    stored = asking.newest(dataset, embedding, "searched", target)
    kept = cached.proof(stored.fingerprint, derived.read_searched) if stored else None
    if job is not None and job.state not in jobs.ENDED:
        with st.container(border=True, key="train_search_job"):
            jobs.watch(job, key="train_search", draw=lambda now: _live(dataset, now, task))
    else:
        if job is not None and job.state != "done":
            _cut_off(dataset, job)
        old = stored is not None and kept is not None and asking.outdated(dataset, embedding, target, stored)
        _begin(dataset, wanted, again=kept is not None, old=old, able=bool(families))
    if stored is None or kept is None:
        return
    searched.show(dataset, kept, DRAFT)


def _more(task: Task) -> tuple[list[str], str]:
    cards = registry.families(task)
    with st.expander("What is tried", icon=":material/tune:", key="train_search_more"):
        families = st.pills(
            "Kinds of models",
            [one.id for one in cards],
            default=[one.id for one in cards],
            selection_mode="multi",
            key=f"train_search_families_{task}",
            format_func=lambda one: registry.FAMILIES[one].name,
            help=words.HELP["family"],
            persist_state="session",
        )
        pruner = st.selectbox(
            "Tries that are given up early",
            PRUNERS,
            key="train_pruner",
            format_func=PRUNER_NAMES.__getitem__,
            help="After each fifth of the cross-validation it is looked whether going on is worth it.",
            width=260,
            persist_state="session",
        )
        with_all = [
            one.id for one in cards if one.id in families
        ]  # in the order of the cards: the first is the default
    return with_all, pruner


def _begin(dataset: Dataset, wanted: dict[str, Any], *, again: bool, old: bool, able: bool) -> None:
    def begin() -> None:
        jobs.submit("tune", {**wanted, "ticket": secrets.token_hex(16)}, dataset=dataset.uuid)

    lacks = None if able else "Choose at least one kind of model."
    if old and able:
        stale.notice("this search", "Search again", begin, key="train_search")
        return
    if again:
        st.button(
            "Search again",
            key="train_search_again",
            icon=":material/refresh:",
            on_click=begin,
            disabled=not able,
            help=lacks,
        )
        return
    row = empty.note(
        "Is there a better model?",
        "Kinds of models and their settings are tried one after the other, by cross-validation on the training part. "
        "The best is then judged once by images that no try has seen, beside what one gets without any search.",
        ":material/travel_explore:",
        key="train_search",
    )
    row.button(
        "Search",
        key="train_search_begin",
        type="primary",
        icon=":material/play_arrow:",
        on_click=begin,
        disabled=not able,
        help=lacks,
    )


def _live(dataset: Dataset, job: Job, task: Task) -> None:
    """How a search stands, and the ways to end it."""
    ticket = str(job.parameters.get("ticket", ""))
    live = derived.read_live(server.workspace(), ticket) if ticket else None
    if live is None or job.state in jobs.ENDED:
        jobs.progress(job, key="train_search")
        return
    best, first = best_of(live.trials), live.trials[0]
    with st.container(horizontal=True, vertical_alignment="center", key="train_search_line"):
        minutes = float(job.parameters.get("minutes") or 1)
        told = f"{words.count(len(live.trials), 'try', 'tries')} so far"
        st.progress(min(1.0, live.seconds / 60 / minutes), text=f"{told} · {minutes:g} minutes at most")
        st.button(
            "Stop and judge the best",
            key="train_search_stop",
            icon=":material/stop_circle:",
            on_click=lambda: derived.stop_search(server.workspace(), dataset, ticket),
        )
        st.button(
            "Cancel",
            key="train_search_cancel",
            icon=":material/close:",
            type="tertiary",
            on_click=jobs.cancel,
            args=(job.id,),
        )
    if best is not None and best.value is not None:
        name = registry.FAMILIES[str(best.parameters["family"])].name
        gain = best.value - (first.value or 0)
        shares = task == "classification"
        by = f"{100 * gain:.1f} points" if shares else f"{gain:.3f}"
        value = f"{best.value:.1%}" if shares else f"R² {best.value:.3f}"
        st.markdown(f"Best so far: **{words.plain(name)}**, {value} cross-validated, {by} above the defaults.")
    figure = charts_train.history(
        live.trials, history(live.trials), charts.look(st.context.theme.type), shares=task == "classification"
    )
    st.plotly_chart(
        figure, key="train_search_live", theme=None, config=trying.QUIET, alt="Each try, and the best so far"
    )


def _cut_off(dataset: Dataset, job: Job) -> None:
    """A search that was cancelled, or broke: what it had found, and the way to go on with that."""
    if job.state == "failed":
        jobs.progress(job, key="train_search_ended")
    ticket = str(job.parameters.get("ticket", ""))
    live = derived.read_live(server.workspace(), ticket) if ticket else None
    if live is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="train_search_cut"):
        st.caption(
            f"The last search was cut off after {words.count(len(live.trials), 'try', 'tries')}, which are kept.",
            width="stretch",
        )
        st.button(
            "Go on from there",
            key="train_search_on",
            icon=":material/play_arrow:",
            on_click=lambda: jobs.submit(
                "tune", {**job.parameters, "again": secrets.token_hex(4)}, dataset=dataset.uuid
            ),
        )
