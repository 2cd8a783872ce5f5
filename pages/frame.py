"""What surrounds every page: the browser tab, navigation, and the sidebar with dataset, encoder and selection."""

from __future__ import annotations

import streamlit as st

from embedding_core.errors import KindredError
from pages.parts import empty, moments, sidebar, state

st.set_page_config(page_title="Kindred", page_icon=sidebar.ICON, layout="wide")
st.html(sidebar.STATIC / "frame.css")
if st.context.theme.type == "dark":
    st.html(sidebar.STATIC / "frame-dark.css")

page = st.navigation(
    {
        "": [
            st.Page(
                "start.py", title="Start", icon=":material/add_photo_alternate:", default=True, help="Bring images in."
            ),
            st.Page(
                "map.py", title="Map", icon=":material/bubble_chart:", help="All images at once, alike ones together."
            ),
            st.Page("similar.py", title="Similar", icon=":material/image_search:", help="Find images like one image."),
            st.Page("clusters.py", title="Clusters", icon=":material/workspaces:", help="Groups found without labels."),
            st.Page("curate.py", title="Curate", icon=":material/fact_check:", help="Find what is wrong, and decide."),
            st.Page(
                "versions.py",
                title="Versions",
                icon=":material/history:",
                help="What decisions made of the images, what it was worth, and the way to take it along.",
            ),
            st.Page("data.py", title="Data", icon=":material/table_view:", help="Every image, and every refused file."),
            st.Page(
                "encoders.py", title="Encoders", icon=":material/neurology:", help="Choose how images are compared."
            ),
        ],
        "Improve": [
            st.Page(
                "improve.py",
                title="Next step",
                icon=":material/route:",
                help="What to do next to have a better model, and what it was worth.",
            ),
            st.Page(
                "report.py",
                title="Report card",
                icon=":material/assignment_turned_in:",
                help="How good this embedding is for your labels.",
            ),
            st.Page(
                "compare.py",
                title="Compare",
                icon=":material/balance:",
                help="Encoders, metrics and ensembles side by side, on your labels.",
            ),
            st.Page(
                "axes.py", title="Axes", icon=":material/linear_scale:", help="What the axes of an embedding show."
            ),
            st.Page("train.py", title="Train", icon=":material/school:", help="Train a model, and predict with it."),
            st.Page(
                "finetune.py",
                title="Fine-tune",
                icon=":material/model_training:",
                help="Teach an encoder your own labels.",
            ),
        ],
    },
    position="top",
)

try:
    with moments.moment():
        state.begin()
        for said in state.announcements():
            st.toast(said, icon=":material/info:")
        with st.sidebar:
            sidebar.draw()
        page.run()
except KindredError as error:  # the edge: whatever a page did not explain itself is explained here
    empty.failed(error)
