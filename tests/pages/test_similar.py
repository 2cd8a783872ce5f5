"""Similar: where a search begins, the walk in the URL, every metric, and what cannot be searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from embedding_core import derived, indexes, neighbours
from embedding_core.errors import JobFailed
from embedding_core.workspace import Dataset, Workspace
from pages.parts import cached, gallery, query, server
from tests.pages import small


class Searching(small.Remembering):
    """Answers searches with all other images, and remembers what was asked."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.ids = dataset.images()["id"].to_pylist()
        self.asked: list[dict[str, Any]] = []
        self.broken = ""
        self.recall: dict[str, Any] = {}  # and whether an index is missing, as an answer says them

    def call(self, kind: str, parameters: Any, *, actor: Any) -> dict[str, Any]:
        if self.broken:
            raise JobFailed(self.broken)
        self.asked.append(dict(parameters))
        others = [image for image in self.ids if image not in parameters.get("ids", ())]
        results = [{"id": image, "words": "distance 1"} for image in others[: parameters["k"]]]
        return {"results": results, **({} if parameters.get("exact") else self.recall)}


@pytest.fixture
def searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Workspace, Dataset, Searching]]:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        dataset = small.birds(workspace, count=12)
        runner = Searching(dataset)
        monkeypatch.setattr(server, "runner", lambda: runner)
        yield workspace, dataset, runner


def test_it_begins_with_an_offer_of_images(searched: tuple[Workspace, Dataset, Searching]) -> None:
    app = small.open_page("similar.py", dataset="birds")
    assert "Or begin with one of these." in small.texts(app)
    app.text_input(key="similar_text").set_value("a/").run()
    assert "6 images found." in small.texts(app)
    assert searched[2].asked == []


def test_a_link_to_a_way_of_searching_that_there_is_not_begins_with_an_image(
    searched: tuple[Workspace, Dataset, Searching],
) -> None:
    app = small.open_page("similar.py", dataset="birds", similar_from="Elsewhere")
    assert app.button_group(key="similar_from").value == "Image"


def test_a_link_to_a_walk_shows_its_steps_and_goes_back(searched: tuple[Workspace, Dataset, Searching]) -> None:
    _, dataset, runner = searched
    first, second = dataset.images()["id"].to_pylist()[:2]
    app = small.open_page("similar.py", dataset="birds", like=f"{first}.{second}")
    assert runner.asked[-1]["ids"] == [second]
    app.button(key="similar_step_0").click().run()
    assert runner.asked[-1]["ids"] == [first]
    assert app.query_params["like"] in (str(first), [str(first)])


def test_the_graph_answers_where_it_knows(searched: tuple[Workspace, Dataset, Searching]) -> None:
    workspace, dataset, runner = searched
    derived.neighbour_graph(workspace, dataset, dataset.embedding("pixels"))
    image = dataset.images()["id"][0].as_py()
    app = small.open_page("similar.py", dataset="birds", like=str(image), similar_k="4")
    assert runner.asked == []
    assert "of 4** share the label **a**" in small.texts(app)


@pytest.mark.parametrize("metric", [name for name in neighbours.METRICS if name != "cosine"])
def test_every_other_metric_is_asked_of_the_worker(searched: tuple[Workspace, Dataset, Searching], metric: str) -> None:
    _, dataset, runner = searched
    image = dataset.images()["id"][0].as_py()
    app = small.open_page("similar.py", dataset="birds", like=str(image))
    app.selectbox(key="similar_metric").set_value(metric).run()
    assert not app.exception
    assert runner.asked[-1]["metric"] == metric


def test_a_link_to_a_selection_searches_by_its_mean(searched: tuple[Workspace, Dataset, Searching]) -> None:
    workspace, dataset, runner = searched
    ids = sorted(dataset.images()["id"].to_pylist()[:3])
    kept = workspace.selections.keep(dataset.uuid, ids, how="by hand")
    app = small.open_page("similar.py", dataset="birds", like=f"s{kept.hash}")  # names no kind of query
    assert sorted(runner.asked[-1]["ids"]) == ids
    assert "The mean of 3 images." in small.texts(app)


def test_several_are_chosen_by_the_picker_too(searched: tuple[Workspace, Dataset, Searching]) -> None:
    workspace, dataset, runner = searched
    kept = workspace.selections.keep(dataset.uuid, dataset.images()["id"].to_pylist()[:3], how="by hand")
    app = small.open_page("similar.py", dataset="birds", selection=kept.hash, similar_from=query.SELECTION)
    assert len(runner.asked[-1]["ids"]) == 3
    app.button(key="similar_again").click().run()
    assert "Or begin with one of these." in small.texts(app)


def test_what_is_gone_is_said(searched: tuple[Workspace, Dataset, Searching]) -> None:
    app = small.open_page("similar.py", dataset="birds", like="12345")
    assert "is not here any more" in small.texts(app)


def test_a_failed_search_is_explained(searched: tuple[Workspace, Dataset, Searching]) -> None:
    _, dataset, runner = searched
    runner.broken = "The worker ended without a word."
    image = dataset.images()["id"][0].as_py()
    app = small.open_page("similar.py", dataset="birds", like=str(image), similar_metric="euclidean")
    assert "The worker ended without a word" in small.texts(app)


def test_details_open_the_drawer(searched: tuple[Workspace, Dataset, Searching]) -> None:
    _, dataset, _ = searched
    image = str(dataset.images()["id"][0].as_py())
    app = small.open_page("similar.py", dataset="birds", like=image)
    assert "Original" not in small.texts(app)
    app.button(key="similar_open").click().run()
    assert app.query_params["image"] == image
    assert app.button(key="detail_similar").label == "More like this"


def test_results_join_the_selection(searched: tuple[Workspace, Dataset, Searching]) -> None:
    workspace, dataset, _ = searched
    image = dataset.images()["id"][0].as_py()
    app = small.open_page("similar.py", dataset="birds", like=str(image), similar_k="4")
    app.button(key="similar_add").click().run()
    hash_ = app.query_params["selection"]
    kept = workspace.selections.get(hash_ if isinstance(hash_, str) else hash_[0])
    assert kept is not None
    assert len(kept) == 4


def test_labels_of_results_are_compared_with_the_query(searched: tuple[Workspace, Dataset, Searching]) -> None:
    columns = cached.columns(searched[1])
    ids = columns.ids.tolist()
    assert query.labels_of(ids[:2], columns) == [columns.label[0].as_py(), columns.label[1].as_py()]


def test_a_filter_is_what_the_worker_searches_among(searched: tuple[Workspace, Dataset, Searching]) -> None:
    workspace, dataset, runner = searched
    derived.neighbour_graph(workspace, dataset, dataset.embedding("pixels"))  # which knows no filter
    columns = cached.columns(dataset)
    app = small.open_page("similar.py", dataset="birds", like=str(columns.ids[0]), filter="label=b")
    among = workspace.selections.get(runner.asked[-1]["among"])
    assert among is not None
    labels = dict(zip(columns.ids.tolist(), columns.label.to_pylist(), strict=True))
    assert sorted(among.ids.tolist()) == sorted(image for image, label in labels.items() if label == "b")
    assert app.button(key="filter_off_label").label == "Label is b"
    app.button(key="filter_clear").click().run()
    assert len(runner.asked) == 1, "without a filter the graph answers"


def test_what_is_offered_passes_the_filters_and_chips_say_so(
    searched: tuple[Workspace, Dataset, Searching], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[gallery.Item]] = []
    monkeypatch.setattr(gallery, "show", lambda items, **_: shown.append(list(items)))
    app = small.open_page("similar.py", dataset="birds", filter="label=b")
    assert app.button(key="filter_off_label").label == "Label is b"
    assert "**6 of 12 images**" in small.texts(app)
    assert [item.detail for item in shown[-1]] == ["b"] * 6
    app.text_input(key="similar_text").set_value("a/").run()
    assert "0 images found." in small.texts(app)
    app.button(key="filter_off_label").click().run()
    assert "6 images found." in small.texts(app)
    assert [item.detail for item in shown[-1]] == ["a"] * 6


def test_nothing_is_offered_where_nothing_passes(searched: tuple[Workspace, Dataset, Searching]) -> None:
    app = small.open_page("similar.py", dataset="birds", filter="path~nowhere")
    assert "No image passes these filters" in small.texts(app)
    assert "begin with one of these" not in small.texts(app)
    app.button(key="similar_unfilter").click().run()
    assert "Or begin with one of these." in small.texts(app)


def test_nothing_is_searched_where_nothing_passes(searched: tuple[Workspace, Dataset, Searching]) -> None:
    _, dataset, runner = searched
    image = str(dataset.images()["id"][0].as_py())
    app = small.open_page("similar.py", dataset="birds", like=image, filter="path~nowhere")
    assert "No other image passes the filters." in small.texts(app)
    assert runner.asked == []


def test_what_came_through_an_index_is_said_and_the_exact_answer_is_in_the_url(
    searched: tuple[Workspace, Dataset, Searching], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dataset, runner = searched
    monkeypatch.setattr(indexes, "LIMIT", 5)
    runner.recall = {"recall": 0.9839}
    image = str(dataset.images()["id"][0].as_py())
    app = small.open_page("similar.py", dataset="birds", like=image)
    assert "Found through an index: 98 % of true neighbours, measured on 1,000 images." in small.texts(app)
    app.toggle(key="similar_exact").set_value(True).run()
    assert runner.asked[-1]["exact"] is True
    assert "through an index" not in small.texts(app)
    linked = small.open_page("similar.py", dataset="birds", like=image, similar_exact="true")
    assert linked.toggle(key="similar_exact").value is True
    assert "through an index" not in small.texts(linked)


def test_of_few_images_nothing_is_said_of_exactness(searched: tuple[Workspace, Dataset, Searching]) -> None:
    image = str(searched[1].images()["id"][0].as_py())
    app = small.open_page("similar.py", dataset="birds", like=image)
    assert "index" not in small.texts(app)
    assert not [one for one in app.toggle if one.key == "similar_exact"]


def test_the_drawer_says_it_too(
    searched: tuple[Workspace, Dataset, Searching], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dataset, runner = searched
    monkeypatch.setattr(indexes, "LIMIT", 5)
    runner.recall = {"recall": 0.9996}
    image = str(dataset.images()["id"][0].as_py())
    app = small.open_page("data.py", dataset="birds", image=image)
    assert "Found through an index: 99.9 % of true neighbours" in small.texts(app), "never rounded up to all"
    app.toggle(key="detail_exact").set_value(True).run()
    assert runner.asked[-1]["exact"] is True
    assert "through an index" not in small.texts(app)


def test_a_missing_index_is_built_once_and_not_again_after_a_failure(
    searched: tuple[Workspace, Dataset, Searching], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dataset, runner = searched
    monkeypatch.setattr(indexes, "LIMIT", 5)
    runner.recall = {"recall": 1.0, "index": "missing"}
    images = dataset.images()["id"].to_pylist()
    app = small.open_page("similar.py", dataset="birds", like=str(images[0]))
    assert "through an index" not in small.texts(app)
    [job] = runner.list(dataset.uuid)
    assert (job.kind, job.parameters["dataset"], job.parameters["encoder"]) == ("index", dataset.uuid, "pixels")
    app.run()
    assert len(runner.list(dataset.uuid)) == 1, "a rerun asks for nothing"
    runner.becomes(job.id, state="failed")
    small.open_page("similar.py", dataset="birds", like=str(images[1]))
    assert len(runner.list(dataset.uuid)) == 1


def test_a_graph_that_is_not_exact_answers_large_sets_alone_and_says_so(
    searched: tuple[Workspace, Dataset, Searching], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset, runner = searched
    whole = derived.neighbour_graph(workspace, dataset, dataset.embedding("pixels"))
    monkeypatch.setattr(cached, "read_graph", lambda _: replace(whole, recall=0.981))
    image = str(dataset.images()["id"][0].as_py())
    small.open_page("similar.py", dataset="birds", like=image, similar_k="4")
    assert len(runner.asked) == 1, "a search among few is exact"
    monkeypatch.setattr(indexes, "LIMIT", 5)
    app = small.open_page("similar.py", dataset="birds", like=image, similar_k="4")
    assert len(runner.asked) == 1
    assert "98 % of true neighbours" in small.texts(app)
    app.toggle(key="similar_exact").set_value(True).run()
    assert runner.asked[-1]["exact"] is True
