"""Which map is shown, how far it can be believed, drawing another one, and when there is none."""

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
    changed = replace(drawn, projection=replace(drawn.projection, trust=each))
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: changed)
    cached.honesty.clear()
    without(int(drawn.ids[6]), dataset, monkeypatch)  # not to be selected any more
    app = small.open_page("map.py", dataset="birds")
    text = small.texts(app)
    assert f"**{int(trust.agreement(each) * 100)}%** of each image’s map neighbours are real neighbours" in text
    assert "**2 images** are placed where they do not belong:" in text
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
        (0.1, ", and no image is placed where it does not belong."),
        (0.05, "; **1 image** is placed where it does not belong:"),
    ],
)
def test_none_and_one_are_said_as_such(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch, least: float, sentence: str
) -> None:
    _, drawn = mapped(served[0])
    each = np.where(np.arange(COUNT) == 3, least, 0.9).astype(np.float32)
    changed = replace(drawn, projection=replace(drawn.projection, trust=each))
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


# -- which one ---------------------------------------------------------------------------------------------------


def test_an_unknown_map_in_a_link_falls_back_to_the_best(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    _, drawn = mapped(served[0])
    app = small.open_page("map.py", dataset="birds", map="0000")
    assert drawn.fingerprint in showing.scene.map.points
    assert "map" not in app.query_params


def test_the_selection_can_be_cleared_beside_the_map(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    kept = workspace.selections.keep(dataset.uuid, drawn.ids[:3].tolist(), how="by hand")
    app = small.open_page("map.py", dataset="birds", selection=kept.hash)
    app.button(key="map_clear").click().run()
    assert "selection" not in app.query_params
    assert "images selected" not in small.texts(app)


def test_a_redraw_is_a_job_and_its_map_is_shown_when_it_is_done(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, runner = served
    dataset, first = mapped(workspace)
    app = small.open_page("map.py", dataset="birds")
    app.button(key="map_draw").click().run()
    (job,) = runner.list()
    assert (job.kind, job.dataset, job.parameters["method"]) == ("map", dataset.uuid, "umap")
    assert app.query_params["map_job"] == [job.id] or app.query_params["map_job"] == job.id
    assert first.fingerprint in showing.scene.map.points  # the one before stays meanwhile
    second = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca", seed=1)
    runner.becomes(job.id, state="done", result={"fingerprint": second.fingerprint})
    app.run()
    assert "map_job" not in app.query_params
    assert second.fingerprint in showing.scene.map.points


def test_a_failed_redraw_says_why_and_keeps_the_map(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, runner = served
    dataset, first = mapped(workspace)
    job = runner.submit("map", {"dataset": dataset.uuid}, dataset=dataset.uuid)
    runner.becomes(job.id, state="failed", error="The disk is full.")
    app = small.open_page("map.py", dataset="birds", map_job=job.id)
    assert "The disk is full" in small.texts(app)
    assert first.fingerprint in showing.scene.map.points


def test_without_a_map_one_can_be_drawn(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    app = small.open_page("map.py", dataset="birds")
    assert "No map of these images yet" in small.texts(app)
    app.button(key="map_prepare").click().run()
    assert [(job.kind, job.parameters["dataset"]) for job in runner.list()] == [("prepare", dataset.uuid)]
    assert "The map is on its way" in small.texts(app)


def test_the_first_choice_is_flat_and_shows_groups(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, pca = mapped(workspace)
    embedding = dataset.embedding("pixels")
    tsne = derived.draw_map(workspace, dataset, embedding, method="tsne")
    derived.draw_map(workspace, dataset, embedding, method="pca", dims=3)
    chosen = map_choice.chosen(derived.maps(workspace, dataset, embedding))
    assert chosen is not None
    assert chosen.fingerprint == tsne.fingerprint != pca.fingerprint
    assert map_choice.chosen([]) is None
