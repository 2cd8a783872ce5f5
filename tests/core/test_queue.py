"""The review queue: worst first, each case to one reviewer, skipped ones last, and nothing lost when someone leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from embedding_core.deciding.queue import LEASE, Queue
from embedding_core.records import Actor
from embedding_core.review.cases import Case
from embedding_core.review.decisions import Action, Decision, decided
from embedding_core.workspace import Dataset, Workspace

ANNA, BEN = Actor("a", "Anna"), Actor("b", "Ben")


def cases(count: int) -> list[Case]:
    return [Case("outliers", (number,), 1.0 - number / count, "It is far from all.") for number in range(count)]


def verdict(actor: Actor, case: Case, action: Action = Action.KEEP) -> Decision:
    return decided(actor, action, case.ids, finding=case.finding, case=case.key)


def images(handed: list[Case]) -> list[int]:
    return [case.ids[0] for case in handed]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Workspace.open(str(tmp_path / "workspace")).create("birds")


def queue(dataset: Dataset, given: list[Case]) -> Queue:
    return Queue(given, dataset.decisions, dataset.claims)


def test_it_hands_out_the_worst_first_and_nobody_gets_anothers(dataset: Dataset) -> None:
    one = queue(dataset, cases(7))
    assert images(one.next(ANNA, 3)) == [0, 1, 2]
    assert images(one.next(BEN, 3)) == [3, 4, 5]
    assert images(one.next(Actor("c", "Cem"), 3)) == [6]
    assert one.next(Actor("d", "Dana"), 3) == []
    assert one.next(ANNA, 0) == one.next(ANNA, -1) == []


def test_who_loads_the_page_again_goes_on_where_they_were(dataset: Dataset) -> None:
    one = queue(dataset, cases(9))
    first = one.next(ANNA, 3)
    assert images(one.next(ANNA, 4)) == [0, 1, 2, 3]
    holding = [case.key for case in first[1:]]
    one.decide([verdict(ANNA, first[0])])
    assert images(one.next(ANNA, 2, holding=holding)) == [3, 4]


def test_decided_cases_are_passed_over_also_in_a_queue_that_is_made_anew(dataset: Dataset) -> None:
    one = queue(dataset, cases(5))
    for case in one.next(ANNA, 2):
        one.decide([verdict(ANNA, case)])
    assert images(queue(dataset, cases(5)).next(BEN, 2)) == [2, 3]


def test_an_undone_case_comes_back(dataset: Dataset) -> None:
    one = queue(dataset, cases(3))
    (case,) = one.next(ANNA, 1)
    (stored,) = one.decide([verdict(ANNA, case)])
    assert images(one.next(ANNA, 1)) == [1]
    one.decide([decided(ANNA, Action.UNDO, [], value=stored.id)])
    assert images(one.next(BEN, 1)) == [0]


def test_a_skipped_case_comes_again_after_all_others_and_to_anyone(dataset: Dataset) -> None:
    one = queue(dataset, cases(4))
    first, second = one.next(ANNA, 2)
    one.skip(ANNA, first.key)
    one.skip(ANNA, second.key)
    handed = one.next(BEN, 4)
    assert images(handed) == [2, 3, 0, 1]
    one.skip(BEN, handed[2].key)
    assert images(one.next(ANNA, 4)) == [0]


def test_nobody_skips_what_another_one_has(dataset: Dataset) -> None:
    one = queue(dataset, cases(2))
    (case,) = one.next(ANNA, 1)
    one.skip(BEN, case.key)
    assert images(one.next(BEN, 2)) == [1]
    assert images(one.next(ANNA, 2)) == [0]


def test_an_expired_lease_is_handed_out_again_and_a_renewed_one_is_not(dataset: Dataset) -> None:
    one, now = queue(dataset, cases(3)), 1000.0
    kept, left, _ = one.next(ANNA, 3, now=now)
    assert one.next(BEN, 3, now=now + LEASE - 1) == []
    one.next(ANNA, 0, holding=[kept.key], now=now + LEASE - 1)
    assert images(one.next(BEN, 3, now=now + LEASE + 1)) == [1, 2]
    assert one.next(ANNA, 3, holding=[kept.key, left.key], now=now + LEASE + 2) == []
    assert one.claims.all()[left.key].actor == "b"


def test_a_case_whose_images_are_gone_is_passed_over(dataset: Dataset) -> None:
    group, pair, alone = (Case("duplicates", ids, 1.0, "They look alike.") for ids in ((1, 2, 3), (1, 4), (1,)))
    one = queue(dataset, [group, pair, alone])
    dataset.decisions.add([decided(ANNA, Action.REMOVE, [1])])
    assert one.next(ANNA, 3) == [group]
    assert one.left() == {group.key}
    progress = one.progress()
    assert (progress.total, progress.decided, progress.settled, progress.left, progress.held) == (3, 0, 2, 1, 1)


def test_progress_counts(dataset: Dataset) -> None:
    one, now = queue(dataset, cases(10)), time.time()
    handed = one.next(ANNA, 4)
    one.decide([verdict(ANNA, handed[0]), verdict(ANNA, handed[1], Action.UNSURE)])
    progress = one.progress()
    assert (progress.total, progress.decided, progress.settled, progress.left, progress.held) == (10, 2, 0, 8, 2)
    assert one.progress(now=now + LEASE + 60).held == 0


def test_a_case_that_is_decided_while_it_is_claimed_is_not_handed_out(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and claiming another one takes it, decides and lets go: the claim alone would not show it."""
    given = cases(3)
    one, other = queue(dataset, given), queue(dataset, given)
    take = type(dataset.claims).take
    meddled: list[bool] = []

    def meddling(claims: object, *arguments: object) -> list[str]:
        if not meddled:
            meddled.append(True)
            (case,) = other.next(BEN, 1)
            other.decide([verdict(BEN, case)])
        return take(claims, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(dataset.claims), "take", meddling)
    assert images(one.next(ANNA, 2)) == [1, 2]


def test_several_threads_never_get_the_same_case(dataset: Dataset) -> None:
    given, reviewers = cases(48), 4
    uri = dataset._store.uri
    handed: list[list[int]] = [[] for _ in range(reviewers)]
    together = threading.Barrier(reviewers)

    def review(who: int) -> None:
        mine = queue(Workspace.open(uri).dataset("birds"), given)
        actor = Actor(f"r{who}", f"R{who}")
        together.wait(60)
        while got := mine.next(actor, 4):
            handed[who] += images(got)
            mine.decide([verdict(actor, case) for case in got])

    threads = [threading.Thread(target=review, args=(who,)) for who in range(reviewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(image for each in handed for image in each) == list(range(48))
    progress = queue(dataset, given).progress()
    assert (progress.decided, progress.left, progress.held) == (48, 0, 0)


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_two_processes_never_get_the_same_case(place: str, bucket: str, tmp_path: Path) -> None:
    uri = bucket if place == "bucket" else str(tmp_path / "shared")
    dataset = Workspace.open(uri).create("birds")
    script = """
import json, sys
from embedding_core.records import Actor
from embedding_core.review.cases import Case
from embedding_core.deciding.queue import Queue
from embedding_core.workspace import Workspace
dataset = Workspace.open(sys.argv[1]).dataset("birds")
cases = [Case("outliers", (number,), 1.0, "") for number in range(40)]
queue, actor, handed = Queue(cases, dataset.decisions, dataset.claims), Actor(sys.argv[2], sys.argv[2]), []
print("ready", flush=True)
sys.stdin.readline()
for _ in range(6):
    handed += [case.key for case in queue.next(actor, 3, holding=handed)]
print(json.dumps(handed))
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, uri, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for who in ("a", "b")
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    handed = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert [len(each) for each in handed] == [18, 18]
    assert not set(handed[0]) & set(handed[1])
    held = {key: claim.actor for key, claim in dataset.claims.all().items()}
    assert held == {key: who for who, each in zip("ab", handed, strict=True) for key in each}
