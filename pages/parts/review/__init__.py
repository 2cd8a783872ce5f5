"""The review: one case at a time over the whole window, decided by a key, as one component.

Cases come and decisions go over `review/routes.py`, so that nothing reruns between two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

_HERE = Path(__file__).parent


def _text(*names: str) -> str:
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


_mount = st.components.v2.component(
    "kindred_review",
    html=_text("review.html"),
    css=_text("review.css", "stage.css", "buttons.css", "phone.css"),
    js=_text(
        "outbox.js",
        "pile.js",
        "sample.js",
        "stage.js",
        "choosing.js",
        "naming.js",
        "strip.js",
        "buttons.js",
        "figures.js",
        "hands.js",
        "review.js",
    ),
)


@dataclass(frozen=True, slots=True)
class Act:
    """A way to decide, as a button and a key."""

    does: Literal["keep", "remove", "relabel", "unsure", "yes", "no"]
    title: str
    key: str  # one letter; S, Z, Space, Enter, arrows and digits are taken


@dataclass(frozen=True, slots=True)
class Review:
    """What is reviewed. All texts are shown as text, whatever characters they hold."""

    address: str  # below it lie the routes, see `urls.review`
    finding: str  # key of what the check has found, see `curate.reading`
    title: str
    acts: Sequence[Act]
    evidence: str  # the line above the images that say why
    labels: Sequence[str] = ()  # that a new label is chosen from
    first: str = ""  # key of the case to begin with; empty for the worst
    mode: Literal["review", "calibrate"] = "review"
    wanted: float = 0.9  # with "calibrate": the share of what is found that is to be right


def show(what: Review, *, key: str, on_closed: Callable[[], None], on_line: Callable[[], None] = lambda: None) -> None:
    """Open the review over the page.

    `on_closed` is called when the visitor leaves it, `on_line` when they take a line that their answers have led to: it
    is `line` in the widget's state then.
    """
    data = {
        "address": what.address,
        "key": what.finding,
        "title": what.title,
        "acts": [(act.does, act.title, act.key) for act in what.acts],
        "words": {"evidence": what.evidence},
        "labels": list(what.labels),
        "first": what.first,
        "mode": what.mode,
        "wanted": what.wanted,
    }
    _mount(key=key, data=data, on_closed_change=on_closed, on_line_change=on_line)
