"""Report card: asked for, of now or of before, and every mixed-up pair opens exactly its images."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.evaluate.card import scoring
from embedding_core.evaluate.card.found import ReportCard
from embedding_core.fingerprint import digest
from embedding_core.workspace import Dataset, Embedding, Workspace
from pages.parts import charts, charts_report
from pages.parts.report.terms import HELP
from tests.pages import small
from tests.pages.maps import said
from tests.pages.test_versions_page import gallery, metrics

Served = tuple[Workspace, small.Remembering]


@pytest.fixture
def card(birds: Dataset) -> ReportCard:
    """A card of the birds, whose vectors say something of their labels; row i is the image `ids[i]`."""
    embedding = birds.embedding("pixels")
    ids = embedding.ids
    labels = birds.said_of(ids)[0]["label"].to_pylist()
    codes = np.array([{"a": 0, "b": 1}[label] for label in labels])
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(len(ids), 8)) + 1.2 * codes[:, None] * (np.arange(8) < 2)).astype(np.float32)
    from embedding_core import neighbours

    return scoring.score(
        ids,
        vectors,
        codes,
        ("a", "b"),
        np.full(len(ids), -1),
        neighbours.graph(vectors, 10),
        columns=lambda: {"brightness": rng.normal(size=len(ids))},
    )


def keep(workspace: Workspace, birds: Dataset, card: ReportCard) -> None:
    workspace.results.put(
        digest(f"{birds.uuid}{card.facts()}{card.predicted}".encode()),
        kind="report",
        dataset=birds.uuid,
        parent=birds.embedding("pixels").fingerprint,
        arrays=card.arrays(),
        parameters={"asked": {"encoder": "pixels", "version": "now", "seed": 0}, "facts": card.facts()},
        seconds=1.0,
    )


@pytest.fixture
def kept(workspace: Workspace, birds: Dataset, card: ReportCard, monkeypatch: pytest.MonkeyPatch) -> ReportCard:
    """The card of the images and labels as they are now."""
    keep(workspace, birds, card)

    def newest(_: Workspace, dataset: Dataset, embedding: Embedding) -> str | None:
        found = derived.reports(workspace, dataset, embedding.card.id)
        return found[0].fingerprint if found else None

    monkeypatch.setattr(derived, "report_key", newest)
    return card


def opened(tab: str = "Figures", **query: str) -> AppTest:
    return small.open_page("report.py", dataset="birds", report_tab=tab, **query)


def headline(app: AppTest) -> str:
    return str(app.header[0].value)


# -- not yet, on its way, of before ------------------------------------------------------------------------------


def test_not_embedded_leads_to_encoders(workspace: Workspace) -> None:
    small.birds(workspace, encoder=None)
    assert "Not seen by" in small.texts(small.open_page("report.py", dataset="birds"))


def test_it_is_asked_for_with_a_button(served: Served, birds: Dataset) -> None:
    app = opened()
    assert "any good" in small.texts(app)
    app.button(key="report_score").click().run()
    (job,) = served[1].list()
    assert (job.kind, job.dataset) == ("report", birds.uuid)
    assert job.parameters == {"dataset": birds.uuid, "encoder": "pixels"}
    assert "Scoring the embedding" in small.texts(app)
    assert not [one for one in app.button if one.key == "report_score"]
    served[1].becomes(job.id, state="failed", error="No image is left.")
    again = app.run()
    assert "No image is left" in small.texts(again)
    assert again.button(key="report_score")


def test_the_verdict_stands_on_top_with_its_reasons(kept: ReportCard) -> None:
    app = opened()
    assert "labels apart" in headline(app)
    written = small.texts(app)
    assert "With shuffled labels" in written
    assert "70 images" in written
    assert kept.scores is not None
    assert metrics(app)["Probe"] == f"{100 * kept.scores.probe.value:.1f}%"
    assert metrics(app)["Five nearest"] == f"{100 * kept.scores.knn_grouped['5'].value:.1f}%"
    assert all(one.help for one in app.metric)


def test_a_card_of_other_labels_is_shown_and_said_to_be_old(
    served: Served, workspace: Workspace, birds: Dataset, card: ReportCard
) -> None:
    keep(workspace, birds, card)
    app = opened()
    assert "have changed since" in small.texts(app)
    assert "labels apart" in headline(app)
    app.button(key="report_again").click().run()
    assert [job.kind for job in served[1].list()] == ["report"]
    assert "have changed since" not in small.texts(app)
    assert "labels apart" in headline(app)


def test_another_encoder_has_a_card_of_its_own(kept: ReportCard, birds: Dataset) -> None:
    small.embed(birds, "efficientnet-lite2")
    assert "any good" in small.texts(opened(encoder="efficientnet-lite2"))
    assert "labels apart" in headline(opened(encoder="pixels"))


def test_without_labels_the_rest_is_shown(workspace: Workspace, birds: Dataset, kept: ReportCard) -> None:
    bare = replace(kept, codes=np.full(len(kept.ids), -1), scores=None, classes=())
    keep(workspace, birds, bare)
    app = opened()
    assert "too few labels" in small.texts(app)
    assert set(metrics(app)) == {"Same groups again", "Dimension", "Hubs", "Mean likeness", "Directions in use"}
    assert "cannot be told" not in headline(app)
    links = [one.proto.page for one in app.get("page_link")]
    assert any("curate" in link for link in links)


# -- charts and tables -------------------------------------------------------------------------------------------


def test_controls_stand_beside_the_embedding(kept: ReportCard) -> None:
    (chart,) = opened().get("plotly_chart")
    probe, near = json.loads(chart.proto.spec)["data"]
    assert probe["y"] == ["This embedding", "Known of the files", "Shuffled labels"]
    assert kept.scores is not None and kept.scores.controls.metadata is not None
    assert probe["x"][1] == pytest.approx(100 * kept.scores.controls.metadata.value)
    assert near["x"][1] is None
    low = probe["x"][0] - probe["error_x"]["arrayminus"][0]
    assert low == pytest.approx(100 * kept.scores.probe.low)


def test_each_label_has_a_row_the_weakest_first(kept: ReportCard) -> None:
    (table,) = opened("Each label").dataframe
    assert table.value["Label"].tolist() == [row.name for row in kept.table]
    assert table.value["F1"].tolist() == sorted(table.value["F1"].tolist())
    assert table.value["Images"].sum() == len(kept.ids)


def test_figures_without_labels_have_a_tab(kept: ReportCard) -> None:
    found = metrics(opened("Without labels"))
    assert found["Dimension"] == f"{kept.free.shape.dimension:,.1f}"


# -- what is mixed up --------------------------------------------------------------------------------------------


def test_the_matrix_says_of_each_cell_what_a_click_opens(kept: ReportCard) -> None:
    (chart,) = opened("Mixed up").get("plotly_chart")
    drawn = json.loads(chart.proto.spec)["data"]
    cells = {tuple(one[:2]): one[4] for one in drawn[2]["customdata"]}
    assert cells == {(a, b): int(kept.confusion.counts[a, b]) for a in range(2) for b in range(2)}


def test_a_pair_opens_exactly_its_images_and_is_in_the_url(kept: ReportCard) -> None:
    app = opened("Mixed up")
    assert gallery(app) == []
    pair = kept.confusion.pairs()[0]
    app.button(key="report_pair_0").click().run()
    (items,) = gallery(app)
    assert [one["id"] for one in items] == kept.ids[kept.confusion.cell(pair.actual, pair.predicted)].tolist()
    assert (said(app, "actual"), said(app, "taken")) == (kept.classes[pair.actual], kept.classes[pair.predicted])
    app.button(key="report_select").click().run()
    assert said(app, "selection")
    app.button(key="report_close").click().run()
    assert gallery(app) == []
    assert "actual" not in app.query_params


def test_a_link_opens_a_cell(kept: ReportCard) -> None:
    app = opened("Mixed up", actual="a", taken="a")
    (items,) = gallery(app)
    assert [one["id"] for one in items] == kept.ids[kept.confusion.cell(0, 0)].tolist()
    assert f"{len(items)}" in small.texts(app)
    assert gallery(opened("Mixed up", actual="a", taken="no such label")) == []


def test_an_empty_cell_says_so(workspace: Workspace, birds: Dataset, kept: ReportCard) -> None:
    perfect = replace(kept, predicted=kept.codes.astype(np.int32))
    keep(workspace, birds, perfect)
    app = opened("Mixed up", actual="a", taken="b")
    assert "No image" in small.texts(app)
    assert "Nothing was mixed up" in small.texts(app)


# -- charts as functions -----------------------------------------------------------------------------------------


def test_only_the_most_confused_of_very_many_labels_are_drawn(kept: ReportCard) -> None:
    from pages.parts.report import mixed

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 60, 600)
    told = np.where((codes >= 50) & (rng.random(600) < 0.5), 0, codes)
    many = replace(
        kept,
        codes=codes,
        predicted=told.astype(np.int32),
        confidence=np.ones(600, np.float32),
        classes=tuple(f"{code:02}" for code in range(60)),
    )
    drawn = mixed.most_confused(many)
    assert len(drawn) == charts.MOST
    assert set(range(50, 60)) <= set(drawn.tolist())


def test_names_from_outside_are_text() -> None:
    figure: Any = charts_report.confusion(np.eye(2, dtype=np.int64), ["<b>x</b>", "y"], [0, 1], charts.LIGHT)
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;x&lt;/b&gt;"


def test_the_open_cell_is_framed() -> None:
    figure: Any = charts_report.confusion(np.eye(2, dtype=np.int64), ["x", "y"], [4, 7], charts.DARK, opened=(7, 4))
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.y0) == (-0.5, 0.5)


def test_every_figure_is_explained_in_a_sentence_or_two() -> None:
    for text in HELP.values():
        assert text.endswith(".")
        assert 1 <= text.count(". ") + 1 <= 3
