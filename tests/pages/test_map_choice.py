"""Which map is shown and what it is called, drawing another one, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from embedding_core import derived
from embedding_core.workspace import Workspace
from pages.parts import map_choice, words
from tests.pages import small
from tests.pages.maps import COUNT, Showing, mapped


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


# -- what it is called -------------------------------------------------------------------------------------------


def drawn_by(drawn: derived.MapResult, **facts: Any) -> derived.MapResult:
    """The map as if another method had drawn it."""
    return replace(drawn, projection=replace(drawn.projection, **facts))


def test_two_maps_of_one_encoder_are_told_apart_by_their_settings(served: tuple[Workspace, small.Remembering]) -> None:
    _, drawn = mapped(served[0])
    usual = drawn_by(drawn, method="umap", parameters={"n_neighbors": 15, "min_dist": 0.1})
    loose = drawn_by(drawn, method="umap", parameters={"n_neighbors": 15, "min_dist": 0.5})
    encoder = words.encoder(drawn.encoder)
    assert map_choice.name(usual) == f"UMAP · {encoder}"
    assert map_choice.name(loose) == f"UMAP · min dist 0.5 · {encoder}"
    assert map_choice.name(usual, loose) == f"UMAP · min dist 0.1 · {encoder}"
    assert map_choice.name(usual, drawn) == f"UMAP · {encoder}", "another method says enough"
    assert map_choice.name(drawn_by(usual, seed=3), usual) == f"UMAP · seed 3 · {encoder}"
    fewer = replace(usual, ids=usual.ids[:6])
    assert map_choice.name(fewer, usual) == f"UMAP · {encoder} · 6 images"
    assert map_choice.name(usual, fewer) == f"UMAP · {encoder} · {COUNT} images"


def test_maps_beside_each_other_carry_different_titles(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, _ = mapped(workspace)
    embedding = dataset.embedding("pixels")
    first = derived.draw_map(workspace, dataset, embedding, method="tsne", parameters={"perplexity": 6})
    second = derived.draw_map(workspace, dataset, embedding, method="tsne", parameters={"perplexity": 5})
    small.open_page("map.py", dataset="birds", map=first.fingerprint[:12], beside=second.fingerprint[:12])
    assert showing.scene.beside is not None
    assert (showing.scene.map.title, showing.scene.beside.title) == (
        f"t-SNE · perplexity 6 · {words.encoder('pixels')}",
        f"t-SNE · perplexity 5 · {words.encoder('pixels')}",
    )


def test_of_maps_that_were_drawn_alike_all_but_the_newest_are_older(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset = small.birds(workspace, count=COUNT, encoder=None)
    drawn = []
    for count in (16, 20, COUNT):
        small.embed(dataset, "pixels", count)
        drawn.append(derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca"))
    app = small.open_page("map.py", dataset="birds")
    called = f"PCA · 2-D · {words.encoder('pixels')}"
    options = app.selectbox(key="map_beside_").options
    assert options == ["One map", f"{called} · older", f"{called} · older (2)"]
    app.selectbox(key="map_beside_").set_value(drawn[0].fingerprint[:12]).run()
    assert showing.scene.beside is not None
    name = f"PCA · {words.encoder('pixels')}"
    titles = (showing.scene.map.title, showing.scene.beside.title)
    assert titles == (f"{name} · {COUNT} images", f"{name} · 16 images")


def test_the_sheet_and_the_name_of_a_map_use_one_word(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    dataset, _ = mapped(workspace)
    app = small.open_page("map.py", dataset="birds")
    slider = app.slider(key="map_umap_min_dist")
    assert slider.label == "Min dist"
    assert slider.help
    slider.set_value(0.5).run()
    app.button(key="map_draw").click().run()
    (stored,) = derived.maps(workspace, dataset, dataset.embedding("pixels"))
    asked = {**stored.parameters["asked"], "method": "umap", **runner.list()[0].parameters["parameters"]}
    one = replace(stored, parameters={**stored.parameters, "method": "umap", "asked": asked})
    assert map_choice.title(one) == "UMAP · 2-D · min dist 0.5"


# -- while another one is drawn ----------------------------------------------------------------------------------


def test_a_job_is_one_line_of_words_until_there_is_something_to_see(
    served: tuple[Workspace, small.Remembering],
) -> None:
    workspace, runner = served
    dataset, _ = mapped(workspace)
    job = runner.submit("map", {"dataset": dataset.uuid}, dataset=dataset.uuid)

    def shown(**facts: Any) -> tuple[str, list[str]]:
        runner.becomes(job.id, **facts)
        app = small.open_page("map.py", dataset="birds", map_job=job.id)
        return small.texts(app), [bar.text for bar in app.progress]

    assert "Drawing a map: waiting for its turn …" in (waiting := shown())[0]
    assert "Drawing the map …" in (begun := shown(state="running", stage="map"))[0]
    assert "Drawing the map · 0 of 500" in (counting := shown(done=0, total=500))[0]
    assert waiting[1] == begun[1] == counting[1] == []
    assert shown(done=250)[1] == ["Drawing the map · 250 of 500"]
