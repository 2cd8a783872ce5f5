"""The image panel: what it says of an image, and where the image stands on the map and among the groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.workspace import Workspace
from pages.parts import cached
from tests.pages import small
from tests.pages.maps import mapped


def facts(page: str, image: int, **query: str) -> dict[str, Any]:
    """What the panel says, by name."""
    app = small.open_page(page, dataset="birds", image=str(image), **query)
    (table,) = (one.value for one in app.table)
    return dict(zip(table.iloc[:, 0], (str(said).replace("\\", "") for said in table.iloc[:, 1]), strict=True))


@pytest.mark.parametrize("page", ["map.py", "similar.py", "clusters.py", "data.py"])
def test_it_says_the_group_and_the_trust_that_the_map_says(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    each = np.linspace(0, 1, len(drawn.ids), dtype=np.float32)
    changed = replace(drawn, projection=replace(drawn.projection, trust=each))
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: changed)
    image = int(drawn.ids[5])
    said = facts(page, image)
    number = int(found.clustering.labels[found.ids == image][0])
    assert said["Group"] == found.names.names[number]
    assert said["Trust"] == f"{each[5]:.3g}"


def test_its_group_is_that_of_the_grouping_that_is_looked_at(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    embedding = dataset.embedding("pixels")
    older = derived.find_clusters(workspace, dataset, embedding, k=8)
    newer = derived.find_clusters(workspace, dataset, embedding, k=2)

    def name(found: derived.ClusterResult, image: int) -> str:
        return found.names.names[found.clustering.labels[found.ids == image][0]]

    image = next(int(image) for image in drawn.ids if name(older, image) != name(newer, image))
    assert facts("clusters.py", image, groups=older.fingerprint[:12])["Group"] == name(older, image)
    assert facts("clusters.py", image)["Group"] == name(newer, image)


def test_without_map_and_groups_it_claims_neither(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    derived.neighbour_graph(workspace, dataset, dataset.embedding("pixels"))
    assert {"Group", "Trust"}.isdisjoint(facts("data.py", int(dataset.images()["id"][0].as_py())))


def test_an_image_in_no_group_says_so_and_one_that_is_not_on_the_map_has_no_trust(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=2)
    noise = replace(found, clustering=replace(found.clustering, labels=np.full_like(found.clustering.labels, -1)))
    how = drawn.projection
    assert how.trust is not None
    fewer = replace(drawn, ids=drawn.ids[1:], projection=replace(how, points=how.points[1:], trust=how.trust[1:]))
    monkeypatch.setattr(cached, "read_clusters", lambda dataset, fingerprint: noise)
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: fewer)
    said = facts("data.py", int(drawn.ids[0]))
    assert said["Group"] == "in no group"
    assert "Trust" not in said
    assert "Trust" in facts("data.py", int(drawn.ids[1]))


@pytest.mark.parametrize(
    ("origin", "said"), [("/photos/x.png", "in its folder on the server, not copied"), (None, "kept in the workspace")]
)
def test_it_says_where_the_original_is_and_no_path(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch, origin: str | None, said: str
) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    derived.neighbour_graph(workspace, dataset, dataset.embedding("pixels"))
    row = cached.Columns.row
    monkeypatch.setattr(cached.Columns, "row", lambda self, image: {**(row(self, image) or {}), "origin": origin})
    shown = facts("data.py", int(dataset.images()["id"][0].as_py()))
    assert shown["Original"] == said
    assert not any("/photos" in value for value in shown.values())
