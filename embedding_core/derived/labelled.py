"""What training and scores read: the images of a version with their labels, and the part that is set aside to judge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived.duplicates import duplicates_key, find_duplicates, read_duplicates
from embedding_core.derived.effect import decided_on
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.holding import hold_out
from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.ids import find
from embedding_core.records import silent
from embedding_core.review.snapshots import coded
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.holding import Held
    from embedding_core.quality.duplicates import DuplicatesFound
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

ASIDE = "aside"  # the kind under which the images that were set aside are stored


@dataclass(frozen=True, eq=False, slots=True)
class Labelled:
    """The images of a version that have vectors, in the order of their paths; row i is the image `ids[i]`."""

    ids: NDArray[np.int64]  # (n,)
    codes: NDArray[np.int64]  # (n,) class, −1 for an image without a label
    classes: tuple[str, ...]  # (c,) sorted; each has an image
    groups: NDArray[np.int32]  # (n,) of near-duplicates and bursts, −1 for an image that is alone
    splits: tuple[str | None, ...]  # (n,)
    decided: NDArray[np.bool_]  # (n,) somebody has decided on it, so it judges nothing
    version: str

    @property
    def fingerprint(self) -> str:
        """Changes when images, labels, splits, near-duplicates or what was decided on do."""
        arrays = (self.ids, self.codes, self.groups, self.decided)
        texts = (digest_of_texts(self.classes), digest_of_texts(self.splits))
        return fingerprint("labelled", 1, *(digest(array.tobytes()) for array in arrays), *texts)

    def need_classes(self) -> None:
        """Raises `InvalidInput` with fewer than two labels, which nothing can be told by."""
        if len(self.classes) < 2:
            raise InvalidInput(
                f"This takes images of two labels or more, and there {'is one' if self.classes else 'are none'}. "
                "Label some: Curate → What to label next, or a column of a table under Data."
            )


def labelled(
    workspace: Workspace,
    dataset: Dataset,
    embeddings: Sequence[Embedding],
    *,
    version: str = NOW,
    progress: Reporter = silent,
) -> Labelled:
    """The images of a version that have vectors in all of `embeddings` (one or more).

    Near-duplicates are those that are known, else they are looked for, by the first embedding. Raises
    `UnknownVersion`, and `InvalidInput` where no image is left.
    """
    state = snapshot(workspace, dataset, version)
    there = np.isin(state.ids, embeddings[0].ids)
    for one in embeddings[1:]:
        there &= np.isin(state.ids, one.ids)
    if not there.any():
        raise InvalidInput(f"No image of the version {version!r} has vectors from every encoder. Embed them first.")
    ids = read_only(state.ids[there])
    codes, words = coded(state.labels[there])
    order = np.argsort(np.array(words, dtype=str)) if words else np.empty(0, np.int64)
    place = np.empty(len(words) + 1, np.int64)
    place[order], place[-1] = np.arange(len(words)), -1
    return Labelled(
        ids,
        read_only(place[codes]),
        tuple(words[number] for number in order.tolist()),
        read_only(_groups(workspace, dataset, embeddings, ids, progress)),
        tuple(state.splits[there].tolist()),
        read_only(np.isin(ids, decided_on(dataset.decisions.all()))),
        version,
    )


def held_out(workspace: Workspace, dataset: Dataset, known: Labelled) -> Held:
    """The parts to train on and to judge by, rows as in `known`; see `evaluate.holding.hold_out`.

    Where no split names a test part it is drawn once and kept with the dataset, so that everything that is ever tried
    is judged by the same images; what comes later is trained on. It is drawn again only when too little is left of it.
    Raises `InvalidInput`.
    """
    held = _parted(known)
    if held.chosen == "split":
        return held
    kept = _set_aside(workspace, dataset, known)
    if kept is not None:
        return kept
    ids = np.sort(known.ids[held.test])
    workspace.results.put(
        fingerprint(ASIDE, 1, dataset.uuid, digest(ids.tobytes())),
        kind=ASIDE,
        dataset=dataset.uuid,
        parent=dataset.fingerprint,
        arrays={"ids": ids},
        parameters={"images": len(ids)},
        seconds=0.0,
    )
    return held


def read_held_out(workspace: Workspace, dataset: Dataset, known: Labelled) -> Held | None:
    """The same parts where something was judged by them; None where none were drawn yet. Stores nothing."""
    try:
        held = _parted(known)
    except InvalidInput:
        return None
    return held if held.chosen == "split" else _set_aside(workspace, dataset, known)


def _parted(known: Labelled, aside: NDArray[np.bool_] | None = None) -> Held:
    return hold_out(known.codes, known.splits, groups=known.groups, decided=known.decided, aside=aside)


def _set_aside(workspace: Workspace, dataset: Dataset, known: Labelled) -> Held | None:
    """The parts by what was set aside before; None where nothing was, or too little is left of it."""
    stored = workspace.results.find(dataset.uuid, ASIDE)
    kept = workspace.results.get(stored[0].fingerprint) if stored else None
    if kept is None:
        return None
    try:
        held = _parted(known, np.isin(known.ids, kept.arrays["ids"]))
    except InvalidInput:
        return None
    return None if held.chosen == "drawn" else replace(held, chosen="drawn")


def known_duplicates(
    workspace: Workspace, dataset: Dataset, embeddings: Sequence[Embedding], ids: NDArray[np.int64]
) -> DuplicatesFound | None:
    """The near-duplicates that are known under one of the embeddings, else under any that holds all of `ids` (n,),
    the newest first; None where nobody has looked for them."""
    own = [duplicates_key(one.fingerprint) for one in embeddings]
    others = [one.fingerprint for one in workspace.results.find(dataset.uuid, "duplicates")]
    for key in dict.fromkeys([*own, *others]):
        kept = read_duplicates(workspace, key)
        if kept is not None and (key in own or np.isin(ids, kept.found.ids).all()):
            return kept.found
    return None


def _groups(
    workspace: Workspace,
    dataset: Dataset,
    embeddings: Sequence[Embedding],
    ids: NDArray[np.int64],
    progress: Reporter,
) -> NDArray[np.int32]:
    """Copies and bursts as groups (n,), looked for by the first embedding where none are known."""
    found = known_duplicates(workspace, dataset, embeddings, ids)
    if found is None:
        found = find_duplicates(workspace, dataset, embeddings[0], progress=progress).found
    rows = find(ids, found.ids)
    groups = np.where(rows >= 0, found.groups_with_bursts[np.maximum(rows, 0)], -1)
    return groups.astype(np.int32)
