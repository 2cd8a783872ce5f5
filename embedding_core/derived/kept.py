"""How what a check has found is kept: computed once, stored under its fingerprint, read by pages and commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.workspace import Dataset, Workspace


class Storable(Protocol):
    """A frozen result that can be taken apart and put together again, without loss."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is large: plain numpy arrays, texts as fixed-width unicode."""
        ...

    def facts(self) -> dict[str, Any]:
        """What is small, as JSON."""
        ...

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self: ...


Found = TypeVar("Found", bound=Storable)


@dataclass(frozen=True, eq=False, slots=True)
class Kept(Generic[Found]):
    """A stored finding."""

    fingerprint: str
    found: Found
    seconds: float  # that computing it took
    new: bool = False  # computed just now, not read


def keep(
    workspace: Workspace,
    dataset: Dataset,
    key: str,
    *,
    kind: str,
    parent: str,
    of: type[Found],
    find: Callable[[], Found],
    asked: Mapping[str, Any] | None = None,
) -> Kept[Found]:
    """What is stored under `key`, else what `find` returns, which is stored.

    `parent` is the fingerprint of what it is computed from: the embedding, or the images. `asked` says, in a listing,
    which settings it was computed with.
    """
    known = read_kept(workspace, key, of)
    if known is not None:
        return known
    begun = time.perf_counter()
    found = find()
    seconds = time.perf_counter() - begun
    workspace.results.put(
        key,
        kind=kind,
        dataset=dataset.uuid,
        parent=parent,
        arrays=found.arrays(),
        parameters={"asked": dict(asked or {}), "facts": found.facts()},
        seconds=seconds,
    )
    return Kept(key, found, seconds, new=True)


def read_kept(workspace: Workspace, key: str, of: type[Found]) -> Kept[Found] | None:
    """What is stored under `key`; None when nothing is, or it lacks what is asked of such findings by now."""
    stored = workspace.results.get(key)
    if stored is None:
        return None
    try:
        found = of.restored(stored.arrays, stored.parameters["facts"])
    except (KeyError, TypeError):  # kept before the finding held what it holds now, so by an older revision
        return None
    return Kept(key, found, stored.seconds)
