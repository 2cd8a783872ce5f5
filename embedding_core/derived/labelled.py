"""What training and scores read: the images of a version with their labels, and the part that is set aside to judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived.duplicates import duplicates_key, find_duplicates, read_duplicates
from embedding_core.derived.effect import decided_on
from embedding_core.derived.encoders import fitted_on
from embedding_core.effect.parting import FEWEST, enough
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.holding import hold_out, unseen
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
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

LABEL = "label"  # the column that everything is about, unless another is named
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


def held_out(
    workspace: Workspace, dataset: Dataset, known: Labelled, *, of: str = LABEL, encoder: str | None = None
) -> Held:
    """The parts to train on and to judge by, rows as in `known`; see `evaluate.holding.hold_out`.

    Where no split names a test part it is drawn once and kept with the dataset, so that everything that is ever tried
    is judged by the same images; what comes later is trained on. It is drawn again only when too little is left of it
    in the dataset, and what was in it before stays there: what once judged is never trained on. `of` is the column that
    is learnt, with a part of its own where too few of those images have a value there. With an `encoder` that was
    fine-tuned here, what it has seen does not judge.

    Raises `InvalidInput` where there are too few images to judge by, or to train on.
    """
    held = _held_out(workspace, dataset, known, of)
    seen = fitted_on(workspace, dataset, encoder) if encoder else None
    return held if seen is None else unseen(held, np.isin(known.ids, seen), known.groups, known.codes)


def held_out_if_any(workspace: Workspace, dataset: Dataset, known: Labelled) -> Held | None:
    """Likewise, and None where too few images have a label for a part that judges."""
    try:
        _parted(known)
    except InvalidInput:
        return None
    return held_out(workspace, dataset, known)


def set_aside(workspace: Workspace, dataset: Dataset) -> str:
    """The fingerprint of what is set aside to judge labels by; empty where nothing is. Part of the key of every
    finding that leaves it out: labels that go and come again may have another part drawn in between."""
    stored = _asides(workspace, dataset, LABEL)
    return stored[0].fingerprint if stored else ""


def read_held_out(workspace: Workspace, dataset: Dataset, known: Labelled) -> Held | None:
    """The same parts where something was judged by them; None where none were drawn yet. Stores nothing."""
    try:
        held = _parted(known)
        aside = _aside(workspace, dataset, LABEL)
        if held.chosen == "split":
            return held
        return None if aside is None else _parted(known, np.isin(known.ids, aside))
    except InvalidInput:
        return None


def _held_out(workspace: Workspace, dataset: Dataset, known: Labelled, of: str) -> Held:
    what = "a label" if of == LABEL else f"a value in the column {of!r}"
    held = _parted(known, what=what)
    if held.chosen == "split":
        return held
    own = _aside(workspace, dataset, of)
    before = own if own is not None or of == LABEL else _aside(workspace, dataset, LABEL)
    drawn = np.zeros(len(known.ids), bool)
    drawn[held.whole] = True
    if before is not None:
        there = np.isin(known.ids, before)
        if enough(known.codes[there & (known.codes >= 0) & ~known.decided]):
            return _parted(known, there, what=what)
        if of == LABEL and _still_judges(dataset, before):
            raise InvalidInput(
                f"Of the {len(before):,} images that are set aside to judge by, "
                f"{np.count_nonzero(there & (known.codes >= 0)):,} have a label in the version {known.version!r} and "
                f"vectors of what is asked. It takes {FEWEST}, of two labels. Embed all images with this encoder, "
                "or take another version."
            )
        drawn |= there
    ids = np.sort(known.ids[drawn])
    if own is not None:
        ids = np.union1d(ids, own)
    workspace.results.put(
        fingerprint(ASIDE, 2, dataset.uuid, digest(ids.tobytes()), of=of),
        kind=ASIDE,
        dataset=dataset.uuid,
        parent=dataset.fingerprint,
        arrays={"ids": ids},
        parameters={"images": len(ids), "of": of},
        seconds=0.0,
    )
    return _parted(known, drawn, what=what)


def _parted(known: Labelled, aside: NDArray[np.bool_] | None = None, *, what: str = "a label") -> Held:
    return hold_out(known.codes, known.splits, groups=known.groups, decided=known.decided, aside=aside, what=what)


def _aside(workspace: Workspace, dataset: Dataset, of: str) -> NDArray[np.int64] | None:
    """The ids that were set aside for a column, ascending; None where none were."""
    stored = _asides(workspace, dataset, of)
    kept = workspace.results.get(stored[0].fingerprint) if stored else None
    return None if kept is None else kept.arrays["ids"]


def _asides(workspace: Workspace, dataset: Dataset, of: str) -> list[StoredResult]:
    """What was set aside for a column, the newest first."""
    return [one for one in workspace.results.find(dataset.uuid, ASIDE) if one.parameters.get("of", LABEL) == of]


def _still_judges(dataset: Dataset, ids: NDArray[np.int64]) -> bool:
    """Whether enough of these images have labels in the dataset, and nobody has decided on them."""
    left = np.setdiff1d(ids, decided_on(dataset.decisions.all())).tolist()
    labels = [label for _, label in dataset.labelled(left).values() if label is not None]
    return enough(np.array(labels))


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
