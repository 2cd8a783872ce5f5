"""What was fine-tuned on a dataset before: a table, from which one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.derived import encoders, finetuning
from pages.parts import jobs, server, state, words

if TYPE_CHECKING:
    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset
    from embedding_core.workspace.models import StoredModel

AGAIN = ("dataset", "encoder", "mode", "recipe", "tuned")


def chosen(dataset: Dataset) -> StoredModel | None:
    """The one in the URL, else the newest; None when there is none. Draws the choice."""
    models = encoders.tuned(server.workspace(), dataset.uuid)
    if not models:
        return None
    names = [model.name for model in models]
    wanted = state.get("tuned")
    at = names.index(wanted) if wanted in names else 0
    key = f"finetune_chosen_{names[at]}"

    def choose() -> None:
        wanted = str(state.value(key))
        if wanted != names[at]:  # a browser tells of new options, too: that is no choice
            state.put("tuned", wanted)

    st.selectbox(
        "Result",
        names,
        index=at,
        key=key,
        on_change=choose,
        width=420,
    )
    return models[at]


def unfinished(dataset: Dataset, job: Job | None) -> None:
    """Offer to go on with a training that was cancelled, or that failed, where its checkpoint is there."""
    name = str(job.parameters.get("tuned") or "") if job is not None else ""
    if job is None or job.state not in ("cancelled", "failed") or not finetuning.resumable(dataset, name):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="finetune_unfinished"):
        done = len(finetuning.curves(dataset, name).get("curves", [])) - 1
        st.markdown(
            f"**{words.plain(name)}** was not finished: {words.count(max(0, done), 'epoch')} done.", width="stretch"
        )
        st.button(
            "Go on",
            key="finetune_resume",
            icon=":material/resume:",
            on_click=lambda: jobs.submit(
                "finetune",
                {**{one: job.parameters[one] for one in AGAIN if one in job.parameters}, "resume": True},
                dataset=dataset.uuid,
            ),
        )


def table(dataset: Dataset) -> None:
    """Every run that was recorded, newest first."""
    runs = [run for run in derived.runs(server.workspace(), dataset) if run.kind == finetuning.KIND]
    if len(runs) < 2:
        return
    st.subheader("Every training", anchor=False)
    comparable = runs[0].test
    st.dataframe(
        {
            "Name": [str(run.parameters.get("name", "")) for run in runs],
            "Began with": [words.encoder(run.encoder) for run in runs],
            "Trained": [str(run.parameters.get("mode", "")) for run in runs],
            "Accuracy": [100 * run.scores["accuracy"].value for run in runs],
            "Linear probe": [100 * run.scores["probe"].value for run in runs],
            "Minutes": [run.seconds / 60 for run in runs],
            "Same untouched part": [run.test == comparable for run in runs],
            "Who": [run.who for run in runs],
        },
        key="finetune_runs",
        hide_index=True,
        column_config={
            **{name: st.column_config.NumberColumn(format="%.1f%%") for name in ("Accuracy", "Linear probe")},
            "Minutes": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Every fine-tuning of this dataset with its scores",
    )
