"""Leakage: groups of images that belong together and lie across splits, and how much accuracy they feign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.groups import members
from embedding_core.quality.leakage.feigned import Feigned, feign
from embedding_core.review.cases import Case, Suggestion
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

DUPLICATE, BURST = "duplicate", "burst"  # kinds of groups; any other kind is `column:X`, one value of a column
_TRAINED = "train"  # the split that is trained on, where it is there
_SCORED = ("test", "val")  # those that are scored, the first that is there


@dataclass(frozen=True, eq=False, slots=True)
class Leakage:
    """The groups that lie across splits, worst first. Row i is the image `ids[i]`."""

    ids: NDArray[np.int64]  # (n,)
    splits: NDArray[np.int8]  # (n,) into `names`, −1 for an image of no split
    rows: NDArray[np.int64]  # (m,) images of the groups, one group after the other, those that are scored first
    starts: NDArray[np.int64]  # (g,) where each begins in `rows`
    kinds: NDArray[np.int16]  # (g,) into `kind_names`
    scores: NDArray[np.float32]  # (g,) the most that a group adds to the probe's belief in a right label; 0 unknown
    names: tuple[str, ...]  # of the splits
    kind_names: tuple[str, ...]
    train: str  # the split that was trained on
    test: str  # the one that was scored
    feigned: Feigned | None  # None where labels are lacking, or too little is left to train on

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def count(self) -> int:
        return len(self.starts)

    def members(self, group: int) -> NDArray[np.int64]:
        """The rows of one group, those of the scored split first."""
        end = self.starts[group + 1] if group + 1 < self.count else len(self.rows)
        return self.rows[self.starts[group] : end]

    def kind(self, group: int) -> str:
        """duplicate, burst or column:X."""
        return self.kind_names[int(self.kinds[group])]

    def counts(self, group: int) -> dict[str, int]:
        """How many images of one group are in each split that it lies across."""
        held = self.splits[self.members(group)]
        counted = np.bincount(held[held >= 0], minlength=len(self.names)).tolist()
        return {name: count for name, count in zip(self.names, counted, strict=True) if count}

    def reason(self, group: int) -> str:
        where = " and ".join(f"{count} in {name}" for name, count in self.counts(group).items())
        words = {DUPLICATE: "Nearly the same image", BURST: "Photographs of one scene"}
        kind = self.kind(group)
        said = f"{words.get(kind, 'One ' + kind.removeprefix('column:'))}: {where}."
        if self.scores[group] > 0.005:
            said += f" It adds {self.scores[group]:.0%} to the belief in the right label."
        return said

    @property
    def said(self) -> str:
        """What was found, in one sentence or two."""
        if not self.count:
            return f"No group lies across {', '.join(self.names)}."
        held = [self.kind_names[kind] for kind in self.kinds]
        kinds = ", ".join(f"{held.count(kind):,} of kind {kind}" for kind in self.kind_names if kind in held)
        said = f"{self.count:,} groups lie across splits: {kinds}."
        if self.feigned is None:
            return f"{said} Their effect on accuracy is unknown: too few labels, or too little is left to train on."
        low, high = (100 * end for end in self.feigned.difference)
        return (
            f"{said} They inflate accuracy by {100 * self.feigned.feigned:.1f} points ({low:.1f} to {high:.1f}) on "
            f"{self.test}: {self.feigned.accuracy_with:.1%} with them in {self.train}, "
            f"{self.feigned.accuracy_without:.1%} without."
        )

    def cases(self, limit: int = 200) -> list[Case]:
        """The groups, worst first. Of nearly the same images those that train are suggested for removal; for other
        groups another split is the cure, and nothing is suggested."""
        return [self._case(group) for group in range(min(limit, self.count))]

    def _case(self, group: int) -> Case:
        rows = self.members(group)
        trains = rows[self.splits[rows] == self.names.index(self.train)]
        curable = self.kind(group) == DUPLICATE and 0 < len(trains) < len(rows)
        suggestion = Suggestion("remove", tuple(self.ids[trains].tolist())) if curable else None
        return Case(
            "leakage", tuple(self.ids[rows].tolist()), float(self.scores[group]), self.reason(group), suggestion
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

    def facts(self) -> dict[str, Any]:
        return {
            **{name: list(getattr(self, name)) for name in ("names", "kind_names")},
            **{name: getattr(self, name) for name in ("train", "test")},
            "feigned": None if self.feigned is None else self.feigned.facts(),
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Leakage:
        return cls(
            **arrays,
            names=tuple(facts["names"]),
            kind_names=tuple(facts["kind_names"]),
            train=facts["train"],
            test=facts["test"],
            feigned=None if facts["feigned"] is None else Feigned.restored(facts["feigned"]),
        )


_ARRAYS = ("ids", "splits", "rows", "starts", "kinds", "scores")


def leakage(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    labels: Sequence[str | None],
    splits: Sequence[str | None],
    groupings: Mapping[str, NDArray[np.integer]],
    *,
    seed: int = 0,
) -> Leakage:
    """The groups that lie across splits, and what they feign between train and test, or else validation.

    `ids` (n,), `vectors` (n, d), `labels` and `splits` (n,) with None where nothing is known; each grouping (n,) says
    by its kind which images belong together, −1 for one that is alone. Raises `InvalidInput` for fewer than two splits.
    """
    names = _in_order({split for split in splits if split is not None})
    if len(names) < 2:
        raise InvalidInput(
            f"Leakage is looked for between splits, and these images have {'none' if not names else 'one alone'}. "
            "Say which is which with `label NAME --split`, or make a split with `split NAME --apply`."
        )
    codes = np.array([-1 if split is None else names.index(split) for split in splits], np.int8)
    train, test = _ends(names)
    found = [group for kind, groups in enumerate(groupings.values()) for group in _across(groups, codes, kind)]
    trains = codes == names.index(train)
    scored = codes == names.index(test)
    leaked = [rows[trains[rows]] for _, rows in found if scored[rows].any()]
    classes = _classes(labels)
    measured = feign(
        vectors,
        classes,
        np.flatnonzero(trains),
        np.flatnonzero(scored),
        np.unique(np.concatenate(leaked)) if leaked else np.empty(0, np.int64),
        seed=seed,
    )
    feigned, gain = (None, np.zeros(len(ids), np.float32)) if measured is None else measured
    scores = np.array([_score(gain, rows, scored, trains) for _, rows in found], np.float32)
    sizes = np.array([len(rows) for _, rows in found], np.int64)
    kinds = np.array([kind for kind, _ in found], np.int16)
    # Those that feign most first; of equals the surest kind, then the largest.
    order = np.lexsort((-sizes, kinds, -scores))
    ordered = [found[group][1][np.argsort(~scored[found[group][1]], kind="stable")] for group in order]
    return Leakage(
        ids=ids,
        splits=codes,
        rows=np.concatenate(ordered) if ordered else np.empty(0, np.int64),
        starts=np.cumsum(sizes[order]) - sizes[order],
        kinds=kinds[order],
        scores=scores[order],
        names=names,
        kind_names=tuple(groupings),
        train=train,
        test=test,
        feigned=feigned,
    )


def _in_order(names: set[str]) -> tuple[str, ...]:
    """Train, validation and test as they are used, then what else there is."""
    usual = ("train", "val", "test")
    return (*(name for name in usual if name in names), *sorted(names - set(usual)))


def _ends(names: tuple[str, ...]) -> tuple[str, str]:
    """What is trained on and what is scored; of splits with other names the first and the last."""
    test = next((name for name in _SCORED if name in names), names[-1])
    return (_TRAINED if _TRAINED in names else next(name for name in names if name != test)), test


def _across(groups: NDArray[np.integer], splits: NDArray[np.int8], kind: int) -> list[tuple[int, NDArray[np.int64]]]:
    """The groups of one kind that lie across splits, as rows; images of no split are left out."""
    rows, starts = members(np.where(splits < 0, -1, groups))
    if not len(rows):
        return []
    low, high = np.minimum.reduceat(splits[rows], starts), np.maximum.reduceat(splits[rows], starts)
    ends = np.append(starts[1:], len(rows))
    return [(kind, rows[starts[at] : ends[at]]) for at in np.flatnonzero(low != high)]


def _score(
    gain: NDArray[np.float32], rows: NDArray[np.int64], scored: NDArray[np.bool_], trains: NDArray[np.bool_]
) -> float:
    return float(gain[rows[scored[rows]]].max(initial=0)) if trains[rows].any() else 0.0


def _classes(labels: Sequence[str | None]) -> NDArray[np.int32]:
    number = {label: code for code, label in enumerate(sorted({label for label in labels if label is not None}))}
    return np.array([-1 if label is None else number[label] for label in labels], np.int32)
