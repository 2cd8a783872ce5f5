"""The part that judges: set aside once, untouched, with nothing like it among what is trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.holding import hold_out, unseen
from embedding_core.records import LOCAL
from embedding_core.workspace import Dataset, Embedding, Workspace
from tests.core import emojis

CODES = np.repeat([0, 1], 60)
Embedded = tuple[Workspace, Dataset, Embedding]


@pytest.fixture
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    workspace = emojis.workspace(tmp_path_factory)
    dataset = workspace.dataset(emojis.NAME)
    return workspace, dataset, dataset.embedding("pixels")


def test_a_split_is_taken_as_it_is() -> None:
    splits = ["train", "val", "test"] * 40
    held = hold_out(CODES, splits)
    assert held.chosen == "split"
    for rows, name in ((held.train, "train"), (held.validation, "val"), (held.test, "test")):
        assert [splits[row] for row in rows] == [name] * 40


def test_a_split_for_validation_judges_where_there_is_none_for_tests() -> None:
    splits = ["train", "train", "val"] * 40
    held = hold_out(CODES, splits)
    assert {splits[row] for row in held.test} == {"val"}
    assert not len(held.validation)


def test_no_group_lies_in_two_parts() -> None:
    splits = ["train", "val", "test"] * 40
    groups = np.full(120, -1)
    groups[[0, 2]] = 0  # train and test
    groups[[3, 4]] = 1  # train and validation
    groups[[7, 8]] = 2  # validation and test
    held = hold_out(CODES, splits, groups=groups)
    assert not np.isin([0, 3], held.train).any()
    assert 4 in held.validation
    assert 7 not in held.validation


def test_without_a_split_a_third_is_drawn_and_stays_the_same() -> None:
    first, again, other = (hold_out(CODES, [None] * 120, seed=seed) for seed in (0, 0, 1))
    assert first.chosen == "drawn"
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)
    assert np.bincount(CODES[first.test]).tolist() == [18, 18]
    assert not len(np.intersect1d(first.test, first.train))


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("count", [45, 60, 66])
def test_of_few_labels_twenty_are_drawn_and_as_many_are_left_to_train_on(classes: int, count: int) -> None:
    codes = np.arange(count) % classes
    held = hold_out(codes, [None] * count)
    assert 20 <= len(held.test) <= len(held.train)
    assert set(codes[held.train]) == set(codes[held.test]) == set(range(classes))
    assert len(hold_out(np.arange(40) % 2, [None] * 40).test) == 20
    with pytest.raises(InvalidInput, match="there are 38"):
        hold_out(np.arange(38) % 2, [None] * 38)


def test_twenty_are_not_drawn_of_what_is_trained_on_where_too_little_is_left_of_that() -> None:
    splits = ["train"] * 20 + ["test"] * 10 + [None] * 15
    with pytest.raises(InvalidInput, match="there are 45"):
        hold_out(np.arange(45) % 2, splits)


def test_the_same_part_is_drawn_however_groups_are_numbered() -> None:
    groups = np.full(120, -1)
    groups[[0, 5]], groups[[70, 90, 91]], groups[[30, 31]] = 0, 1, 2
    renumbered = np.array([-1, 2, 0, 1])[groups + 1]
    first, second = (hold_out(CODES, [None] * 120, groups=one) for one in (groups, renumbered))
    assert np.array_equal(first.test, second.test)


def test_what_was_decided_on_judges_nothing() -> None:
    splits = ["train", "train", "test"] * 40
    decided = np.zeros(120, bool)
    decided[[2, 5]] = True
    held = hold_out(CODES, splits, decided=decided)
    assert held.left_out == 2
    assert not np.isin([2, 5], held.test).any()


def test_too_little_to_judge_by_says_so() -> None:
    with pytest.raises(InvalidInput, match=r"at least 40 with a label .* and there are 16\. Label more"):
        hold_out(np.array([0, 1] * 8), [None] * 16)
    with pytest.raises(InvalidInput, match=r"There are 100 with a value .* all are of one class"):
        hold_out(np.zeros(100, int), [None] * 100, what="a value")
    with pytest.raises(InvalidInput, match="left to train on"):
        hold_out(np.repeat([0, 1], 60), ["test" if row % 2 else None if row < 60 else "val" for row in range(120)])


def test_what_was_set_aside_stays_when_images_come_and_labels_change(embedded: Embedded) -> None:
    workspace, dataset, embedding = embedded
    known = derived.labelled(workspace, dataset, [embedding])
    held = derived.held_out(workspace, dataset, known)
    aside = set(known.ids[held.test].tolist())
    changed = [*known.ids[held.train][:5].tolist()]
    dataset.put_attributes(changed, labels=["brought later"] * 5)
    again = derived.labelled(workspace, dataset, [embedding])
    assert "brought later" in again.classes
    assert again.fingerprint != known.fingerprint
    assert set(again.ids[derived.held_out(workspace, dataset, again).test].tolist()) == aside


def test_what_trains_is_the_same_the_second_time(embedded: Embedded) -> None:
    """A split for tests that is too small judges nothing, and nothing of it is trained on, now or later."""
    workspace, dataset, embedding = embedded
    ids = embedding.ids.tolist()
    splits = ["test"] * 10 + ["train"] * 400 + [None] * (len(ids) - 410)
    dataset.put_attributes(ids, splits=splits)
    known = derived.labelled(workspace, dataset, [embedding])
    first, again = (derived.held_out(workspace, dataset, known) for _ in range(2))
    assert first.chosen == again.chosen == "drawn"
    for name in ("train", "validation", "test", "whole", "clusters"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert {known.splits[row] for row in again.train.tolist()} == {"train"}


def test_what_was_set_aside_for_labels_stays_whatever_else_is_learnt(embedded: Embedded) -> None:
    workspace, dataset, embedding = embedded
    known = derived.labelled(workspace, dataset, [embedding])
    aside = derived.held_out(workspace, dataset, known)
    some = np.full(len(known.ids), -1)
    some[aside.train[:120]] = np.arange(120) % 2  # a column that no image of the test part has a value in
    column = replace(known, codes=some, classes=("no", "yes"))
    own = derived.held_out(workspace, dataset, column, of="colour")
    assert len(own.test) >= 20
    assert not np.isin(own.train, own.test).any()
    again = derived.held_out(workspace, dataset, known)
    assert np.array_equal(again.test, aside.test) and np.array_equal(again.train, aside.train)
    assert np.array_equal(derived.held_out(workspace, dataset, column, of="colour").test, own.test)


def test_an_encoder_with_few_vectors_draws_no_other_part(embedded: Embedded) -> None:
    workspace, dataset, embedding = embedded
    known = derived.labelled(workspace, dataset, [embedding])
    aside = derived.held_out(workspace, dataset, known)
    few = derived.labelled(workspace, dataset, [embedding.of(np.sort(known.ids[aside.train[:200]]))])
    with pytest.raises(InvalidInput, match=f"Of the {len(aside.test)} images that are set aside.* Embed all images"):
        derived.held_out(workspace, dataset, few)
    assert np.array_equal(derived.held_out(workspace, dataset, known).test, aside.test)


def test_where_too_little_is_left_what_once_judged_is_still_not_trained_on(embedded: Embedded) -> None:
    workspace, dataset, embedding = embedded
    known = derived.labelled(workspace, dataset, [embedding])
    aside = known.ids[derived.held_out(workspace, dataset, known).test].tolist()
    dataset.put_attributes(aside[:-5], labels=[None] * len(aside[:-5]))
    known = derived.labelled(workspace, dataset, [embedding])
    held = derived.held_out(workspace, dataset, known)
    assert len(held.test) >= 20
    assert not np.isin(aside, known.ids[held.train]).any()
    dataset.put_attributes(aside[:-5], labels=[known.classes[0]] * len(aside[:-5]))
    known = derived.labelled(workspace, dataset, [embedding])
    held = derived.held_out(workspace, dataset, known)
    assert not np.isin(aside, known.ids[held.train]).any(), "nor when they have labels again"


def test_what_an_encoder_has_seen_does_not_judge_it() -> None:
    groups = np.full(120, -1)
    held = hold_out(CODES, [None] * 120, groups=groups)
    seen = np.zeros(120, bool)
    seen[held.train] = seen[held.test[:4]] = True
    groups[[held.test[0], held.test[5]]] = 0  # a copy of what was seen
    left = unseen(held, seen, groups, CODES)
    assert left.test.tolist() == [*held.test[[4]].tolist(), *held.test[6:].tolist()]
    assert left.left_out == 5
    assert np.array_equal(left.train, held.train)
    seen[held.test[:30]] = True
    with pytest.raises(InvalidInput, match="was fine-tuned on 30 of the 36 images"):
        unseen(held, seen, np.full(120, -1), CODES)


def test_a_dataset_without_labels_is_told_so(embedded: Embedded) -> None:
    workspace, dataset, embedding = embedded
    dataset.put_attributes(embedding.ids.tolist(), labels=[None] * len(embedding))
    with pytest.raises(InvalidInput, match="two labels or more"):
        derived.labelled(workspace, dataset, [embedding]).need_classes()


def test_runs_are_remembered_newest_first_and_go_with_the_dataset(embedded: Embedded) -> None:
    workspace, dataset, _ = embedded
    facts = {"encoder": "e", "version": "now", "data": "d", "parameters": {"folds": 5}, "seconds": 1.5}
    for kind, value in (("report", 0.5), ("probe", 0.75)):
        scores = {"accuracy": derived.Score(value, value - 0.1, value + 0.1), "seconds": derived.Score(2.0)}
        derived.record(workspace, dataset, LOCAL, kind=kind, scores=scores, **facts)
    newest, oldest = derived.runs(workspace, dataset)
    assert (newest.kind, oldest.kind) == ("probe", "report")
    assert newest.scores["accuracy"] == derived.Score(0.75, 0.65, 0.85)
    assert newest.parameters == {"folds": 5}
    workspace.delete(dataset)
    assert derived.runs(workspace, dataset) == []


def test_a_model_replaces_its_namesake_and_goes_with_the_dataset(embedded: Embedded) -> None:
    workspace, dataset, _ = embedded
    first = workspace.models.put(dataset=dataset.uuid, kind="probe", name="a", facts={"n": 1}, content=b"one")
    token = workspace.models.token
    second = workspace.models.put(dataset=dataset.uuid, kind="probe", name="a", facts={"n": 2}, content=b"two")
    assert workspace.models.token != token
    assert workspace.models.get(first.id) is None
    assert workspace.models.get(second.id).content == b"two"
    (listed,) = workspace.models.find(dataset=dataset.uuid)
    assert (listed.facts, listed.nbytes, listed.content) == ({"n": 2}, 3, b"")
    workspace.delete(dataset)
    assert workspace.models.find() == []


def test_near_duplicates_are_those_of_the_images_that_a_version_holds(embedded: Embedded) -> None:
    from embedding_core.review.decisions import Action, decided

    workspace, dataset, embedding = embedded
    found = derived.find_duplicates(workspace, dataset, embedding).found
    of = dict(zip(found.ids.tolist(), found.groups_with_bursts.tolist(), strict=True))
    gone = [image for image, group in of.items() if group < 0][:3]
    dataset.decisions.add([decided(LOCAL, Action.REMOVE, gone)])
    known = derived.labelled(workspace, dataset, [embedding])
    assert len(known.ids) == len(of) - 3
    assert [of[image] for image in known.ids.tolist()] == known.groups.tolist()
    assert max(known.groups) >= 0, "no near-duplicates among these images, so this proves nothing"
