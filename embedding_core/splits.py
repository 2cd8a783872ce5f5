"""A split that takes the place of another: the one before is kept, with who replaced it, and can be brought back.

Bringing one back replaces again, so that this can be taken back as well.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import UnknownName
from embedding_core.fingerprint import fingerprint
from embedding_core.ids import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Workspace

KIND = "split before"  # of the stored results


class UnknownSplit(UnknownName):
    noun = "split"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A split that was replaced."""

    key: str  # names it
    sizes: Mapping[str, int]  # images of each part, in the order of their names
    source: str  # `Dataset.split_source` of it
    by: str  # that of what took its place
    who: str  # has replaced it
    when: float  # seconds since the epoch


def set_split(
    workspace: Workspace,
    dataset: Dataset,
    ids: Sequence[int],
    splits: Sequence[str | None],
    *,
    source: str,
    actor: Actor,
) -> Dataset:
    """Set the split of these images, from `source`, and keep the one that was there, if there was one."""
    remember_split(workspace, dataset, by=source, actor=actor)
    dataset.put_attributes(ids, splits=splits)
    return workspace.update(dataset, split_source=source)


def replaced_splits(workspace: Workspace, dataset: Dataset) -> list[Replaced]:
    """Those that were replaced, the last one first."""
    return [
        Replaced(one.fingerprint, **{name: one.parameters[name] for name in ("sizes", "source", "by", "who", "when")})
        for one in workspace.results.find(dataset.uuid, KIND)
    ]


def bring_back(workspace: Workspace, dataset: Dataset, key: str, actor: Actor) -> Dataset:
    """Set a split that was replaced again; images that have come since are in no part. Raises `UnknownSplit`."""
    stored = workspace.results.get(key)
    if stored is None or stored.kind != KIND or stored.dataset != dataset.uuid:
        raise UnknownSplit(key[:12], [one.key[:12] for one in replaced_splits(workspace, dataset)])
    ids = dataset.images()["id"].to_numpy()
    rows = find(ids, stored.arrays["ids"])
    names = [*stored.parameters["sizes"], None]
    codes = np.where(rows >= 0, stored.arrays["codes"][rows], -1)
    splits = [names[code] for code in codes.tolist()]
    return set_split(workspace, dataset, ids.tolist(), splits, source=stored.parameters["source"], actor=actor)


def remember_split(workspace: Workspace, dataset: Dataset, *, by: str, actor: Actor) -> None:
    """Keep the present split, if there is one, before one from `by` takes its place."""
    rows = dataset.attributes()
    splits = rows["split"].to_pylist()
    sizes = Counter(one for one in splits if one is not None)
    if not sizes:
        return
    names = sorted(sizes)
    code = {name: number for number, name in enumerate(names)}
    workspace.results.put(
        fingerprint(KIND, 1, dataset.uuid, secrets.token_hex(16)),
        kind=KIND,
        dataset=dataset.uuid,
        parent="",
        arrays={
            "ids": rows["id"].to_numpy(),
            "codes": np.array([-1 if one is None else code[one] for one in splits], np.int32),
        },
        parameters={
            "sizes": {name: sizes[name] for name in names},
            "source": dataset.split_source,
            "by": by,
            "who": actor.name,
            "when": time.time(),
        },
        seconds=0.0,
    )
