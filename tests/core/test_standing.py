"""What decisions make of a dataset: later wins, an undo takes back what it names, arrival order is nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.records import Actor
from embedding_core.review.decisions import Action, Decision, decided
from embedding_core.review.standing import VERDICTS, Standing, in_force, standing_of, undoable

ANNA, BEN = Actor("a", "Anna"), Actor("b", "Ben")
_ANY = [action for action in Action if action != Action.UNDO]


def at(
    number: float, action: Action, *ids: int, value: str | None = None, case: str = "", by: Actor = ANNA
) -> Decision:
    return replace(decided(by, action, ids, value=value, case=case), id=f"{number:08.3f}", at=float(number))


def undo(number: float, target: Decision, by: Actor = ANNA) -> Decision:
    return at(number, Action.UNDO, value=target.id, by=by)


def plain(standing: Standing) -> tuple[object, ...]:
    return (
        standing.removed.tolist(),
        standing.labels,
        {tag: ids.tolist() for tag, ids in standing.tagged.items()},
        {tag: ids.tolist() for tag, ids in standing.untagged.items()},
        standing.unsure.tolist(),
        {key: one.id for key, one in standing.cases.items()},
    )


@st.composite
def logs(draw: st.DrawFn) -> list[Decision]:
    """Decisions of a few images, cases and tags, later ones among them undos of earlier ones."""
    log: list[Decision] = []
    for number in range(draw(st.integers(0, 25))):
        if log and draw(st.integers(0, 3)) == 0:
            log.append(undo(number, draw(st.sampled_from(log))))
            continue
        action = draw(st.sampled_from(_ANY))
        ids = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True))
        case = draw(st.sampled_from(["", "", "c1", "c2"])) if action in VERDICTS else ""
        log.append(at(number, action, *ids, value=draw(st.sampled_from(["x", "y"])), case=case))
    return log


def simple(log: list[Decision]) -> tuple[object, ...]:
    """The rules of the module, said once more in the plainest way."""

    def stands(one: Decision) -> bool:
        return not any(other.action == Action.UNDO and other.value == one.id and stands(other) for other in log)

    valid = [one for one in log if stands(one) and one.action != Action.UNDO]
    answers: dict[tuple[object, ...], tuple[Decision, int]] = {}
    for number, one in enumerate(valid):
        for image in one.ids:
            if one.action in VERDICTS:
                key = (one.case, image) if one.case else (number, image)
                answers.pop(key, None)  # so that the last comes last
                answers[key] = (one, image)
    out: dict[int, bool] = {}
    labels: dict[int, str] = {}
    last: dict[int, Action] = {}
    for one, image in sorted(answers.values(), key=lambda pair: pair[0].at):
        last[image] = one.action
        if one.action in (Action.KEEP, Action.REMOVE):
            out[image] = one.action == Action.REMOVE
        if one.action == Action.RELABEL:
            labels[image] = str(one.value)
    tags: dict[tuple[str, int], Action] = {}
    for one in valid:
        if one.action in (Action.TAG, Action.UNTAG):
            tags |= {(str(one.value), image): one.action for image in one.ids}

    def of(action: Action) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for (tag, image), said in sorted(tags.items()):
            if said == action:
                found.setdefault(tag, []).append(image)
        return found

    cases = {one.case: one.id for one in valid if one.case and one.action in VERDICTS}
    removed = sorted(image for image, gone in out.items() if gone)
    unsure = sorted(image for image, action in last.items() if action == Action.UNSURE)
    return removed, labels, of(Action.TAG), of(Action.UNTAG), unsure, cases


@settings(max_examples=300, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_it_is_what_the_rules_say_in_whatever_order_decisions_arrive(log: list[Decision], rng: random.Random) -> None:
    shuffled = log[:]
    rng.shuffle(shuffled)
    assert plain(standing_of(shuffled)) == simple(log)


@settings(max_examples=200, deadline=None)
@given(logs())
def test_with_everything_undone_nothing_is_left(log: list[Decision]) -> None:
    undone = list(log)
    while standing := [one for one, stands in zip(undone, in_force(undone), strict=True) if stands]:
        left = [one for one in standing if one.action != Action.UNDO]
        if not left:
            break
        undone += [undo(len(undone) + number, one) for number, one in enumerate(left)]
    assert standing_of(undone).empty
    assert plain(standing_of(undone)) == plain(standing_of([]))


@settings(max_examples=200, deadline=None)
@given(logs(), st.data())
def test_an_undo_and_its_undo_change_nothing(log: list[Decision], data: st.DataObject) -> None:
    if not log:
        return
    back = undo(100, data.draw(st.sampled_from(log)))
    assert plain(standing_of([*log, back, undo(101, back)])) == plain(standing_of(log))


@settings(max_examples=300, deadline=None)
@given(logs(), st.integers(0, 25))
def test_what_follows_a_standing_is_that_of_the_whole_log(log: list[Decision], cut: int) -> None:
    before, later = log[:cut], log[cut:]
    found = standing_of(before).followed_by(later)
    if found is None:
        closed = standing_of(before).cases
        assert any(one.action == Action.UNDO or one.case in closed for one in later)
        return
    whole = standing_of(log)
    assert plain(found) == plain(whole)
    assert (found.work, found.decisions) == (whole.work, whole.decisions)


def test_an_undo_takes_back_what_it_names_and_nothing_after_it() -> None:
    first, second = at(1, Action.REMOVE, 7), at(2, Action.RELABEL, 7, value="dog")
    standing = standing_of([first, second, undo(3, first)])
    assert standing.removed.tolist() == []
    assert standing.labels == {7: "dog"}


def test_keeping_before_the_same_case_takes_its_relabel_back_but_not_that_of_another() -> None:
    log = [
        at(1, Action.RELABEL, 7, value="dog", case="labels of 7"),
        at(2, Action.RELABEL, 8, value="cat", case="of 8"),
    ]
    again = [*log, at(3, Action.KEEP, 7, case="labels of 7"), at(4, Action.KEEP, 8, case="duplicates")]
    assert standing_of(log).labels == {7: "dog", 8: "cat"}
    assert standing_of(again).labels == {8: "cat"}
    assert standing_of(again).cases["labels of 7"].action == Action.KEEP


def test_who_did_how_much() -> None:
    removed, kept = at(1, Action.REMOVE, 1, 2), at(2, Action.KEEP, 3, by=BEN)
    work = standing_of([removed, kept, undo(3, removed, by=BEN)]).work
    assert (work["Anna"].decisions, work["Anna"].undone, work["Anna"].last) == (0, 1, 1.0)
    assert (work["Ben"].decisions, work["Ben"].undone, work["Ben"].last) == (1, 0, 3.0)


def test_the_key_for_undo_goes_back_step_by_step_through_ones_own() -> None:
    log = [at(1, Action.REMOVE, 1), at(2, Action.KEEP, 2), at(3, Action.KEEP, 3, by=BEN)]
    steps = []
    while (last := undoable(log, "a")) is not None:
        steps.append(last.at)
        log.append(undo(len(log) + 1, last))
    assert steps == [2.0, 1.0]


def test_an_undo_of_what_nobody_knows_is_nothing() -> None:
    log = [at(1, Action.REMOVE, 1), at(2, Action.UNDO, value="no such id")]
    assert standing_of(log).removed.tolist() == [1]
    assert in_force(log) == [True, True]


def test_a_circle_of_undos_ends() -> None:
    one, other = at(1, Action.UNDO, value="00000002"), at(2, Action.UNDO, value="00000001")
    assert len(in_force([one, other])) == 2


def test_what_it_holds_cannot_be_changed() -> None:
    standing = standing_of([at(1, Action.REMOVE, 3, 1), at(2, Action.TAG, 5, value="x"), at(3, Action.UNSURE, 2)])
    for ids in (standing.removed, standing.relabelled, standing.unsure, standing.tagged["x"]):
        assert ids.dtype == np.int64
        assert not ids.flags.writeable
    assert standing.removed.tolist() == [1, 3]
