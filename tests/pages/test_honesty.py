"""How far maps can be believed: what is said below one map, and below two beside each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedding_core import derived, trust
from embedding_core.workspace import Workspace
from pages.parts import cached, map_choice
from tests.pages import small
from tests.pages.maps import COUNT, Showing, mapped, said, without


@pytest.mark.parametrize("dims", [2, 3])
def test_how_far_a_map_can_be_believed_and_what_is_misplaced(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch, dims: int
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace, dims)
    each = np.full(COUNT, 0.9, np.float32)
    each[[2, 5, 6]] = 0.0
    changed = replace(drawn, projection=replace(drawn.projection, trust=each, misplaced=each < 0.1))
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: changed)
    cached.honesty.clear()
    without(int(drawn.ids[6]), dataset, monkeypatch)  # not to be selected any more
    app = small.open_page("map.py", dataset="birds")
    text = small.texts(app)
    assert f"**{int(trust.agreement(each) * 100)}%** of map neighbours are real neighbours" in text
    assert f"**2** of all {COUNT - 1} images are placed where they do not belong." in text
    assert "These axes together show **" in text, "as PCA can say"
    assert f"Trustworthiness **{drawn.projection.trustworthiness:.2f}**." in text
    app.button(key="map_misplaced").click().run()
    kept = workspace.selections.get(said(app, "selection"))
    assert kept is not None
    assert sorted(kept.ids.tolist()) == sorted(drawn.ids[[2, 5]].tolist())
    assert (kept.how, kept.projection) == ("placed where they do not belong", drawn.fingerprint)
    assert "2 images selected" in small.texts(app)


@pytest.mark.parametrize(
    ("least", "sentence"),
    [
        (0.1, ", and none of all 24 images is placed where it does not belong."),
        (0.05, "; **1** of all 24 images is placed where it does not belong."),
    ],
)
def test_none_and_one_are_said_as_such(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch, least: float, sentence: str
) -> None:
    _, drawn = mapped(served[0])
    each = np.where(np.arange(COUNT) == 3, least, 0.9).astype(np.float32)
    changed = replace(drawn, projection=replace(drawn.projection, trust=each, misplaced=each < 0.1))
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: changed)
    cached.honesty.clear()
    app = small.open_page("map.py", dataset="birds")
    assert f"are real neighbours{sentence}" in small.texts(app)
    assert [one.label for one in app.button if one.key == "map_misplaced"] == ["Show it"] * (least < 0.1)


def test_a_map_without_trust_claims_none(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, drawn = mapped(served[0])
    bare = replace(drawn.projection, trust=None, trustworthiness=None, explained_variance=None, note="Too few images.")
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: replace(drawn, projection=bare))
    text = small.texts(small.open_page("map.py", dataset="birds"))
    assert "real neighbours" not in text
    assert r"Too few images\." in text


def test_a_map_that_nobody_has_judged_so_says_nothing_of_places(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, drawn = mapped(served[0])
    older = replace(drawn, projection=replace(drawn.projection, misplaced=None))
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: older)
    cached.honesty.clear()
    text = small.texts(small.open_page("map.py", dataset="birds"))
    assert "of map neighbours are real neighbours." in text
    assert "belong" not in text


def test_it_is_said_of_all_images_also_under_a_filter(served: tuple[Workspace, small.Remembering]) -> None:
    mapped(served[0])
    text = small.texts(small.open_page("map.py", dataset="birds", filter="label=a"))
    assert f"of all {COUNT} images" in text


def test_two_maps_are_judged_each_by_its_name(
    served: tuple[Workspace, small.Remembering], showing: Showing, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    other = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="tsne")
    trusts = {drawn.fingerprint: [0.0, 0.0, 0.75], other.fingerprint: [0.0, 0.5, 0.5]}
    judged = {
        one.fingerprint: replace(one, projection=replace(one.projection, trust=each, misplaced=each < 0.1))
        for one in (drawn, other)
        for each in [np.tile(np.array(trusts[one.fingerprint], np.float32), 8)]
    }
    monkeypatch.setattr(cached, "read_map", judged.get)
    cached.honesty.clear()
    app = small.open_page("map.py", dataset="birds", map=drawn.fingerprint[:12], beside=other.fingerprint[:12])
    text = small.texts(app).replace("\\", "")
    for one, share, wrong in ((drawn, 25, 16), (other, 33, 8)):
        assert f"**{map_choice.name(one)}**: **{share}%** of map neighbours" in text
        assert f"**{wrong}** of all {COUNT} images are placed where they do not belong." in text
    app.button(key="map_misplaced_beside").click().run()
    kept = workspace.selections.get(said(app, "selection"))
    assert kept is not None
    assert sorted(kept.ids.tolist()) == sorted(other.ids[::3].tolist())
    assert kept.projection == other.fingerprint


@pytest.mark.parametrize(("recall", "share"), [(0.97, "97"), (0.9999, "99"), (1.0, ""), (None, "")])
def test_a_map_of_approximate_neighbours_says_how_many_were_found(
    served: tuple[Workspace, small.Remembering], recall: float | None, share: str
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    (stored,) = workspace.results.find(dataset.uuid, "graph")
    kept = workspace.results.get(stored.fingerprint)
    assert kept is not None
    before = {"recall": recall} if recall is not None else {}  # those stored by an older version say nothing of it
    workspace.results.put(
        kept.fingerprint,
        kind="graph",
        dataset=dataset.uuid,
        parent=drawn.embedding,
        arrays=kept.arrays,
        parameters={"k": 23, "encoder": "pixels", **before},
        seconds=1.0,
    )
    text = small.texts(small.open_page("map.py", dataset="birds"))
    sentence = f"Neighbours were found through partitions: **{share}%** of the true ones, measured on {COUNT} images."
    assert (sentence in text) == bool(share)
    assert ("partitions" in text) == bool(share)
