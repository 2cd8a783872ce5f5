"""The table of encoders, and what its figures are over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.derived.standings import Cost, Verdict
    from embedding_core.evaluate.comparison.found import Comparison

_HELP = {
    "Accuracy": "choosing",
    "Look-alike vote": "look-alike vote",
    "Untouched part": "set aside",
    "Unbeaten": "unbeaten",
}


def table(found: Comparison, costs: Sequence[Cost], verdict: Verdict) -> None:
    """A row for each encoder, the one that is right most often first."""
    order = list(range(len(costs)))
    rows: dict[str, list[Any]] = {}
    signed: list[str] = []
    if found.labelled:
        order.sort(key=lambda at: (at != found.best, -found.accuracy(at)))
    rows["Encoder"] = [costs[at].name for at in order]
    if found.labelled:
        rows |= _quality(found, order)
        signed.append("To the best")
    rows["Images/s"] = [_rounded(costs[at].images_per_second) for at in order]
    rows["Weights"] = [costs[at].size_mb for at in order]
    rows["Vectors"] = [costs[at].memory_mb for at in order]
    if found.labelled:
        rows["Unbeaten"] = [at in verdict.unbeaten for at in order]
    rows["Licence"] = [costs[at].licence or "your own" for at in order]
    st.dataframe(
        trying.signed(rows, *signed),
        key="compare_table",
        hide_index=True,
        column_config=_columns(rows),
        alt="Each encoder with its accuracy, speed and size",
    )


def meaning(found: Comparison) -> None:
    """What was judged, by how many images, and how wide the intervals are."""
    parts = []
    if found.labelled:
        pairs = len(found.encoders) * (len(found.encoders) - 1) // 2
        parts.append(
            f"Chosen by {len(found.ids):,} labelled images, each judged by a probe that saw neither it nor its "
            "near-duplicates, on the same folds for every encoder."
        )
        if len(found.test_ids):
            parts.append(f"The {len(found.test_ids):,} untouched images take no part in choosing.")
        else:
            parts.append("There are too few labels to leave a part untouched.")
        if pairs > 1:
            parts.append(
                f"The intervals of differences are widened for {pairs} comparisons (Holm), so that equal encoders are "
                "called different in one of twenty such tables at most."
            )
    parts.append("Speed is measured on this machine, warm, from the file to the vector.")
    st.caption(words.plain(" ".join(parts)))


def _rounded(speed: float | None) -> float | None:
    """Whole images, but for what takes longer than a second for ten."""
    return None if speed is None else round(speed, 1 if speed < 10 else None)


def _quality(found: Comparison, order: Sequence[int]) -> dict[str, list[Any]]:
    differences = found.differences()
    to_best = [None if at == found.best else differences[found.best, at] for at in order]
    rows: dict[str, list[Any]] = {
        "Accuracy": [100 * found.accuracy(at) for at in order],
        "95% interval": [_ends(found.interval(at)) for at in order],
        "To the best": [0.0 if one is None else trying.in_points(one) for one in to_best],
        "Interval": ["" if one is None else trying.interval(one) for one in to_best],
        "Look-alike vote": [100 * found.knn(at) for at in order],
    }
    if len(found.test_ids):
        rows["Untouched part"] = [100 * (found.test_accuracy(at) or 0.0) for at in order]
    return rows


def _ends(interval: tuple[float, float]) -> str:
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def _columns(rows: dict[str, list[Any]]) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    found: dict[str, Any] = {
        "Images/s": number(format="localized", help="On this machine, warm, from the file to the vector."),
        "Weights": number(format="%.0f MB"),
        "Vectors": number(format="%.1f MB", help="What the vectors of all images take in memory."),
    }
    for name in ("Accuracy", "Look-alike vote", "Untouched part"):
        found[name] = number(format="%.1f%%", help=words.HELP[_HELP[name]])
    found["Unbeaten"] = st.column_config.CheckboxColumn(help=words.HELP["unbeaten"])
    return {name: one for name, one in found.items() if name in rows}
