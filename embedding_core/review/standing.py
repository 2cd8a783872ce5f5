"""What decisions make of a dataset: which images go, what others are called now, which cases are closed.

The rules, in the order in which they apply:

1. **An undo takes away what it names**, whenever that was decided and whatever came after; an undo of an undo brings it
   back. A decision is in force while no undo in force names it.
2. **A case has one answer for each of its images**: of keep, remove, relabel and unsure, the last one in force that was
   given for this case about this image. So keeping what was relabelled before the same case takes the new label back.
3. **Later wins.** An image is out when the last keep or remove about it is a remove, whichever case that was; its label
   is that of the last relabel; a tag is on it when the last tag or untag of that name was a tag. It is unsure when
   unsure is the last that was said of it.

Later means later by (time, id). Nothing here depends on the order in which decisions are given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.review.decisions import Action, Decision
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

VERDICTS = (Action.KEEP, Action.REMOVE, Action.RELABEL, Action.UNSURE)  # what closes a case
_CODES = {action: code for code, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class Work:
    """How much one person has decided."""

    decisions: int  # in force, undos left out
    undone: int  # decided and undone since, by whomever
    last: float  # seconds since the epoch


@dataclass(frozen=True, eq=False)
class Standing:
    """The decisions in force, image by image. Arrays are read-only, ids ascending."""

    removed: NDArray[np.int64]  # (r,)
    relabelled: NDArray[np.int64]  # (l,)
    new_labels: tuple[str, ...]  # (l,) of `relabelled`, row by row
    tagged: Mapping[str, NDArray[np.int64]]  # tag → ids that it was put on
    untagged: Mapping[str, NDArray[np.int64]]  # tag → ids that it was taken from
    unsure: NDArray[np.int64]  # (u,)
    cases: Mapping[str, Decision]  # key of a closed case → its last verdict
    work: Mapping[str, Work]  # by the name of who decided
    decisions: int  # in the log, undos and what they undid included

    @cached_property
    def labels(self) -> dict[int, str]:
        """Id → its new label."""
        return dict(zip(self.relabelled.tolist(), self.new_labels, strict=True))

    def followed_by(self, later: Sequence[Decision]) -> Standing | None:
        """The standing after a few more decisions, all later than those before: quick, where it follows from this one.

        None where it does not: an undo, or another answer to a case that is closed, asks for all that was said before.
        """
        answers = [one for one in later if one.action in VERDICTS]
        if any(one.action == Action.UNDO for one in later) or any(
            one.case in self.cases for one in answers if one.case
        ):
            return None
        new = standing_of(later)
        placed = _ids(one for one in answers if one.action in (Action.KEEP, Action.REMOVE))
        stays = ~np.isin(self.relabelled, new.relabelled)
        relabelled = np.append(self.relabelled[stays], new.relabelled)
        labels = [*compress(self.new_labels, stays), *new.new_labels]
        order = np.argsort(relabelled)
        return Standing(
            removed=_over(self.removed, placed, new.removed),
            relabelled=read_only(relabelled[order]),
            new_labels=tuple(labels[row] for row in order.tolist()),
            tagged=_tags_over(self.tagged, new.tagged, later),
            untagged=_tags_over(self.untagged, new.untagged, later),
            unsure=_over(self.unsure, _ids(answers), new.unsure),
            cases={**self.cases, **new.cases},
            work={who: _added(self.work.get(who), new.work.get(who)) for who in {**self.work, **new.work}},
            decisions=self.decisions + new.decisions,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing that was decided is in force."""
        touched = (self.removed, self.relabelled, self.unsure, *self.tagged.values(), *self.untagged.values())
        return not self.cases and not any(map(len, touched))


def standing_of(decisions: Iterable[Decision]) -> Standing:
    """What these decisions, in whatever order, make of a dataset. 100,000 of them take well under a second."""
    log = sorted(decisions, key=lambda one: (one.at, one.id))
    force = in_force(log)
    valid = [one for one, stands in zip(log, force, strict=True) if stands and one.action != Action.UNDO]
    rows = _Rows.of_decisions(valid)
    verdict = np.isin(rows.action, [_CODES[action] for action in VERDICTS])
    answers = rows.where(verdict).last_answers()
    places = answers.of(Action.KEEP, Action.REMOVE).last_of_images()
    labels = answers.of(Action.RELABEL).last_of_images()
    said = answers.last_of_images()
    tags = rows.of(Action.TAG, Action.UNTAG)
    return Standing(
        removed=read_only(places.of(Action.REMOVE).image),
        relabelled=read_only(labels.image),
        new_labels=tuple(str(valid[number].value) for number in labels.number.tolist()),
        tagged=_by_tag(tags, valid, Action.TAG),
        untagged=_by_tag(tags, valid, Action.UNTAG),
        unsure=read_only(said.of(Action.UNSURE).image),
        cases={one.case: one for one in valid if one.case and one.action in VERDICTS},
        work=_work(log, force),
        decisions=len(log),
    )


def in_force(log: Sequence[Decision]) -> list[bool]:
    """Whether each decision of a log stands: no undo that stands itself names it."""
    force = [True] * len(log)
    undos = [number for number, one in enumerate(log) if one.action == Action.UNDO]
    if not undos:
        return force
    rows = {one.id: number for number, one in enumerate(log)}
    target = {number: rows[str(log[number].value)] for number in undos if log[number].value in rows}
    # An undo's own fate is known once all that name it are settled, so those that nobody names come first.
    unsettled = Counter(target.values())
    settled = [number for number in target if not unsettled[number]]
    while settled:
        undo = settled.pop()
        named = target[undo]
        if force[undo]:
            force[named] = False
        unsettled[named] -= 1
        if not unsettled[named] and named in target:
            settled.append(named)
    return force


def undoable(log: Sequence[Decision], actor: str) -> Decision | None:
    """The last decision of the actor with that id that stands and is no undo: what their key for undo takes back."""
    for one, stands in zip(reversed(log), reversed(in_force(log)), strict=True):
        if stands and one.actor == actor and one.action != Action.UNDO:
            return one
    return None


@dataclass(frozen=True, slots=True)
class _Rows:
    """One row for each image of each decision, in the order of the decisions."""

    image: NDArray[np.int64]  # (m,)
    action: NDArray[np.int8]  # (m,)
    case: NDArray[np.int32]  # (m,) number of the case; −1 for a decision outside of any
    number: NDArray[np.int32]  # (m,) of the decision

    @classmethod
    def of_decisions(cls, valid: Sequence[Decision]) -> _Rows:
        sizes = np.fromiter((len(one.ids) for one in valid), np.int64, len(valid))
        image = np.fromiter(chain.from_iterable(one.ids for one in valid), np.int64, int(sizes.sum()))
        cases: dict[str, int] = {"": -1}
        case = np.fromiter((cases.setdefault(one.case, len(cases) - 1) for one in valid), np.int32, len(valid))
        action = np.fromiter((_CODES[one.action] for one in valid), np.int8, len(valid))
        number = np.repeat(np.arange(len(valid), dtype=np.int32), sizes)
        return cls(image, action[number], case[number], number)

    def where(self, mask: NDArray[np.bool_]) -> _Rows:
        return _Rows(self.image[mask], self.action[mask], self.case[mask], self.number[mask])

    def of(self, *actions: Action) -> _Rows:
        return self.where(np.isin(self.action, [_CODES[action] for action in actions]))

    def last_answers(self) -> _Rows:
        """Without what was said again of the same image before the same case."""
        order = np.lexsort((self.case, self.image))  # stable: among equals the later stays behind
        again = (np.diff(self.image[order]) == 0) & (np.diff(self.case[order]) == 0) & (self.case[order][:-1] >= 0)
        keep = np.ones(len(order), bool)
        keep[order[:-1][again]] = False
        return self.where(keep)

    def last_of_images(self) -> _Rows:
        """The last row of each image, ids ascending."""
        order = np.argsort(self.image, kind="stable")
        last = np.append(np.diff(self.image[order]) != 0, True)[: len(order)]
        return _Rows(*(column[order][last] for column in (self.image, self.action, self.case, self.number)))


def _ids(decisions: Iterable[Decision]) -> NDArray[np.int64]:
    """Of all that they are about, ascending."""
    return np.unique(np.fromiter(chain.from_iterable(one.ids for one in decisions), np.int64))


def _over(before: NDArray[np.int64], said: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the images before, those of which nothing new is `said`, and those after."""
    return read_only(np.union1d(np.setdiff1d(before, said, assume_unique=True), after))


def _tags_over(
    before: Mapping[str, NDArray[np.int64]], after: Mapping[str, NDArray[np.int64]], later: Sequence[Decision]
) -> dict[str, NDArray[np.int64]]:
    nobody = np.empty(0, np.int64)
    found = dict(before)
    said = [one for one in later if one.action in (Action.TAG, Action.UNTAG)]
    for tag in {str(one.value) for one in said}:
        about = _ids(one for one in said if one.value == tag)
        found[tag] = _over(before.get(tag, nobody), about, after.get(tag, nobody))
    return {tag: found[tag] for tag in sorted(found) if len(found[tag])}


def _added(before: Work | None, after: Work | None) -> Work:
    known = [work for work in (before, after) if work is not None]
    return Work(sum(work.decisions for work in known), sum(work.undone for work in known), known[-1].last)


def _by_tag(rows: _Rows, valid: Sequence[Decision], action: Action) -> dict[str, NDArray[np.int64]]:
    """Tag → the images of which the last that was said about that tag is `action`."""
    tags = np.array([str(valid[number].value) for number in rows.number.tolist()], dtype=object)
    found = {}
    for tag in sorted(set(tags.tolist())):
        ids = rows.where(tags == tag).last_of_images().of(action).image
        if len(ids):
            found[tag] = read_only(ids)
    return found


def _work(log: Sequence[Decision], force: Sequence[bool]) -> dict[str, Work]:
    done: Counter[str] = Counter()
    undone: Counter[str] = Counter()
    last: dict[str, float] = {}
    for one, stands in zip(log, force, strict=True):
        last[one.who] = one.at
        if one.action != Action.UNDO:
            (done if stands else undone)[one.who] += 1
    return {who: Work(done[who], undone[who], at) for who, at in last.items()}
