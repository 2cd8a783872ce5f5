"""Where two encoders disagree: the images that one gets right and the other wrong, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.effect import points
from pages.parts import detail, pictures, state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.evaluate.comparison.found import Comparison
    from pages.parts.cached import Columns

ONE, OTHER = "one", "other"  # names in the URL
SHOWN = 12  # images of a page of either gallery


def show(columns: Columns, found: Comparison, names: Sequence[str]) -> list[int]:
    """Choose two, and see where only the one or only the other is right. Returns the ids that are shown."""
    if not found.labelled:
        return []
    st.subheader("Where two disagree", anchor=False)
    first, second = _chosen(found)
    _pick(found, names, first, second)
    both, neither = found.both(first, second)
    difference = found.differences()[second, first]
    st.markdown(
        words.plain(
            f"{names[first]} against {names[second]}: {points(difference)}. Of {len(found.ids):,} images both get "
            f"{both:,} right, and both get {neither:,} wrong."
        )
    )
    sides = st.columns(2, gap="large")
    around: list[int] = []
    for side, one, other in ((sides[0], first, second), (sides[1], second, first)):
        with side:
            around += _gallery(columns, found, names, one, other)
    return around


def _gallery(columns: Columns, found: Comparison, names: Sequence[str], one: int, other: int) -> list[int]:
    ids, key = found.only(one, other), f"compare_only_{found.encoders[one]}_{found.encoders[other]}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_bar"):
        name = words.plain(names[one])
        st.markdown(f"**Only {name} is right** :gray[{words.count(len(ids), 'image')}]", width="content")
        if len(ids):
            st.button(
                "Select these",
                key=f"{key}_select",
                icon=":material/select_check_box:",
                type="tertiary",
                on_click=state.select,
                args=(ids, f"only {names[one]} is right, {names[other]} is not"),
            )
    if not len(ids):
        st.caption("None.")
        return []

    def badges(some: NDArray[np.int64]) -> dict[int, str]:
        return {image: f"not {said}" for image, said in zip(some.tolist(), found.said(other, some), strict=True)}

    alt = f"Images that only {names[one]} gets right; the corner says what {names[other]} takes them for"
    opened = pictures.paged(columns, ids, key=key, alt=alt, a_page=SHOWN, badges=badges)
    if opened is not None:
        detail.show(opened)
    return [int(image) for image in ids]


def _chosen(found: Comparison) -> tuple[int, int]:
    """The two in the URL; else the best and the one behind it."""
    asked = [state.get(ONE), state.get(OTHER)]
    if asked[0] != asked[1] and set(asked) <= set(found.encoders):
        return found.encoders.index(asked[0]), found.encoders.index(asked[1])
    order = sorted(range(len(found.encoders)), key=lambda at: (at != found.best, -found.accuracy(at)))
    return order[0], order[1]


def _pick(found: Comparison, names: Sequence[str], first: int, second: int) -> None:
    titles = dict(zip(found.encoders, names, strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_pair"):
        for label, name, one, other in (("A", ONE, first, second), ("B", OTHER, second, first)):
            options = [each for each in found.encoders if each != found.encoders[other]]
            # The choice is in the key: a browser that still reports an older one must not turn a new one back.
            key = f"compare_{name}_{found.encoders[one]}_{found.encoders[other]}"
            st.selectbox(
                label,
                options,
                index=options.index(found.encoders[one]),
                key=key,
                format_func=lambda each: titles.get(each, each),
                on_change=_put,
                args=(found, name, first, second, key),
                width=260,
            )


def _put(found: Comparison, name: str, first: int, second: int, key: str) -> None:
    now = {ONE: found.encoders[first], OTHER: found.encoders[second]}
    state.put_all(**{**now, name: state.value(key)})
