"""A training under way: its curves as they grow, and a way to stop it and keep the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived import finetuning
from pages.parts import charts, jobs
from pages.parts.finetune import charts_finetune

if TYPE_CHECKING:
    from embedding_core.jobs import Job
    from embedding_core.workspace import Dataset


def show(dataset: Dataset, job: Job) -> None:
    with st.container(border=True, key="finetune_job"):
        jobs.watch(job, key="finetune_job", draw=lambda now: _draw(dataset, now))


def _draw(dataset: Dataset, job: Job) -> None:
    jobs.progress(job, key="finetune_job")
    if job.note:
        st.caption(job.note)
    name = str(job.parameters.get("tuned") or "")
    shown = finetuning.curves(dataset, name) if job.state == "running" else {}
    if shown.get("curves"):
        figure = charts_finetune.curves(shown["curves"], charts.look(st.context.theme.type), shown["planned"])
        st.plotly_chart(
            figure, key="finetune_live", theme=None, config={"displayModeBar": False}, alt="Loss and accuracy so far"
        )
    if job.stage == "fine-tuning":
        st.button(
            "Stop and keep the best",
            key="finetune_stop",
            icon=":material/stop_circle:",
            on_click=finetuning.ask_to_stop,
            args=(dataset, name),
            help="Training ends now; the best epoch so far becomes the encoder.",
        )
