"""The review that the URL asks for, opened over the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from pages.parts import review, state, urls, words
from pages.parts.curate import checks, findings, lines, moving, reading
from pages.parts.curate.finding import UnknownFinding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns
    from pages.parts.curate.checks import Check

KEY = "curate_review_open"


def open_from_url(dataset: Dataset, columns: Columns, found: Sequence[Check]) -> None:
    """`?review=labels` opens the cases of that check, `&case=…` begins with that one; `photos:dark` are one kind's."""
    kind, _, part = state.get("review").partition(":")
    one = next((one for one in found if one.finding.kind == kind), None)
    if one is None or one.newest is None or (part and not _holds(dataset, one, part)):
        if kind:
            st.toast("What this link reviews is not here. Run the check first.", icon=":material/link_off:")
            checks.review("")
        return
    read, finding = reading.read(dataset, one.finding, reading.part(one.newest.key, part)), one.finding
    line = finding.line if state.get("mode") == "calibrate" else None
    review.show(
        review.Review(
            address=urls.review(dataset.uuid, kind),
            finding=read.key,
            title=line.question if line else f"{finding.title}: {words.part(part)}" if part else finding.title,
            acts=findings.YES_OR_NO if line else finding.acts,
            evidence=finding.evidence,
            labels=columns.labels,
            first=state.get("case"),
            mode="calibrate" if line else "review",
            wanted=next((share for share in lines.WANTED if f"{share}" == state.get("wanted")), lines.WANTED[1]),
        ),
        key=KEY,
        on_closed=_closed,
        on_line=_moved,
    )


def _holds(dataset: Dataset, one: Check, part: str) -> bool:
    """Whether the newest result of a check has such a part."""
    try:
        reading.read(dataset, one.finding, reading.part(one.newest.key, part))  # type: ignore[union-attr]
    except UnknownFinding:
        return False
    return True


def _closed() -> None:
    checks.review("")


def _moved() -> None:
    """The visitor takes the line that their answers have led to."""
    moving.move(state.require_dataset(), state.get("review"), derived.ONLY, float(state.value(KEY)["line"]))
    checks.review("")
