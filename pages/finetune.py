"""Train the encoder further on the labels of these images, and see what it gains."""

from __future__ import annotations

import streamlit as st

from embedding_core.deciding.versions import NOW
from embedding_core.derived import encoders
from pages.parts import empty, jobs, pictures, server, state
from pages.parts.finetune import asking, past, told, watching
from pages.parts.versions import known, trying

dataset = state.require_dataset()
encoder = state.current_encoder(dataset)
st.title("Fine-tune", anchor=False)
st.markdown(
    "A pretrained network learns from your labels what sets your images apart. What it gained "
    "is counted on the untouched part alone, against the encoder as it was."
)
newest = jobs.latest(dataset, "finetune")
base = encoder
if encoder.startswith(encoders.PREFIX):  # what was tuned is tuned anew from where it began
    base = next(
        (
            str(model.facts["base"])
            for model in encoders.tuned(server.workspace())
            if encoders.PREFIX + model.name == encoder
        ),
        encoder,
    )
if newest is not None and newest.active:
    watching.show(dataset, newest)
elif base == "pixels" or not encoders.runnable(server.workspace(), base):
    empty.note(
        "This encoder has no network to train",
        "Choose another one in the sidebar, such as EfficientNet-Lite0.",
        ":material/model_training:",
        key="finetune_none",
    )
elif trying.possible(dataset, pictures.embedding_of(dataset, base), base, known.snapshot(dataset, NOW)):
    if newest is not None and newest.state == "failed":
        jobs.progress(newest, key="finetune_failed")
    past.unfinished(dataset, newest)
    labels = known.snapshot(dataset, NOW).labels.tolist()
    asking.show(dataset, base, sum(label is not None for label in labels))
model = past.chosen(dataset)
if model is not None:
    told.show(dataset, model)
past.table(dataset)
