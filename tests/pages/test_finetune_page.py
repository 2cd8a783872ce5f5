"""Fine-tune: asking, watching, stopping, going on, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedding_core.derived import encoders, finetuning
from embedding_core.encoders import registry
from embedding_core.encoders.base import card_to_json
from embedding_core.train.finetune import checkpoint
from embedding_core.train.finetune.judging import Judged
from embedding_core.train.finetune.recipe import recipe_for
from embedding_core.workspace import Dataset, Workspace
from embedding_core.workspace.models import StoredModel
from tests.pages import small

Served = tuple[Workspace, small.Remembering]
BASE = "efficientnet-lite0"
CURVES = [
    {"epoch": 0.0, "validation_loss": 0.6, "validation_accuracy": 0.8},
    {
        "epoch": 1.0,
        "train_loss": 0.7,
        "train_accuracy": 0.8,
        "validation_loss": 0.5,
        "validation_accuracy": 0.9,
        "rate": 1e-4,
    },
]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_CACHE", str(tmp_path / "cache"))


def labelled(workspace: Workspace) -> Dataset:
    dataset = small.birds(workspace)
    small.embed(dataset, BASE)
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=["a" if row % 2 else "b" for row in range(len(ids))])
    return dataset


def tuned(workspace: Workspace, dataset: Dataset, name: str = "mine") -> StoredModel:
    """A fine-tuned encoder as it is stored, judged on forty images, of which it has five more right."""
    card = replace(registry.card(BASE), id=f"tuned:{name}", name=name, family="fine-tuned here")
    facts = {
        "card": card_to_json(card),
        "base": BASE,
        "whole": True,
        "recipe": recipe_for("last").to_json(),
        "curves": CURVES,
        "best_epoch": 1,
        "ended": "epochs",
        "seconds": 62.0,
        "range_test": [],
        "images": {"train": 100, "validation": 20, "test": 40},
        "data": "",
        "version": "now",
    }
    model = workspace.models.put(dataset=dataset.uuid, kind="encoder", name=name, facts=facts, content=b"weights")
    truth = np.arange(40) % 2
    before = np.where(np.arange(40) < 10, 1 - truth, truth)
    after = np.where(np.arange(40) < 5, 1 - truth, truth)
    found = Judged(np.arange(40), truth, np.arange(40), before, after, before, after, after, ("a", "b"))
    workspace.results.put(
        finetuning.judged_key(model),
        kind="finetune",
        dataset=dataset.uuid,
        parent="",
        arrays=found.arrays(),
        parameters={"asked": {}, "facts": found.facts()},
        seconds=1.0,
    )
    return model


def test_it_asks_in_plain_words_and_starts_the_job(served: Served) -> None:
    workspace, runner = served
    dataset = labelled(workspace)
    app = small.open_page("finetune.py", dataset="birds", encoder=BASE)
    assert not app.exception
    assert [app.radio(key="finetune_mode").options] == [["Quick", "Recommended", "Whole network"]]
    app.radio(key="finetune_mode").set_value("head").run()
    app.number_input(key="finetune_head_epochs").set_value(3).run()
    app.button(key="finetune_start").click().run()
    assert not app.exception
    job = runner.jobs["job0"]
    assert job.kind == "finetune"
    assert job.parameters == {
        "dataset": dataset.uuid,
        "encoder": BASE,
        "mode": "head",
        "recipe": {"epochs": 3},
        "tuned": f"birds {BASE} head",
        "resume": "auto",
    }


def test_a_training_is_watched_and_stopped(served: Served) -> None:
    workspace, runner = served
    dataset = labelled(workspace)
    job = runner.submit("finetune", {"dataset": dataset.uuid, "tuned": "mine"}, dataset=dataset.uuid)
    checkpoint.show(finetuning.folder_of(dataset, "mine"), {"curves": CURVES, "planned": 8})
    runner.becomes(job.id, state="running", stage="fine-tuning", done=5, total=9, note="epoch 2 of 8, best 90.0%")
    app = small.open_page("finetune.py", dataset="birds", encoder=BASE)
    assert not app.exception
    assert "epoch 2 of 8, best 90.0%" in small.texts(app)
    assert len(app.get("plotly_chart")) == 1
    app.button(key="finetune_stop").click().run()
    assert (finetuning.folder_of(dataset, "mine") / checkpoint.STOP).exists()
    assert not [button for button in app.button if button.key == "finetune_start"]


def test_what_was_cancelled_goes_on(served: Served) -> None:
    workspace, runner = served
    dataset = labelled(workspace)
    wanted = {"dataset": dataset.uuid, "encoder": BASE, "mode": "last", "recipe": {}, "tuned": "mine"}
    job = runner.submit("finetune", wanted, dataset=dataset.uuid)
    runner.becomes(job.id, state="cancelled")
    checkpoint.save(finetuning.folder_of(dataset, "mine"), checkpoint.Standing(epoch=1))
    checkpoint.show(finetuning.folder_of(dataset, "mine"), {"curves": CURVES, "planned": 8})
    app = small.open_page("finetune.py", dataset="birds", encoder=BASE)
    assert "1 epoch done" in small.texts(app)
    app.button(key="finetune_resume").click().run()
    assert runner.jobs["job1"].parameters == {**wanted, "resume": True}


def test_the_result_says_what_was_gained_and_offers_the_encoder(served: Served) -> None:
    workspace, _ = served
    dataset = labelled(workspace)
    tuned(workspace, dataset)
    app = small.open_page("finetune.py", dataset="birds", encoder=BASE)
    assert not app.exception
    said = small.texts(app)

    assert "+12.5 points" in app.header[0].value
    assert "Judged by 40 images" in said
    assert app.metric[0].value == "87.5%"
    app.button(key="finetune_use").click().run()
    assert app.query_params["encoder"] == "tuned:mine"


def test_without_labels_it_says_what_is_missing(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    small.embed(dataset, BASE)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=[None] * dataset.count)
    app = small.open_page("finetune.py", dataset="birds", encoder=BASE)
    assert not app.exception
    assert "It wants labels" in small.texts(app)


def test_encoders_lists_it_and_removes_it_with_its_network(served: Served) -> None:
    workspace, _ = served
    dataset = labelled(workspace)
    tuned(workspace, dataset)
    app = small.open_page("encoders.py", dataset="birds", encoder=BASE)
    assert not app.exception
    assert "Fine-tuned here" in small.texts(app)
    app.button(key="encoders_compute_tuned:mine")  # can be run like any other
    app.button(key="encoders_remove_tuned:mine").click().run()
    assert "only training brings it back" in small.texts(app)
    encoders.delete(workspace, "tuned:mine")
    assert "Fine-tuned here" not in small.texts(small.open_page("encoders.py", dataset="birds", encoder=BASE))


@pytest.mark.parametrize(("page", "tab"), [("compare", "Metrics"), ("train", "Learning curve")])
def test_what_would_flatter_it_is_not_asked_of_it(served: Served, page: str, tab: str) -> None:
    workspace, _ = served
    dataset = labelled(workspace)
    seen(dataset, tuned(workspace, dataset))
    app = small.open_page(f"{page}.py", dataset="birds", encoder="tuned:mine", **{f"{page}_tab": tab})
    assert not app.exception
    assert "This encoder has seen the answers" in small.texts(app)
    key = {"compare": "compare_metrics_base", "train": "curve_base"}[page]
    app.button(key=key).click().run()
    assert app.query_params["encoder"] == BASE


def test_models_over_it_say_which_of_their_scores_count(served: Served) -> None:
    workspace, _ = served
    dataset = labelled(workspace)
    seen(dataset, tuned(workspace, dataset))
    app = small.open_page("train.py", dataset="birds", encoder="tuned:mine")
    assert not app.exception
    assert "what is cross-validated flatters" in small.texts(app)
    app = small.open_page("train.py", dataset="birds", encoder=BASE)
    assert "what is cross-validated flatters" not in small.texts(app)


@pytest.mark.parametrize("tab", ["Encoders", "Ensembles"])
def test_it_is_not_compared_by_what_it_was_fitted_on(served: Served, tab: str) -> None:
    workspace, _ = served
    dataset = labelled(workspace)
    seen(dataset, tuned(workspace, dataset))
    small.embed(dataset, "resnet18")
    app = small.open_page("compare.py", dataset="birds", encoder=BASE, compare_tab=tab)
    assert not app.exception
    offered = next(one.options for one in app.get("button_group") if "EfficientNet-Lite0" in str(one.options))
    assert "mine" not in str(offered)
    assert "Fine-tuned encoders are left out" in small.texts(app)


def seen(dataset: Dataset, model: StoredModel) -> None:
    """Made-up vectors from a fine-tuned encoder."""
    images = dataset.images()
    card = encoders.tuned_card(model)
    matrix = np.random.default_rng(1).normal(size=(len(images), card.dim)).astype(np.float32)
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix)
