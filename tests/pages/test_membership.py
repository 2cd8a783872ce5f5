"""The images of a grouping, put together by group: against the same said image by image."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.clusters import Clustering
from embedding_core.derived import ClusterResult
from embedding_core.naming import numbered
from embedding_core.workspace import Workspace
from pages.parts import cached, membership
from pages.parts.columns import Columns
from tests.pages import small
from tests.pages.aviary import filled


@pytest.fixture
def columns(workspace: Workspace) -> Columns:
    return cached.columns(filled(workspace))


def a_grouping(columns: Columns, labels: list[int], count: int) -> ClusterResult:
    """Of the images of `columns` backwards, and one that is not in the dataset any more."""
    ids = np.append(columns.ids[::-1], 7)
    found = Clustering(
        np.array(labels, np.int32), "kmeans", {}, 0, None, tuple((labels.index(one),) for one in range(count))
    )
    return ClusterResult("f" * 64, columns.dataset, ids, found, numbered(count), "pixels", 1.0, current=True)


@pytest.mark.parametrize("seed", range(5))
def test_each_group_has_its_images_in_their_order_and_the_label_of_most(columns: Columns, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = [*range(-1, 4), *random.integers(-1, 4, len(columns.ids) - 4).tolist()]
    found = a_grouping(columns, labels, 4)
    one = membership.grouped(found, columns)
    said = dict(zip(columns.ids.tolist(), columns.label.to_pylist(), strict=True))
    for number in range(-1, 4):
        ids = [image for image, group in zip(found.ids.tolist(), labels, strict=True) if group == number]
        assert one.of(number).tolist() == ids
        counts = Counter(said.get(image) for image in ids)
        del counts[None]
        most = min(counts, key=lambda name: (-counts[name], name), default=None)
        assert number < 0 or one.labels[number] == most
    counts_, names = membership.crossing(found, columns)
    assert {(group, name): int(counts_[group, at]) for group in range(4) for at, name in enumerate(names)} == {
        (group, name): sum(
            said.get(image) == name and mine == group for image, mine in zip(found.ids.tolist(), labels, strict=True)
        )
        for group in range(4)
        for name in columns.labels
    }


def test_of_labels_that_are_as_frequent_the_first_in_the_alphabet_is_said(columns: Columns) -> None:
    two = [columns.label.to_pylist().index(name) for name in ("b", "a")]
    labels = [1] * (len(columns.ids) + 1)
    for row in two:
        labels[len(columns.ids) - 1 - row] = 0
    assert membership.grouped(a_grouping(columns, labels, 2), columns).labels[0] == "a"


def test_without_labels_no_group_has_one(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=[None] * 6)
    columns = cached.columns(dataset)
    one = membership.grouped(a_grouping(columns, [0, 1, 0, 1, -1, 1, 0], 2), columns)
    assert one.labels == (None, None)
    assert [len(one.of(number)) for number in (-1, 0, 1)] == [1, 3, 3]


def test_names_and_filters_that_change_are_seen(columns: Columns) -> None:
    labels = [at % 3 for at in range(len(columns.ids) + 1)]
    found = replace(a_grouping(columns, labels, 3), current=False)
    before = cached.grouped(found, columns, "token")
    assert cached.grouped(found, columns, "token") is before, "sorted once"
    named = replace(found, names=replace(found.names, names=("x", "y", "z")), current=True)
    after = cached.grouped(named, columns, "token")
    assert [after.name(number) for number in (-1, 0, 2)] == ["In no group", "x", "z"]
    assert cached.grouped(named, columns, "other token") is not after, "labels may have changed"
    some, others = (cached.grouped(named, columns, "token", columns.ids[rows]) for rows in ([1, 2], [3]))
    assert (len(some.ids), len(others.ids)) == (2, 1)


@settings(max_examples=30, deadline=None)
@given(labels=st.lists(st.integers(-1, 5), max_size=40), keep=st.sets(st.integers(0, 39)))
def test_narrowed_groups_keep_their_order_and_show_who_is_left(labels: list[int], keep: set[int]) -> None:
    count = max(labels, default=-1) + 1
    typical = tuple(tuple(row for row, one in enumerate(labels) if one == number)[:1] for number in range(count))
    found = Clustering(np.array(labels, np.int32), "kmeans", {}, 0, None, typical)
    ids = np.arange(len(labels), dtype=np.int64)
    whole = ClusterResult("f" * 64, "", ids, found, numbered(count), "pixels", 1.0, current=True)
    left = membership.narrowed(whole, np.array(sorted(keep), np.int64))
    assert left.ids.tolist() == [row for row in range(len(labels)) if row in keep]
    for number in range(count):
        faces = left.ids[list(left.clustering.exemplars[number])].tolist()
        mine = [row for row, one in enumerate(labels) if one == number and row in keep]
        assert faces == ([row for row in typical[number] if row in keep] or mine[:3])
