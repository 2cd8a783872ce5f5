"""The Streamlit interface: one file a page, and `parts` for what pages share."""
