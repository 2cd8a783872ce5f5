"""The log of decisions: added to whole or not at all, by several at once, never changed, gone with its dataset."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from embedding_core.deciding.table import read_decisions
from embedding_core.deciding.versions import make_version
from embedding_core.errors import InvalidInput, UnknownDecision
from embedding_core.records import Actor
from embedding_core.review.cases import case_key
from embedding_core.review.decisions import Action, decided
from embedding_core.workspace import Dataset, Workspace, catalogue
from embedding_core.workspace import decisions as decisions_module
from tests.core.test_workspace import put, record

ANNA = Actor("a", "Anna")
IDS = {"a.png": 1, "b.png": 2, "deep/c.png": 3, "x/same.png": 4, "y/same.png": 5}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return workspace.create("birds")


def test_what_is_added_comes_back_in_order(dataset: Dataset) -> None:
    first = replace(
        decided(ANNA, Action.REMOVE, [1, 2], finding="photos", case="k", reason="It is dark.", score=0.25), at=2.0
    )
    second = replace(decided(ANNA, Action.RELABEL, [2**51], value="ein Vogel"), at=1.0)
    dataset.decisions.add([first, second])
    assert dataset.decisions.all() == (second, first)
    assert dataset.decisions.count == 2
    assert dataset.decisions.get(first.id) == first
    with pytest.raises(UnknownDecision):
        dataset.decisions.get("0" * 32)


def test_decisions_have_a_token_of_their_own(dataset: Dataset) -> None:
    before, of_images = dataset.decisions.token, dataset.token
    dataset.decisions.add([decided(ANNA, Action.KEEP, [1])])
    assert dataset.decisions.token != before
    assert dataset.token == of_images


def test_many_are_one_commit_and_none_is_none(dataset: Dataset) -> None:
    table = f"decisions_{dataset.uuid}"
    before = dataset._store.version(table)
    dataset.decisions.add(decided(ANNA, Action.KEEP, [number]) for number in range(500))
    assert dataset._store.version(table) == before + 1
    assert dataset.decisions.add([]) == ()
    assert dataset._store.version(table) == before + 1


def test_a_request_that_comes_twice_decides_once_and_changes_nothing_stored(dataset: Dataset) -> None:
    one = decided(ANNA, Action.REMOVE, [1])
    dataset.decisions.add([one])
    dataset.decisions.add([replace(one, action=Action.KEEP), decided(ANNA, Action.KEEP, [2])])
    assert dataset.decisions.count == 2
    assert dataset.decisions.get(one.id).action == Action.REMOVE


@pytest.mark.parametrize(
    ("action", "ids", "value", "message"),
    [
        (Action.REMOVE, [], None, "names none"),
        (Action.RELABEL, [1], " ", "the new label"),
        (Action.TAG, [1], None, "the tag"),
        (Action.RELABEL, [1], "x" * 3000, "at most 2,000 characters, not 3,000"),
        (Action.UNDO, [], None, "the id of a decision"),
    ],
)
def test_one_that_says_nothing_is_refused_with_all_that_came_along(
    dataset: Dataset, action: Action, ids: list[int], value: str | None, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        dataset.decisions.add([decided(ANNA, Action.KEEP, [1]), decided(ANNA, action, ids, value=value)])
    assert dataset.decisions.count == 0


def test_an_undo_knows_what_it_undoes_and_comes_after_it(dataset: Dataset) -> None:
    ahead = replace(decided(ANNA, Action.REMOVE, [1], case="k", finding="photos"), at=4e9)  # by a clock that is wrong
    dataset.decisions.add([ahead])
    (undo,) = dataset.decisions.add([decided(ANNA, Action.UNDO, [], value=ahead.id)])
    assert dataset.decisions.all() == (ahead, undo)
    assert (undo.ids, undo.case, undo.finding) == ((1,), "k", "photos")
    assert dataset.decisions.standing().empty
    with pytest.raises(InvalidInput, match="undone already"):
        dataset.decisions.add([decided(ANNA, Action.UNDO, [], value=ahead.id)])
    with pytest.raises(UnknownDecision):
        dataset.decisions.add([decided(ANNA, Action.UNDO, [], value="f" * 32)])
    dataset.decisions.add([decided(ANNA, Action.UNDO, [], value=undo.id)])
    assert dataset.decisions.standing().removed.tolist() == [1]


def test_many_small_commits_are_merged_and_lose_nothing(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions_module, "FRAGMENTS", 3)
    for number in range(9):
        dataset.decisions.add([decided(ANNA, Action.REMOVE, [number])])
    table = dataset._store._table(f"decisions_{dataset.uuid}")
    assert table.stats()["fragment_stats"]["num_fragments"] <= 4
    assert dataset.decisions.standing().removed.tolist() == list(range(9))


def test_after_a_commit_only_what_is_new_is_read_unless_a_clock_is_behind(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = replace(decided(ANNA, Action.REMOVE, [1]), at=100.0)
    dataset.decisions.add([first])
    assert dataset.decisions.all() == (first,)
    read: list[str | None] = []
    select = type(dataset._store).select

    def seen(store: object, name: str, columns: list[str], where: str | None = None) -> object:
        read.append(where)
        return select(store, name, columns, where)  # type: ignore[arg-type]

    monkeypatch.setattr(type(dataset._store), "select", seen)
    second = replace(decided(ANNA, Action.REMOVE, [2]), at=101.0)
    dataset.decisions.add([second])
    assert dataset.decisions.all() == (first, second)
    assert read == ["at > 100.0"]
    behind = replace(decided(ANNA, Action.KEEP, [1]), at=99.0)
    dataset.decisions.add([behind])
    assert dataset.decisions.all() == (behind, first, second)
    assert dataset.decisions.standing().removed.tolist() == [1, 2]


@pytest.mark.parametrize("place", ["bucket", "folder"])
def test_several_who_decide_at_once_all_arrive(place: str, bucket: str, tmp_path: Path) -> None:
    uri = bucket if place == "bucket" else str(tmp_path / "workspace")
    uuid = Workspace.open(uri).create("birds").uuid
    writers, rounds = 3, 4
    together = threading.Barrier(writers)

    def write(who: int) -> None:
        decisions = Workspace.open(uri).dataset_by_uuid(uuid).decisions
        for number in range(rounds):
            together.wait(60)
            decisions.add([decided(Actor(str(who), f"W{who}"), Action.REMOVE, [100 * who + number])])

    threads = [threading.Thread(target=write, args=(who,)) for who in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standing = Workspace.open(uri).dataset_by_uuid(uuid).decisions.standing()
    assert standing.removed.tolist() == [100 * who + number for who in range(writers) for number in range(rounds)]
    assert {who: work.decisions for who, work in standing.work.items()} == dict.fromkeys(["W0", "W1", "W2"], rounds)


def test_a_workspace_from_before_there_were_decisions(workspace: Workspace, dataset: Dataset) -> None:
    for kind in ("decisions", "versions", "claims"):
        workspace._store.drop(f"{kind}_{dataset.uuid}")
    old = Workspace.open(workspace.uri).dataset("birds")
    assert (old.decisions.all(), old.decisions.count, old.decisions.standing().empty) == ((), 0, True)
    assert old.versions.all() == []
    assert old.claims.all() == {}
    before = old.decisions.token
    assert not {f"decisions_{dataset.uuid}", f"versions_{dataset.uuid}"} & set(old._store.names()), "looking made one"
    old.decisions.add([decided(ANNA, Action.REMOVE, [1])])
    assert old.decisions.token != before
    assert old.decisions.standing().removed.tolist() == [1]
    put(old, record("a.png"))
    assert make_version(workspace, old, "cleaned", ANNA).images == 1
    old.claims.skip("case", "a", 1.0)
    assert old.claims.all()["case"].skipped == 1.0


def test_a_dataset_takes_its_decisions_along(
    workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(one: Dataset) -> None:
        put(one, record("a.png"))
        one.decisions.add([decided(ANNA, Action.KEEP, [1])])
        make_version(workspace, one, "cleaned", ANNA)
        one.claims.skip("case", "a", 1.0)
        kinds = {name.partition("_")[0] for name in workspace._store.names() if one.uuid in name}
        assert {"decisions", "versions", "claims"} <= kinds

    fill(dataset)
    workspace.delete(dataset)
    assert not [name for name in workspace._store.names() if dataset.uuid in name]
    lost = workspace.create("lost")
    fill(lost)
    workspace._store.delete("catalogue", f"uuid = '{lost.uuid}'")
    monkeypatch.setattr(catalogue, "ORPHAN_AGE", -1.0)
    assert workspace.sweep() == [lost.uuid]
    assert not [name for name in workspace._store.names() if lost.uuid in name]


def test_a_process_that_is_killed_between_two_commits_leaves_the_first_whole(
    workspace: Workspace, dataset: Dataset
) -> None:
    script = f"""
import os, signal
from embedding_core.records import LOCAL
from embedding_core.review.decisions import Action, decided
from embedding_core.deciding.queue import Queue
from embedding_core.workspace import Workspace
dataset = Workspace.open({workspace.uri!r}).dataset("birds")
class Killed:
    def release(self, cases, actor):
        os.kill(os.getpid(), signal.SIGKILL)
Queue([], dataset.decisions, Killed()).decide([decided(LOCAL, Action.REMOVE, [1, 2], case="k")])
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    standing = Workspace.open(workspace.uri).dataset("birds").decisions.standing()
    assert standing.removed.tolist() == [1, 2]
    assert set(standing.cases) == {"k"}


# -- tables ---------------------------------------------------------------------------------------------------------


def read(text: str | bytes) -> list[tuple[str, tuple[int, ...], str | None]]:
    content = text.encode() if isinstance(text, str) else text
    return [(str(one.action), one.ids, one.value) for one in read_decisions(content, "t.csv", IDS, ANNA)]


def test_a_table_is_a_decision_a_row() -> None:
    table = "path,action,label,reason,finding\na.png,remove,,dark,photos\nb.png,Relabel,dog,,\nc.png,tag,to do,,\n"
    assert read(table) == [("remove", (1,), None), ("relabel", (2,), "dog"), ("tag", (3,), "to do")]
    first, second, _ = read_decisions(table.encode(), "t.csv", IDS, ANNA)
    assert (first.reason, first.finding, first.case) == ("dark", "photos", case_key("photos", [1]))
    assert (second.who, second.case) == ("Anna", "")


def test_what_spreadsheets_write_is_read() -> None:
    assert read("﻿Path;Action;Value\r\na.png;relabel;Möwe, weiß\r\n\r\n") == [("relabel", (1,), "Möwe, weiß")]
    assert read("file\taction\na.png\tkeep\n".encode("utf-16")) == [("keep", (1,), None)]
    assert read('path,action,label\na.png,relabel,"a ""b"", c"\n') == [("relabel", (1,), 'a "b", c')]
    assert read("path,action,label\na.png,relabel,007\n") == [("relabel", (1,), "007")], "a label is a text"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "needs the columns path and action in its first row, and has none"),
        ("path,act\na.png,keep\n", "needs the columns path and action in its first row, and has path, act"),
        ("path,action\n", "holds no decision"),
        (
            "path,action\na.png,delete\n",
            "row 2: the action is one of keep, remove, relabel, unsure, tag, untag, not 'delete'",
        ),
        ("path,action\na.png,undo\n", "row 2: the action is one of"),
        ("path,action\na.png\n", "row 2: the action .* and is empty"),
        ("path,action\na.png,keep\nz.png,keep\n", "row 3: no image is called 'z.png'"),
        ("path,action\nsame.png,keep\n", "row 2: no image is called 'same.png'"),
        ("path,action\n,keep\n", "row 2: no image is named"),
        ("path,action,label\na.png,relabel,\n", "row 2: relabel wants the label"),
        ("path,action\na.png,tag\n", "row 2: tag wants the tag"),
        ("path,action\na.png,keep\nb.png,keep\na.png,remove\n", "row 4: a.png has a verdict in row 2 already"),
        ('path,action\n"a.png,keep\n', "not a sound CSV table"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a CSV table"),
        ("path,action\n" + "z.png,keep\n" * 8, "and 3 more"),
    ],
)
def test_a_table_that_is_wrong_somewhere_decides_nothing_and_says_where(table: str | bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(table)
