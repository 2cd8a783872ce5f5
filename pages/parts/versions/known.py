"""The versions that there are, by name, and which two are held against each other: they are in the URL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from embedding_core.deciding import versions
from embedding_core.review import difference as differing
from pages.parts import cached, results, server, state, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.review.difference import Difference
    from embedding_core.review.snapshots import Snapshot, Version
    from embedding_core.workspace import Dataset, Embedding, StoredResult
    from pages.parts.columns import Columns

NAMES = {versions.ORIGINAL: "As it came", versions.NOW: "Now"}
FROM, TO = "from", "to"  # names in the URL


def every(dataset: Dataset) -> list[Version]:
    """The original, those that were made, oldest first, and what there is now."""
    found: list[Version] = cached.of_versions(
        dataset, "versions", lambda: versions.versions(server.workspace(), dataset)
    )
    return found


def called(name: str) -> str:
    """What people call a version, not yet `plain`."""
    return NAMES.get(name, name)


def quoted(name: str) -> str:
    """A version within a sentence, as Markdown."""
    known = {versions.ORIGINAL: "the set as it came", versions.NOW: "what there is now"}
    return known.get(name) or f"“{words.plain(name)}”"


def snapshot(dataset: Dataset, name: str) -> Snapshot:
    """Raises `UnknownVersion`."""
    found: Snapshot = cached.of_versions(
        dataset, f"snapshot/{name}", lambda: versions.snapshot(server.workspace(), dataset, name)
    )
    return found


def difference(dataset: Dataset, first: str, second: str) -> Difference:
    """Raises `UnknownVersion`."""
    found: Difference = cached.of_versions(
        dataset,
        f"difference/{first}/{second}",
        lambda: differing.difference(snapshot(dataset, first), snapshot(dataset, second)),
    )
    return found


def of_embedding(dataset: Dataset, embedding: Embedding) -> Mapping[str, str]:
    """Fingerprint of an embedding's part → the version that holds these images; of several the oldest by name."""

    def make() -> dict[str, str]:
        *named, now = [one for one in every(dataset) if one.removed or one.name == versions.NOW]
        return {embedding.of(snapshot(dataset, one.name).ids).fingerprint: one.name for one in (now, *named[::-1])}

    found: Mapping[str, str] = cached.of_versions(dataset, f"parts/{embedding.fingerprint}", make)
    return found


def suffix(dataset: Dataset, embedding: Embedding, one: StoredResult) -> str:
    """What the name of a stored result ends with: which version it is of, nothing where it is of all images."""
    if not results.part_of(one):
        return ""
    name = of_embedding(dataset, embedding).get(one.parent)
    return " · of a version" if name is None else f" · of {called(name).lower() if name in NAMES else name}"


def seen(dataset: Dataset, embedding: Embedding, one: StoredResult | None) -> tuple[Columns, str]:
    """The columns of a dataset, called as in the version that a stored result is of, and what names their state."""
    columns = cached.columns(dataset)
    name = of_embedding(dataset, embedding).get(one.parent) if one is not None and results.part_of(one) else None
    if name is None:
        return columns, dataset.token
    taken = snapshot(dataset, name)

    def make() -> Columns:
        return replace(columns, label=pa.array(taken.labels_of(columns.ids), pa.string()))

    called_so: Columns = cached.of_versions(dataset, f"columns/{name}", make)
    return called_so, f"{dataset.token}:{taken.fingerprint}"


def chosen(known: Sequence[Version]) -> tuple[str, str]:
    """The two in the URL; else from the original to now."""
    names = {one.name for one in known}
    asked = state.get(FROM) or versions.ORIGINAL, state.get(TO) or versions.NOW
    if not names.issuperset(asked):
        st.toast("A version in this link is not here. These are others.", icon=":material/link_off:")
        state.put_all(**{FROM: "", TO: ""})
        return versions.ORIGINAL, versions.NOW
    return asked


def pick(known: Sequence[Version], first: str, second: str) -> None:
    """Two boxes, from and to, and a way to turn them round."""
    title = {one.name: f"{called(one.name)} · {words.count(one.images, 'image')}" for one in known}
    for label, name, one in (("From", FROM, first), ("To", TO, second)):
        # The choice is in the key: a browser that still reports an older one must not turn a new one back.
        key = f"versions_{name}_{one}"
        st.selectbox(
            label,
            list(title),
            index=list(title).index(one),
            key=key,
            format_func=lambda each: title.get(each, each),
            help=words.HELP["version"] if name == FROM else words.HELP["difference"],
            on_change=_put,
            args=(name, key),
            width=260,
        )
    st.button(
        "Turn round",
        icon=":material/swap_horiz:",
        key="versions_swap",
        type="tertiary",
        on_click=lambda: state.put_all(**{FROM: second, TO: first}),
    )


def _put(name: str, key: str) -> None:
    state.put(name, state.value(key))
