"""The columns that the map asks for: every kind there is, with its names or numbers, row by row."""

from __future__ import annotations

import gc
import weakref
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from embedding_core import derived
from embedding_core.derived import MapResult
from embedding_core.workspace import Dataset, Workspace
from pages.parts import cached, urls
from pages.parts.map import columns
from tests.pages.asking import IMMUTABLE, N, base, get, opened, remove, set_of, version
from tests.pages.serving import visitor


def column(drawn: MapResult, dataset: Dataset, key: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    facts, found = opened(get(urls.map_column(drawn.fingerprint, version(dataset), key)))
    assert facts["n"] == len(drawn.ids)
    return facts, found


def named(facts: dict[str, Any], found: dict[str, np.ndarray]) -> list[str | None]:
    """Row by row what a column of categories says."""
    assert facts["kind"] == "category"
    return [None if code == 0 else facts["names"][code - 1] for code in found["codes"].tolist()]


def test_labels_and_splits_are_categories_the_frequent_first(drawn: MapResult, birds: Dataset) -> None:
    paths = birds.paths()
    ids = drawn.ids.tolist()
    said = ["wren"] * 20 + ["owl"] * 20 + [None] + [paths[image][0] for image in ids[41:]]
    birds.put_attributes(ids[:41], labels=said[:41])
    facts, found = column(drawn, birds, "label")
    assert named(facts, found) == said
    assert facts["counts"] == [said.count(name) for name in facts["names"]]
    assert facts["counts"] == sorted(facts["counts"], reverse=True)
    assert facts["names"].index("owl") < facts["names"].index("wren"), "equal numbers go by the alphabet"
    assert (facts["title"], facts["unknown"]) == ("Label", "no label")
    assert found["codes"].dtype == np.uint8
    assert set(column(drawn, birds, "split")[0]["names"]) == {"train", "val"}


def test_codes_are_as_wide_as_they_must_be() -> None:
    for count, wide in ((255, np.uint8), (256, np.uint16), (65_535, np.uint16), (65_536, np.uint32)):
        names = pa.array([f"{number:06d}" for number in range(count)])
        facts, found = opened(columns.coded("x", np.arange(count + 1), names, "none"))
        assert found["codes"].dtype == wide
        assert found["codes"].tolist() == list(range(count + 1))
        assert facts["names"] == names.to_pylist()


def test_names_without_an_image_are_not_told() -> None:
    facts, found = opened(columns.coded("x", np.array([3, 3, 1, 0]), pa.array(["a", "b", "c"]), "none"))
    assert (facts["names"], facts["counts"]) == (["c", "a"], [2, 1])
    assert found["codes"].tolist() == [1, 1, 2, 0]


def test_metadata_come_as_their_type_asks(drawn: MapResult, birds: Dataset) -> None:
    ids = drawn.ids.tolist()
    day = datetime(1969, 12, 31, 12, tzinfo=UTC)
    birds.put_attributes(
        ids,
        metadata=pa.table(
            {
                "a/b ?&#%": pa.array([1.5, None, np.nan, np.inf] + [0.25] * (N - 4)),
                "count": pa.array([None, *range(1, N)]),
                "when": pa.array([day, None] + [datetime(2020, 1, 1, tzinfo=UTC)] * (N - 2), pa.timestamp("ms", "UTC")),
                "ripe": pa.array([True, False, None] + [True] * (N - 3)),
                "note": pa.array(["", None, "x"] + ["y"] * (N - 3)),
                "empty": pa.array([None] * N, pa.float64()),
                "list": pa.array([[1]] * N),
            }
        ),
    )
    facts, found = column(drawn, birds, "meta:a/b ?&#%")
    assert (facts["kind"], facts["title"], facts["low"], facts["high"]) == ("number", "a/b ?&#%", 0.25, 1.5)
    assert "whole" not in facts
    assert found["values"].dtype == np.float32
    np.testing.assert_array_equal(found["values"], [1.5, np.nan, np.nan, np.nan] + [0.25] * (N - 4))

    facts, found = column(drawn, birds, "meta:count")
    assert (facts["low"], facts["high"], facts["whole"]) == (1, N - 1, True)
    assert np.flatnonzero(np.isnan(found["values"])).tolist() == [0]

    facts, found = column(drawn, birds, "meta:when")
    assert (facts["kind"], facts["low"]) == ("date", day.timestamp())
    assert found["values"].dtype == np.float64
    assert found["values"][0] == day.timestamp() == -43_200
    assert np.isnan(found["values"][1])

    assert named(*column(drawn, birds, "meta:ripe"))[:4] == ["yes", "no", None, "yes"]
    assert named(*column(drawn, birds, "meta:note"))[:4] == [None, None, "x", "y"]
    facts, found = column(drawn, birds, "meta:empty")
    assert (facts["low"], facts["high"], np.isnan(found["values"]).all()) == (None, None, True)
    for unknown in ("meta:list", "meta:none", "none", "label:x", "tag:none", "group:", "group:" + "0" * 64):
        get(urls.map_column(drawn.fingerprint, version(birds), unknown), 404)


def test_trust_and_the_facts_of_files(drawn: MapResult, birds: Dataset) -> None:
    facts, found = column(drawn, birds, "trust")
    assert (facts["low"], facts["high"]) == (0, 1)
    np.testing.assert_array_equal(found["values"], drawn.projection.trust)
    images = {one["id"]: one for one in birds.images().to_pylist()}
    for key in ("width", "height", "nbytes"):
        assert column(drawn, birds, key)[1]["values"].tolist() == [images[image][key] for image in drawn.ids.tolist()]
    assert named(*column(drawn, birds, "format")) == ["PNG"] * N


def test_tags_one_an_image_or_one_at_a_time(drawn: MapResult, birds: Dataset) -> None:
    ids = drawn.ids.tolist()
    birds.tag("odd/one", ids[:3])
    birds.tag("big", ids[2:4])
    assert named(*column(drawn, birds, "tag"))[:5] == ["odd/one", "odd/one", "several tags", "big", None]
    facts, found = column(drawn, birds, "tag:odd/one")
    assert named(facts, found) == ["yes"] * 3 + ["no"] * (N - 3)
    assert facts["title"] == "odd/one"


def test_groups_have_their_names_and_are_kept_once_they_have_them(
    workspace: Workspace, birds: Dataset, drawn: MapResult
) -> None:
    def found() -> derived.ClusterResult:
        return derived.find_clusters(workspace, birds, birds.embedding("pixels"), k=3)

    one = found()
    facts, planes_ = column(drawn, birds, f"group:{one.fingerprint}")
    assert named(facts, planes_) == [one.names.names[label] for label in one.clustering.labels]
    assert facts["counts"] == list(one.clustering.sizes)
    birds.put_attributes(drawn.ids.tolist(), labels=["x"] * N)
    address = urls.map_column(drawn.fingerprint, version(birds), f"group:{one.fingerprint}")
    answer = visitor().get(address)
    assert "Cluster 1" in opened(answer.content)[0]["names"]
    assert answer.headers["cache-control"] == "no-store", "names for the new labels are on their way"
    found()
    answer = visitor().get(address)
    assert "x" in opened(answer.content)[0]["names"]
    assert answer.headers["cache-control"] == IMMUTABLE


def test_images_that_are_gone_have_no_value_and_are_told(drawn: MapResult, birds: Dataset) -> None:
    ids = drawn.ids.tolist()
    birds.tag("t", ids[:4])
    birds.put_attributes(ids, metadata=pa.table({"count": [7] * N}))
    remove(birds, ids[0], ids[N - 1])
    assert set_of(get(f"{base(drawn)}/gone/{version(birds)}")) == [0, N - 1]
    for key in ("label", "tag", "tag:t", "format"):
        said = named(*column(drawn, birds, key))
        assert (said[0], said[N - 1]) == (None, None), key
        assert said[1] is not None
    for key in ("trust", "meta:count", "width"):
        values = column(drawn, birds, key)[1]["values"]
        assert np.flatnonzero(np.isnan(values)).tolist() == [0, N - 1], key
    assert sum(column(drawn, birds, "label")[0]["counts"]) == N - 2


def test_every_column_that_is_offered_is_there(drawn: MapResult, birds: Dataset) -> None:
    birds.tag("t", drawn.ids[:4].tolist())
    offered = columns.options(cached.columns(birds), trust=True)
    assert [key for key, _, _ in offered][:5] == ["label", "split", "tag", "trust", "meta:wingspan"]
    for key, title, kind in offered:
        facts, _ = column(drawn, birds, key)
        assert (facts["title"], facts["kind"]) == (title, kind)


def test_columns_of_the_past_are_let_go(birds: Dataset) -> None:
    before = weakref.ref(cached.columns(birds))
    assert before() is cached.columns(birds)
    birds.tag("seen", list(birds.ids().values())[:1])
    assert cached.columns(birds).tags
    gc.collect()
    assert before() is None
