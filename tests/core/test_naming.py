"""Names of clusters: from labels, from categories, never two alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedding_core import naming


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
