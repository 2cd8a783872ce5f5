"""The drop zone: files, folders, archives and tables go straight from the browser to the upload routes, in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import urls

_HERE = Path(__file__).parent


def _text(*names: str) -> str:
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


_mount = st.components.v2.component(
    "kindred_dropzone",
    html=_text("dropzone.html"),
    css=_text("dropzone.css"),
    js=_text("files.js", "transfer.js", "dropzone.js"),
)


@dataclass(frozen=True, slots=True)
class Finished:
    """An upload is complete and its job has been submitted; with `stage`, it only waits in the staging area."""

    job: str  # id
    dataset: str  # name
    upload: str = ""  # id, with `stage` alone


def show(
    *,
    key: str,
    existing: Sequence[str] = (),
    into: str | None = None,
    encoders: Sequence[tuple[str, str]] = (),
    encoder: str | None = None,
    compact: bool = False,
    stage: bool = False,
    headline: str = "",
) -> Finished | None:
    """Draw the drop zone. Returns what was finished, in the one run after it; `None` in all others.

    `existing` are the names of the datasets: the proposed name avoids them, and a visitor who types one is told that
    the images will be added to it. With `into`, images go to that dataset and no name is asked. `encoders` are
    (id, title) to choose from, `encoder` is the one proposed. `compact` leaves out the drawing and the small print.
    With `stage` nothing is submitted: whoever asked takes the file from the staging area. `headline` invites to it.
    """
    data: dict[str, Any] = {
        "key": key,
        "api": urls.api(),
        "existing": list(existing),
        "into": into,
        "encoders": [list(one) for one in encoders] or ([[encoder, encoder]] if encoder else []),
        "encoder": encoder,
        "compact": compact,
        "stage": stage,
        "headline": headline,
    }
    finished = _mount(key=key, data=data, on_finished_change=lambda: None).finished
    if not finished:
        return None
    return Finished(*(str(finished.get(name) or "") for name in ("job", "dataset", "upload")))
