"""What is known of axes and features by now, what is taken out, and the jobs that find it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import components, features
from embedding_core.derived.features import LOOKS
from pages.parts import cached, empty, jobs, server, stale, state
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.derived.features import Offered
    from embedding_core.derived.kept import Kept
    from embedding_core.evaluate.axes.erasing import Treatment
    from embedding_core.evaluate.axes.laboratory import Laboratory
    from embedding_core.evaluate.axes.trial import Trial
    from embedding_core.evaluate.joined.blocks import Kind
    from embedding_core.evaluate.joined.features import Features
    from embedding_core.workspace import Dataset, Embedding

AXIS, OUT = "axis", "out"  # in the URL: the axis that is looked at, and the axes that are taken out


def laboratory(dataset: Dataset, embedding: Embedding) -> tuple[Kept[Laboratory] | None, bool]:
    """The axes of the images as they are now, or else the newest of before; and whether they are those of now."""
    workspace = server.workspace()
    key = cached.of_versions(
        dataset,
        f"pca/{embedding.fingerprint}/{derived.set_aside(workspace, dataset)}",
        lambda: components.laboratory_key(workspace, dataset, embedding),
    )
    parent, read = embedding.fingerprint, components.read_laboratory
    return cached.newest(key, dataset, components.KIND, parent, read, version=NOW, seed=0)


def trial(of: str, treatment: Treatment) -> Kept[Trial] | None:
    return cached.proof(components.trial_key(of, treatment), components.read_trial)


def joined(
    dataset: Dataset, embedding: Embedding, columns: Sequence[str], kinds: Mapping[str, Kind]
) -> tuple[Kept[Features] | None, bool]:
    """Features of these columns as all is now, or else of before; and whether they are those of now."""
    workspace = server.workspace()
    taken = {**kinds, LOOKS: "number"}
    asked = {name: taken[name] for name in columns}
    key = cached.of_versions(
        dataset,
        f"features/{embedding.fingerprint}/{derived.set_aside(workspace, dataset)}/{asked}",
        lambda: features.features_key(workspace, dataset, embedding, columns=columns, kinds=kinds),
    )
    parent, read = embedding.fingerprint, features.read_features
    return cached.newest(key, dataset, features.KIND, parent, read, columns=asked, version=NOW)


def offered(dataset: Dataset) -> list[Offered]:
    """The columns that came with the images."""
    found: list[Offered] = cached.of_versions(
        dataset, "features/offered", lambda: features.offered(dataset, dataset.images()["id"].to_numpy())
    )
    return found


def _first_wanted(dataset: Dataset, encoder: str) -> dict[str, str]:
    return {"dataset": dataset.uuid, "encoder": encoder, "keep": "enough"}


def outdated(dataset: Dataset, encoder: str) -> None:
    """Say that the axes are those of before, and offer to look anew; or how far that is."""
    wanted = _first_wanted(dataset, encoder)
    if not trying.running(trying.job(dataset, "pca", wanted), key="axes"):
        begin = partial(jobs.submit, "pca", wanted, dataset=dataset.uuid)
        stale.notice("they were looked at", "Look again", begin, key="axes")


def first(dataset: Dataset, encoder: str) -> None:
    """Nothing is known yet: say what there is to find, or how far it is."""
    wanted = _first_wanted(dataset, encoder)
    if trying.running(trying.job(dataset, "pca", wanted), key="axes"):
        return
    row = empty.note(
        "What do the numbers stand for?",
        "An embedding is a long list of numbers for each image. Kindred turns it so that the first number shows the "
        "largest difference between your images, the second the next one, and so on: then each can be looked at. It "
        "says what every axis shows, how many of them matter, and what becomes of the quality without some.",
        ":material/linear_scale:",
        key="axes",
    )
    ask(row, "Look at the axes", "pca", wanted, dataset, key="axes_look")


def ask(row: Any, label: str, kind: str, wanted: Mapping[str, Any], dataset: Dataset, *, key: str) -> None:
    """A button that has a job work something out."""
    row.button(
        label,
        key=key,
        type="primary",
        icon=":material/play_arrow:",
        on_click=lambda: jobs.submit(kind, wanted, dataset=dataset.uuid),
    )


def taken_out(shown: int) -> list[int]:
    """The axes that are ticked, of those that are shown."""
    numbers = {int(one) for one in state.get(OUT).split(",") if one.isdecimal()}
    return sorted(number for number in numbers if 1 <= number <= shown)


def take_out(numbers: Sequence[int]) -> None:
    state.put(OUT, ",".join(map(str, sorted(set(numbers)))))


def opened(shown: int) -> int | None:
    """The axis in the URL."""
    said = state.get(AXIS)
    return int(said) if said.isdecimal() and 1 <= int(said) <= shown else None


def open_(number: int | None) -> None:
    state.put(AXIS, str(number or ""))


def look() -> str | None:
    """The theme that charts are drawn for."""
    return st.context.theme.type
