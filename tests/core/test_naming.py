"""Names of clusters: from labels, from categories, never two alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_core import naming
from embedding_core.errors import InvalidInput


def test_the_majority_label_names_a_cluster_with_its_share() -> None:
    clusters = np.array([0, 0, 0, 1, 1, -1, 2], np.int32)
    named = naming.from_labels(clusters, ["cat", "cat", "dog", "dog", None, "cat", None])
    assert named.names == ("cat", "dog", "unlabelled")
    assert named.shares == (2 / 3, 1.0, None)


def test_the_category_that_sets_a_cluster_apart_is_chosen() -> None:
    everywhere = [("shirt", 0.5), ("shoe", 0.1)]
    named = naming.from_categories([[("shirt", 0.4), ("shoe", 0.3)], [("shirt", 0.9), ("shoe", 0.01)]], everywhere)
    assert named.names == ("shoe", "shirt")


@given(st.lists(st.sampled_from(["a", "a 2", "b", "a 3"]), min_size=1, max_size=12))
def test_names_are_distinct_and_keep_their_word(labels: list[str]) -> None:
    named = naming.from_labels(np.arange(len(labels), dtype=np.int32), labels)
    assert len(set(named.names)) == len(labels)
    assert all(name.startswith(label) for name, label in zip(named.names, labels, strict=True))


def test_numbers_begin_at_one() -> None:
    assert naming.numbered(2).names == ("Cluster 1", "Cluster 2")


def test_clusters_with_the_same_majority_are_told_apart() -> None:
    named = naming.from_labels(np.array([0, 1, 2], np.int32), ["sport", "sport", "sport 2"])
    assert named.names == ("sport", "sport 3", "sport 2")


def test_the_clearest_cluster_takes_a_name_and_the_other_its_next_best() -> None:
    named = naming.from_categories(
        [[("shoe", 0.30), ("sandal", 0.25)], [("shoe", 0.90), ("sandal", 0.05)]], [("shoe", 0.1), ("sandal", 0.1)]
    )
    assert named.names == ("sandal", "shoe")
    assert named.shares == (0.25, 0.9)
    far = naming.from_categories([[("shoe", 0.8), ("sandal", 0.05)], [("shoe", 0.9)]])
    assert far.names == ("shoe", "shoe 2"), "a far weaker name would mislead"


def test_a_category_that_says_nothing_names_nothing() -> None:
    named = naming.from_categories([[("balloon", 0.014), ("candle", 0.013)], [("clock", 0.5)], []])
    assert named.names == ("Cluster 1", "clock", "Cluster 3")
    assert named.shares == (None, 0.5, None)


def test_one_label_an_image_is_wanted() -> None:
    with pytest.raises(InvalidInput, match="3 images is wanted, not 1"):
        naming.from_labels(np.zeros(3, np.int32), ["cat"])
