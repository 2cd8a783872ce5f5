"""Versions: frozen whatever happens afterwards, never overwritten, and what differs between two of them."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.deciding.versions import make_version, snapshot, versions
from embedding_core.errors import InvalidInput, NameTaken, UnknownVersion
from embedding_core.records import Actor
from embedding_core.review.decisions import Action, decided
from embedding_core.review.difference import difference
from embedding_core.review.snapshots import Snapshot, coded, decoded
from embedding_core.workspace import Dataset, Workspace
from embedding_core.workspace.schema import VERSIONS
from tests.core.test_workspace import put, record

ANNA = Actor("a", "Anna")
LABELS = ["cat", "cat", "dog", "dog", None]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    dataset = workspace.create("pets")
    ids = put(dataset, *(record(f"{letter}.png") for letter in "abcde"))
    dataset.put_attributes(ids, labels=LABELS, splits=["train"] * 4 + ["test"])
    dataset.tag("seen", ids[:3])
    return dataset


def of(dataset: Dataset, letters: str) -> list[int]:
    ids = dataset.ids()
    return [ids[f"{letter}.png"] for letter in letters]


def clean(dataset: Dataset) -> None:
    """a is removed, b is a dog, c is no longer seen and d is fine."""
    dataset.decisions.add(
        [
            decided(ANNA, Action.REMOVE, of(dataset, "a")),
            decided(ANNA, Action.RELABEL, of(dataset, "b"), value="dog"),
            decided(ANNA, Action.UNTAG, of(dataset, "c"), value="seen"),
            decided(ANNA, Action.TAG, of(dataset, "ad"), value="fine"),
        ]
    )


def plain(taken: Snapshot) -> tuple[object, ...]:
    tags = {tag: ids.tolist() for tag, ids in taken.tags.items()}
    return taken.ids.tolist(), taken.labels.tolist(), taken.splits.tolist(), tags


def test_two_versions_are_always_there(workspace: Workspace, dataset: Dataset) -> None:
    came = snapshot(workspace, dataset, "original")
    assert plain(came) == (
        of(dataset, "abcde"),
        LABELS,
        ["train"] * 4 + ["test"],
        {"seen": sorted(of(dataset, "abc"))},
    )
    assert plain(snapshot(workspace, dataset, "now")) == plain(came)
    clean(dataset)
    assert plain(snapshot(workspace, dataset, "original")) == plain(came)
    now = snapshot(workspace, dataset, "now")
    assert plain(now) == (
        of(dataset, "bcde"),
        ["dog", "dog", "dog", None],
        ["train"] * 3 + ["test"],
        {"fine": of(dataset, "d"), "seen": of(dataset, "b")},
    )
    assert dataset.attributes()["label"].to_pylist() == LABELS, "the source has changed"
    assert now.labels_of(np.array(of(dataset, "ba"))) == ["dog", None]


def test_a_version_stays_as_it_was_made(workspace: Workspace, dataset: Dataset) -> None:
    clean(dataset)
    made = make_version(workspace, dataset, " cleaned ", ANNA, note="First round.")
    assert (made.name, made.images, made.removed, made.relabelled, made.decisions) == ("cleaned", 4, 1, 1, 4)
    assert (made.who, made.note) == ("Anna", "First round.")
    kept = plain(snapshot(workspace, dataset, "cleaned"))
    assert made.state == snapshot(workspace, dataset, "cleaned").fingerprint
    dataset.put_attributes(of(dataset, "cde"), labels=["x", "y", "z"], splits=["a", "b", "c"])
    dataset.untag("seen")
    dataset.decisions.add(
        [decided(ANNA, Action.KEEP, of(dataset, "a")), decided(ANNA, Action.REMOVE, of(dataset, "b"))]
    )
    put(dataset, record("new.png"))
    again = Workspace.open(workspace.uri)
    assert plain(snapshot(again, again.dataset("pets"), "cleaned")) == kept
    listed = versions(workspace, dataset)
    assert [one.name for one in listed] == ["original", "cleaned", "now"]
    assert listed[1] == made
    assert [(one.images, one.removed, one.relabelled) for one in listed] == [(6, 0, 0), (4, 1, 1), (5, 1, 0)]
    assert not snapshot(workspace, dataset, "cleaned").ids.flags.writeable
    assert not snapshot(workspace, dataset, "cleaned").labels.flags.writeable


@pytest.mark.parametrize("name", ["cleaned", "original", "now"])
def test_no_version_is_overwritten(workspace: Workspace, dataset: Dataset, name: str) -> None:
    make_version(workspace, dataset, "cleaned", ANNA)
    before = plain(snapshot(workspace, dataset, name))
    with pytest.raises(NameTaken, match=f"version called '{name}' already, and versions are never overwritten"):
        make_version(workspace, dataset, name, ANNA)
    assert plain(snapshot(workspace, dataset, name)) == before


@pytest.mark.parametrize("name", ["", "a/b", "x" * 101, "a\nb"])
def test_a_name_that_cannot_be_one(workspace: Workspace, dataset: Dataset, name: str) -> None:
    with pytest.raises(InvalidInput, match="A version's name has 1 to 100"):
        make_version(workspace, dataset, name, ANNA)


def test_an_unknown_version_is_told_with_those_there_are(workspace: Workspace, dataset: Dataset) -> None:
    make_version(workspace, dataset, "cleaned", ANNA)
    with pytest.raises(UnknownVersion, match=r"No version is called 'cleand'\. Did you mean 'cleaned'"):
        snapshot(workspace, dataset, "cleand")


def test_of_two_who_take_a_name_at_once_one_has_it(workspace: Workspace, dataset: Dataset) -> None:
    dataset._store.create(f"versions_{dataset.uuid}", VERSIONS)
    made: list[str] = []
    refused: list[str] = []
    together = threading.Barrier(3)

    def make(who: str) -> None:
        mine = Workspace.open(workspace.uri)
        together.wait(60)
        try:
            made.append(make_version(mine, mine.dataset("pets"), "cleaned", Actor(who, who)).who)
        except NameTaken:
            refused.append(who)

    threads = [threading.Thread(target=make, args=(who,)) for who in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 2)
    assert [one.who for one in dataset.versions.all()] == made


def test_decisions_on_images_that_are_not_there_change_nothing(workspace: Workspace, dataset: Dataset) -> None:
    before = plain(snapshot(workspace, dataset))
    dataset.decisions.add(
        [
            decided(ANNA, Action.REMOVE, [1]),
            decided(ANNA, Action.RELABEL, [2], value="x"),
            decided(ANNA, Action.TAG, [3], value="x"),
        ]
    )
    assert plain(snapshot(workspace, dataset)) == before


def test_a_dataset_without_images_has_its_versions(workspace: Workspace) -> None:
    empty = workspace.create("empty")
    assert make_version(workspace, empty, "v", ANNA).images == 0
    assert len(snapshot(workspace, empty, "v")) == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "Möwe", "a\0", "b"])), max_size=20))
def test_texts_are_taken_apart_and_put_together(texts: list[str | None]) -> None:
    assert decoded(*coded(texts)).tolist() == texts


@pytest.mark.parametrize("classes", [1, 127, 128, 129, 300])
def test_labels_of_many_classes_are_stored_and_read(workspace: Workspace, classes: int) -> None:
    dataset = workspace.create("many")
    ids = put(dataset, *(record(f"{number:03}.png") for number in range(classes + 1)))
    labels = [*(f"class {number} ß\0" for number in range(classes)), None]
    dataset.put_attributes(ids, labels=labels)
    make_version(workspace, dataset, "v", ANNA)
    assert snapshot(workspace, dataset, "v").labels.tolist() == labels


# -- differences ----------------------------------------------------------------------------------------------------


def test_a_difference_says_what_changed(workspace: Workspace, dataset: Dataset) -> None:
    clean(dataset)
    make_version(workspace, dataset, "cleaned", ANNA)
    dataset.put_attributes(of(dataset, "e"), splits=["train"])
    dataset.decisions.add([decided(ANNA, Action.KEEP, of(dataset, "a"))])
    first, second = (snapshot(workspace, dataset, name) for name in ("original", "cleaned"))
    found = difference(first, second)
    assert (found.before, found.after) == ("original", "cleaned")
    assert found.removed.tolist() == of(dataset, "a")
    assert found.added.tolist() == []
    assert found.relabelled.ids.tolist() == of(dataset, "b")
    assert found.relabelled.counts() == [("cat", "dog", 1)]
    assert found.moved.counts() == [("train", "test", 1)]
    assert {tag: (one.added.tolist(), one.removed.tolist()) for tag, one in found.tags.items()} == {
        "fine": (of(dataset, "d"), []),
        "seen": ([], of(dataset, "c")),
    }
    assert found.labels == {"cat": (2, 0), "dog": (2, 3), None: (1, 1)}
    back = difference(second, first)
    assert (back.added.tolist(), back.removed.tolist()) == (of(dataset, "a"), [])
    assert back.relabelled.counts() == [("dog", "cat", 1)]


def test_nothing_differs_from_itself(workspace: Workspace, dataset: Dataset) -> None:
    clean(dataset)
    now = snapshot(workspace, dataset)
    assert difference(now, now).empty
    assert not difference(snapshot(workspace, dataset, "original"), now).empty
