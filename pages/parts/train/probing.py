"""The tab that trains probes and says what each is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import derived
from embedding_core.train.probes import registry
from pages.parts import cached, empty, jobs, stale, words
from pages.parts.train import asking, judged
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.train.probes.family import Family, Task
    from embedding_core.train.space import Parameter, Value
    from embedding_core.workspace import Dataset, Embedding


def show(dataset: Dataset, embedding: Embedding | None, encoder: str) -> list[int]:
    """Draw the tab. Returns the images that the open one can step through."""
    known = asking.possible(dataset, embedding, encoder)
    if not known or embedding is None:
        return []
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_probe_toolbar"):
        target = asking.pick(known, "probe")
        task = known[target]
        cards = registry.families(task)
        chosen = st.pills(
            "Kinds of models",
            [one.id for one in cards],
            default=[one.id for one in cards],
            selection_mode="multi",
            key=f"train_families_{task}",
            format_func=lambda one: registry.FAMILIES[one].name,
            help="\n\n".join(f"**{one.name}**: {one.good_for}" for one in cards),
            persist_state="session",
        )
    given = _by_hand(registry.FAMILIES[chosen[0]], task) if len(chosen) == 1 else {}
    wanted: dict[str, Any] = {"dataset": dataset.uuid, "encoder": encoder, "target": target, "families": chosen}
    if given:
        wanted["given"] = {chosen[0]: given}
    job = trying.job(dataset, "probe", {"dataset": dataset.uuid, "encoder": encoder, "target": target})
    stored = asking.newest(dataset, embedding, "probed", target)
    busy = trying.running(job, key="train_probe")
    kept = cached.proof(stored.fingerprint, derived.read_probed) if stored else None
    old = stored is not None and kept is not None and asking.outdated(dataset, embedding, target, stored)
    if not busy:
        _button(dataset, wanted, chosen, again=kept is not None, old=old)
    if stored is None or kept is None:
        if not busy:
            st.caption(
                "It takes seconds to a minute for thousands of images. An untouched part of them judges; it is the "
                "same for everything that is ever tried on this dataset.",
                help=words.HELP["untouched"],
            )
        return []
    return judged.show(dataset, kept)


def _button(dataset: Dataset, wanted: dict[str, Any], chosen: list[str], *, again: bool, old: bool) -> None:
    def train(_clicked: object = None) -> None:
        jobs.submit("probe", wanted, dataset=dataset.uuid)

    if old and chosen:
        stale.notice("this was trained", "Train again", train, key="train_probe")
        return
    if again:
        st.button(
            "Train again",
            key="train_probe_again",
            icon=":material/refresh:",
            disabled=not chosen,
            help=None if chosen else "Choose at least one kind.",
            on_click=train,
        )
        return
    row = empty.note(
        "What can be learnt from these images?",
        "Simple models are trained on what the encoder sees, and each is judged once by images that it was not "
        "trained on. The best can be saved, and answers for new images.",
        ":material/model_training:",
        key="train_probe",
    )
    row.button(
        "Train",
        key="train_probe_begin",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not chosen,
        help=None if chosen else "Choose at least one kind.",
        on_click=train,
    )


def _by_hand(card: Family, task: Task) -> dict[str, Value]:
    """Parameters that somebody sets; none where they are to be found by trying."""
    parameters = registry.parameters(card.id, task)
    with st.container(key="train_by_hand"):
        if not st.toggle(
            "Set its parameters by hand",
            key=f"train_by_hand_{card.id}",
            help="Otherwise a few are tried by cross-validation, and the best are taken.",
            persist_state="session",
        ):
            return {}
        with st.grid(3, min_column_width=230, gap="medium"):
            return {one.name: _asked(one, f"train_set_{card.id}_{one.name}") for one in parameters}


def _asked(one: Parameter, key: str) -> Value:
    if one.kind == "choice":
        first = one.choices.index(str(one.default))
        return str(st.selectbox(one.title, one.choices, index=first, key=key, help=one.help, persist_state="session"))
    steps = one.steps(13)
    return st.select_slider(
        one.title,
        steps,
        value=one.default,
        key=key,
        help=one.help,
        format_func=lambda value: f"{value:.3g}",
        persist_state="session",
    )
