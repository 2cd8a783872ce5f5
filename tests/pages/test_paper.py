"""The report as a file: it holds what is stored as it is stored, nothing from outside is markup, and nobody unsigned
has it."""

from __future__ import annotations

import base64
import hashlib
import shlex
from pathlib import Path

import pytest

from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages import paper as command
from pages.parts.paper import printing, repeating, whole
from pages.parts.paper.stored import stored
from tests.core import emojis
from tests.pages import papers, small
from tests.pages.papers import Paper
from tests.pages.serving import stranger, visitor

EVIL = "</script><img src=x onerror=alert(1)>\"'&<b>"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample with findings of most kinds under "pixels"."""
    workspace = emojis.workspace(tmp_path_factory)
    of: dict[str, object] = {"name": emojis.NAME, "encoder": "pixels"}
    TASKS["report"](workspace, of, silent, LOCAL)
    TASKS["compare"](workspace, {**of, "encoders": list(emojis.ENCODERS)}, silent, LOCAL)
    TASKS["metrics"](workspace, of, silent, LOCAL)
    TASKS["pca"](workspace, of, silent, LOCAL)
    TASKS["features"](workspace, of, silent, LOCAL)
    TASKS["probe"](workspace, {**of, "families": ["logistic", "knn"]}, silent, LOCAL)
    TASKS["learning_curve"](workspace, {**of, "seeds": 2, "scratch_minutes": 0}, silent, LOCAL)
    TASKS["ensemble"](workspace, {**of, "encoders": list(emojis.ENCODERS)}, silent, LOCAL)
    return workspace


@pytest.fixture(scope="module")
def html(filled: Workspace) -> str:
    return whole.html(filled, filled.dataset(emojis.NAME), "pixels")


@pytest.fixture(scope="module")
def paper(html: str) -> Paper:
    return papers.read(html)


def test_it_holds_a_section_for_what_is_stored_and_none_for_the_rest(paper: Paper) -> None:
    assert paper.sections == [
        *("images", "quality", "labels", "mixed", "encoders", "metrics", "axes", "features", "probes"),
        *("labels-more", "ensembles", "tried", "methods", "repeat"),
    ]


def test_its_figures_are_those_that_are_stored(filled: Workspace, paper: Paper) -> None:
    found = stored(filled, filled.dataset(emojis.NAME), "pixels")
    assert found.card is not None
    assert found.card.current
    scores = found.card.found.scores
    assert scores is not None
    for share in (
        *(scores.probe.value, scores.balanced, scores.controls.shuffled.value, scores.controls.majority),
        *(one.value for one in (*scores.knn.values(), *scores.knn_grouped.values())),
        *(row.recall for row in found.card.found.table),
        *(one.scores["accuracy"].value for one in found.probes[0].found.families),
    ):
        assert f"{100 * share:.1f} %" in paper.text
    assert f"({100 * scores.knn['5'].low:.1f} to {100 * scores.knn['5'].high:.1f} %)" in paper.text
    assert found.curve is not None
    assert found.ensembles is not None
    assert found.metrics is not None
    for share in (
        *found.curve.found.accuracy[0].tolist(),
        *(way.accuracy for way in found.ensembles.found.ways),
        *map(found.metrics.found.accuracy, found.metrics.found.ways),
    ):
        assert f"{100 * share:.1f} %" in paper.text
    controls = next(one for one in paper.figures if one["data"][0].get("name") == "Probe" and len(one["data"]) == 2)
    assert controls["data"][0]["x"][0] == pytest.approx(100 * scores.probe.value)
    assert all(run.id[:12] in paper.text for run in found.runs)
    for one in (found.card, found.comparison, found.curve, found.axes, found.ensembles):
        assert one is not None
        assert one.fingerprint in paper.text


def test_runs_are_held_against_the_first(filled: Workspace, paper: Paper) -> None:
    """Of a comparison and of probes alike, as `runs --compare` says it where it knows both."""
    from embedding_core.effect import points
    from embedding_core.evaluate.judged import difference

    runs = [
        judged
        for run in reversed(derived.runs(filled, filled.dataset(emojis.NAME)))
        if (judged := derived.judged_by(filled, run.id)) is not None
    ]
    assert len(runs) >= 2
    assert points(difference(runs[0], runs[1])).replace(" points", "") in paper.text


def test_its_commands_are_such_as_the_command_line_takes(filled: Workspace) -> None:
    from embedding_core.arguments import parser

    found = stored(filled, filled.dataset(emojis.NAME), "pixels")
    lines = repeating.commands(found)
    verbs = [shlex.split(line)[3] for line in lines[:-1]]
    assert verbs == [
        *("add", "embed", "embed", "report", "compare", "metrics", "pca", "features", "probe", "learning-curve"),
        "ensemble",
    ]
    for line in lines[:-1]:
        parser().parse_args(shlex.split(line)[3:])
    (probe,) = (line for line in lines if " probe " in line)
    assert "--family logistic,knn" in probe


def test_a_fine_tuning_is_told_with_all_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from embedding_core.arguments import parser
    from embedding_core.commands import finetuning
    from embedding_core.train.finetune.recipe import Augmentation, Recipe, recipe_for

    recipe = Recipe(
        mode="head", hidden=64, rate=0.000123456789, seed=5, minutes=2.5, augmentation=Augmentation(flip=False)
    )
    line = repeating.finetune("pets", "mine and yours", {"base": "efficientnet-lite0", "recipe": recipe.to_json()})
    monkeypatch.setattr(finetuning, "run", lambda _, kind, **asked: {"kind": kind, **asked})
    given = parser().parse_args(shlex.split(line)[3:])
    asked = given.run(given)
    assert (asked["kind"], asked["tuned"]) == ("finetune", "mine and yours")
    assert recipe_for(asked["mode"]).but(asked["recipe"]) == recipe


def test_it_needs_nothing_from_elsewhere(paper: Paper) -> None:
    assert paper.addresses
    assert all(one.startswith(("data:image/", "#")) for one in paper.addresses)
    assert "default-src 'none'" in paper.policy
    assert "script-src" in paper.policy
    assert "unsafe-inline" not in paper.policy.partition("script-src")[2].partition(";")[0]
    for script in paper.scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in paper.policy


def test_writing_it_works_out_and_stores_nothing(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from embedding_core.workspace.results import Results

    def put(*_: object, **__: object) -> None:
        raise AssertionError("something was stored")

    monkeypatch.setattr(Results, "put", put)
    dataset = filled.dataset(emojis.NAME)
    whole.html(filled, dataset, "pixels")
    lite = papers.read(whole.html(filled, dataset, "efficientnet-lite0"))
    assert "quality" not in lite.sections
    assert {"encoders", "ensembles", "tried"} <= set(lite.sections)
    assert "Nothing has been scored yet" in lite.text


def test_what_has_changed_since_is_said(filled: Workspace, tmp_path: Path) -> None:
    import shutil

    copy = Workspace.open(str(shutil.copytree(filled.uri, tmp_path / "copy")))
    dataset = copy.dataset(emojis.NAME)
    rows = dataset.attributes()
    labels = rows["label"].to_pylist()
    dataset.put_attributes(rows["id"].to_pylist(), labels=[*labels[1:], labels[0]])
    assert "have changed since" in papers.read(whole.html(copy, dataset, "pixels")).text


def evil(workspace: Workspace) -> Dataset:
    """A dataset whose every name is an attack."""
    dataset = small.birds(workspace, count=60)
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[f"{EVIL}{number % 2}" for number in range(60)])
    workspace.update(dataset, name=f"x{EVIL}".replace("/", ""), description=EVIL)
    return workspace.dataset_by_uuid(dataset.uuid)


def test_names_from_outside_are_text(workspace: Workspace) -> None:
    dataset = evil(workspace)
    of: dict[str, object] = {"dataset": dataset.uuid, "encoder": "pixels"}
    _report(workspace, dataset)
    TASKS["metrics"](workspace, of, silent, LOCAL)
    html = whole.html(workspace, dataset, "pixels")
    paper = papers.read(html)
    assert paper.text.count(EVIL) >= 4
    assert not paper.handlers
    assert len(paper.scripts) == 2
    assert paper.tags.isdisjoint({"b", "iframe", "object", "embed", "link", "base", "form"})
    assert all("<img" not in str(one) for one in paper.figures)  # Plotly reads a little HTML in texts, too
    assert paper.figures


def _report(workspace: Workspace, dataset: Dataset) -> None:
    """As the task does, without measuring pictures, which these have none of."""
    import numpy as np

    from embedding_core import neighbours
    from embedding_core.evaluate.card import scoring

    embedding = dataset.embedding("pixels")
    labels = dataset.said_of(embedding.ids)[0]["label"].to_pylist()
    classes = tuple(sorted(set(labels)))
    vectors = np.random.default_rng(0).normal(size=(len(labels), 8)).astype(np.float32)
    card = scoring.score(
        embedding.ids,
        vectors,
        np.array([classes.index(label) for label in labels]),
        classes,
        np.full(len(labels), -1),
        neighbours.graph(vectors, 10),
    )
    workspace.results.put(
        "0" * 64,
        kind="report",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays=card.arrays(),
        parameters={"asked": {"encoder": "pixels", "version": "now", "seed": 0}, "facts": card.facts()},
        seconds=1.0,
    )


def test_the_route_sends_it_and_refuses_strangers(birds: Dataset) -> None:
    for form in ("html", "pdf"):
        assert stranger().get(f"/api/paper/{birds.uuid}.{form}?encoder=pixels").status_code == 403
    answer = visitor().get(f"/api/paper/{birds.uuid}.html?encoder=pixels")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert "birds" in papers.read(answer.text).text
    assert visitor().get(f"/api/paper/{birds.uuid}.html?encoder={registry.DEFAULT}").status_code == 409
    assert visitor().get("/api/paper/nobody.html").status_code == 404


def test_without_a_browser_a_pdf_is_refused_in_words(birds: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "browser", lambda: None)
    answer = visitor().get(f"/api/paper/{birds.uuid}.pdf?encoder=pixels")
    assert answer.status_code == 503
    assert "Install one" in answer.json()["error"]
    assert "HTML can be printed" in answer.json()["error"]


def test_the_command_writes_it(
    workspace: Workspace,
    birds: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "report.html"
    given = ["birds", "--encoder", "pixels", "--workspace", workspace.uri]
    assert command.main([*given, "--out", str(out)]) == 0
    assert "birds" in papers.read(out.read_text()).text
    assert command.main([*given, "--out", str(tmp_path / "report.txt")]) == 2
    monkeypatch.setattr(printing, "browser", lambda: None)
    assert command.main([*given, "--out", str(tmp_path / "report.pdf")]) == 2
    assert "kindred: A PDF is printed by Chrome" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("report")] == ["report.html"]


def test_both_pages_lead_to_it(birds: Dataset) -> None:
    app = small.open_page("improve.py", dataset="birds", encoder="pixels")
    links = {one.proto.label: one.proto.url for one in app.get("link_button")}
    assert links["Report as HTML"] == f"/api/paper/{birds.uuid}.html?encoder=pixels"
    assert links["as PDF"] == f"/api/paper/{birds.uuid}.pdf?encoder=pixels"
