"""The tab in which saved models answer: for images that somebody drops, or for those of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from pages.parts import cached, dropzone, empty, jobs, server, state, urls, words
from pages.parts.train import predicted
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset
    from embedding_core.workspace.models import StoredModel

MODEL, JOB = "model", "predicting"  # in the URL
NEW, STORED = "New images", "A dataset"


def show(dataset: Dataset) -> list[int]:
    """Draw the tab. Returns the images that the open one can step through."""
    models = derived.saved_models(server.workspace())
    models.sort(key=lambda one: one.dataset != dataset.uuid)  # this dataset's own first
    if not models:
        row = empty.note(
            "No model has been saved yet",
            "Train some under *Probe* or *Search*, and save the one that you like: it then answers here.",
            ":material/bookmark_add:",
            key="train_models",
        )
        row.page_link(
            "train.py", label="Train one", icon=":material/arrow_forward:", query_params=state.link(train_tab="Probe")
        )
        return []
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_predict_toolbar"):
        model = _pick(models)
        # Who has looked at another page meanwhile comes back to the answers.
        last = jobs.find(state.get(JOB)) or jobs.last_of_mine("predict", {"model": model.id})
        before = str(last.parameters.get("on") or "") if last is not None else ""
        where = st.segmented_control(
            "For", [NEW, STORED], default=STORED if before else NEW, key="train_predict_where", required=True
        )
    _about(model)
    on: str | None = None  # the dataset that is asked about; new images are of none
    if where == STORED:
        on = _of_dataset(before or dataset.uuid, model)
    else:
        _of_upload(model)
    asked = {"model": model.id, "on": on}
    job = jobs.find(state.get(JOB))
    if job is None or any(job.parameters.get(name) != one for name, one in asked.items()):
        job = jobs.last_of_mine("predict", asked)
    if job is None or trying.running(job, key="train_predict"):
        return []
    if job.state != "done":
        return []
    kept = cached.proof(str((job.result or {}).get("fingerprint", "")), derived.read_predicted)
    return [] if kept is None else predicted.show(kept)


def _pick(models: list[StoredModel]) -> StoredModel:
    ids = [one.id for one in models]
    asked = state.get(MODEL)
    chosen = asked if asked in ids else ids[0]
    names = {one.id: one.name for one in models}
    key = f"train_model_{chosen}"
    st.selectbox(
        "Model",
        ids,
        index=ids.index(chosen),
        key=key,
        format_func=lambda one: names.get(one, one),
        on_change=lambda: state.put(MODEL, state.value(key)),
        width=340,
    )
    return models[ids.index(chosen)]


def _about(model: StoredModel) -> None:
    facts = model.facts
    name = "accuracy" if facts["task"] == "classification" else "r2"
    one = facts["scores"][name]
    score = (
        f"{one['value']:.1%} right ({one['low']:.1%} to {one['high']:.1%})"
        if name == "accuracy"
        else f"R² {one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
    )
    answers = f"tells {len(facts['classes']):,} labels apart" if facts["classes"] else "estimates a number"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="train_model_card"):
        with st.container(gap=None, width="stretch"):
            st.markdown(
                f"**{words.plain(facts['name'])}** {answers} ({words.plain(facts['target'])}): {score} on "
                f"{facts['tested']:,} images that it was not trained on."
            )
            st.caption(
                f"Sees through {words.plain(facts['encoder']['name'])} · trained on {facts['trained']:,} images of "
                f"{words.plain(facts['dataset']['name'])} · {words.moment(model.created)}"
            )
        st.link_button(
            "ZIP", urls.model(model.id), key=f"train_model_zip_{model.id}", icon=":material/download:", type="tertiary"
        )
        if st.button("Delete", key=f"train_model_delete_{model.id}", icon=":material/delete:", type="tertiary"):
            _delete(model)


@st.dialog("Delete this model?", icon=":material/delete:")
def _delete(model: StoredModel) -> None:
    st.markdown(
        f"**{words.plain(model.name)}** and its weights will be gone; only training brings them back. A ZIP that "
        "somebody has downloaded goes on predicting."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="train_model_keep"):
            st.rerun()
        if st.button("Delete", key="train_model_gone", type="primary", icon=":material/delete:"):
            server.workspace().models.delete(model.id)
            state.put_all(**{MODEL: "", JOB: ""})
            state.announce(f"The model “{words.plain(model.name)}” is deleted.")
            st.rerun()


def _of_upload(model: StoredModel) -> None:
    encoder = str(model.facts["encoder"]["id"])
    if encoder.startswith("own:"):
        st.info(
            "This model reads vectors that somebody brought, and nothing here makes such of new images. It answers for "
            "datasets that have them.",
            icon=":material/info:",
        )
        return
    finished = dropzone.show(
        key=f"train_drop_{model.id[:12]}", compact=True, stage=True, headline="Drop images, a folder or a ZIP"
    )
    st.caption("They are looked at and not kept; only the answers and small pictures are.")
    if finished:
        wanted = {"model": model.id, "source": f"upload:{finished.upload}", "from_browser": True}
        state.put(JOB, jobs.submit("predict", wanted, dataset=model.dataset).id)
        st.rerun()


def _of_dataset(first: str, model: StoredModel) -> str:
    """The dataset (uuid) whose images are asked about, at first the one that is named."""
    known = {one.uuid: one.name for one in server.workspace().datasets() if one.count}
    with st.container(horizontal=True, vertical_alignment="bottom", key="train_predict_dataset"):
        ids = list(known)
        chosen = st.selectbox(
            "Dataset",
            ids,
            index=ids.index(first) if first in ids else 0,
            key="train_predict_on",
            format_func=lambda one: known.get(one, one),
            width=340,
        )
        if st.button("Predict", key="train_predict_begin", type="primary", icon=":material/play_arrow:"):
            wanted = {"model": model.id, "on": chosen, "from_browser": True}
            state.put(JOB, jobs.submit("predict", wanted, dataset=chosen).id)
            st.rerun()
    if chosen == model.dataset:
        st.caption(":material/info: It was trained on part of this dataset, so here it looks better than it is.")
    return str(chosen)
