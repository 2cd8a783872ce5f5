"""The index as it is kept: built once, read by searches, gone with the embedding that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedding_core import graphs, indexes, places
from embedding_core.encoders import registry
from embedding_core.neighbours import inverted, partitions
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS, shared
from embedding_core.workspace import Dataset, Workspace
from tests.core.test_workspace import put, record

N = 1_200


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(indexes, "LIMIT", N - 1)
    monkeypatch.setattr(partitions, "MEMBERS", 20)
    shared._last.clear()
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    dataset = workspace.create("birds")
    put(dataset, *(record(f"{number:04d}.png") for number in range(N)))
    fill(dataset, seed=0)
    return dataset


def fill(dataset: Dataset, seed: int) -> None:
    """Vectors in crowds of about thirty for all images."""
    card, images = registry.card("pixels"), dataset.images()
    random = np.random.default_rng(seed)
    crowd = random.integers(40, size=len(images))
    matrix = random.normal(size=(40, card.dim))[crowd] + random.normal(size=(len(images), card.dim))
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix.astype(np.float32))


def run(workspace: Workspace, kind: str, **parameters: Any) -> dict[str, Any]:
    return TASKS[kind](workspace, {"name": "birds", "encoder": "pixels", **parameters}, silent, LOCAL)


def kinds(workspace: Workspace, dataset: Dataset) -> list[str]:
    found = (workspace.results.find(dataset.uuid, kind) for kind in ("index", "partitions", "graph"))
    return [one.kind for some in found for one in some]


def test_searches_are_exact_until_there_is_an_index_and_when_asked_to_be(
    workspace: Workspace, dataset: Dataset
) -> None:
    image = int(dataset.embedding("pixels").ids[7])
    before = run(workspace, "search", ids=[image], k=9)
    assert (before["recall"], before["index"]) == (1, "missing")
    built = run(workspace, "index")
    assert built["partitions"] == N // 20
    assert inverted.LEAST <= built["recall"]["cosine"] <= 1
    assert kinds(workspace, dataset) == ["index", "partitions"]
    after = run(workspace, "search", ids=[image], k=9)
    assert after["recall"] == built["recall"]["cosine"]
    assert "index" not in after
    exact = run(workspace, "search", ids=[image], k=9, exact=True)
    assert exact["recall"] == 1
    assert exact["results"] == before["results"], "read in another order, the set is the same"


def test_one_copy_of_the_vectors_is_kept(workspace: Workspace, dataset: Dataset) -> None:
    image = int(dataset.embedding("pixels").ids[7])
    run(workspace, "search", ids=[image])
    run(workspace, "index")
    run(workspace, "search", ids=[image])
    [kept] = shared._last
    assert kept.indexed is not None
    assert kept.indexed.flat is kept.flat
    again = shared.kept_search(workspace, dataset, "pixels")
    assert again is kept, "nothing has changed"


def test_a_dataset_that_has_changed_is_searched_anew(workspace: Workspace, dataset: Dataset) -> None:
    image = int(dataset.embedding("pixels").ids[7])
    run(workspace, "index")
    assert "index" not in run(workspace, "search", ids=[image])
    put(dataset, record("new.png"))
    fill(dataset, seed=1)
    found = run(workspace, "search", ids=[image], k=N)
    assert (found["recall"], found["index"]) == (1, "missing"), "the index was of other vectors"
    assert len(found["results"]) == N
    run(workspace, "index")
    assert "index" not in run(workspace, "search", ids=[image])


def test_a_word_about_the_images_leaves_what_is_kept(workspace: Workspace, dataset: Dataset) -> None:
    kept = shared.kept_search(workspace, dataset, "pixels")
    dataset.tag("blue", [int(kept.embedding.ids[0])])
    assert shared.kept_search(workspace, dataset, "pixels") is kept


def test_graph_and_index_share_their_partitions(
    workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedding_core.neighbours.building.EXACT", 0)
    graph = graphs.neighbour_graph(workspace, dataset, dataset.embedding("pixels"))
    assert graph.recall < 1
    monkeypatch.setattr(partitions, "partition", lambda *a, **k: pytest.fail("they were made again"))
    assert run(workspace, "index")["partitions"] == N // 20


def test_filters_and_means_of_several_are_answered_exactly(workspace: Workspace, dataset: Dataset) -> None:
    ids = dataset.embedding("pixels").ids.tolist()
    run(workspace, "index")
    among = workspace.selections.keep(dataset.uuid, ids[:300], how="filter").hash
    few = workspace.selections.keep(dataset.uuid, ids[:5], how="filter").hash
    for asked in ({"ids": ids[:2]}, {"ids": ids[:1], "among": among}, {"ids": ids[:1], "among": few}):
        found = run(workspace, "search", **asked, k=9)
        assert found["recall"] == 1
        assert found["results"] == run(workspace, "search", **asked, k=9, exact=True)["results"]
    assert len(run(workspace, "search", ids=ids[:1], among=few, k=9)["results"]) == 4


def test_of_few_images_no_index_is_built(
    workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "LIMIT", N)
    assert run(workspace, "index")["partitions"] == 0
    assert kinds(workspace, dataset) == []
    assert "index" not in run(workspace, "search", ids=[int(dataset.embedding("pixels").ids[7])])


def test_the_way_from_a_drop_to_the_map_ends_with_the_index(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "LIMIT", 3)
    told: list[str] = []

    class Listening:
        def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
            told.append(stage)

        def reading(self, paths: object) -> None: ...

    result = TASKS["prepare"](
        workspace, {"name": "bugs", "source": str(places.SAMPLE / "bug"), "encoder": "pixels"}, Listening(), LOCAL
    )
    assert kinds(workspace, workspace.dataset("bugs"))[0] == "index"
    assert "clusters" in result
    stages = list(dict.fromkeys(told))
    assert stages.index("index") > stages.index("clusters")


def test_a_bare_answer_is_the_same_without_paths(workspace: Workspace, dataset: Dataset) -> None:
    image = int(dataset.embedding("pixels").ids[7])
    whole = run(workspace, "search", ids=[image], k=5)["results"]
    bare = run(workspace, "search", ids=[image], k=5, bare=True)["results"]
    assert bare == [{name: one[name] for name in ("id", "similarity", "words")} for one in whole]
