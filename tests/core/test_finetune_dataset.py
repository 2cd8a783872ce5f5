"""Fine-tuning on a dataset: the encoder that comes of it, honest scores, a blind test part, and the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.cli import main
from embedding_core.derived import encoders, finetuning
from embedding_core.derived.report import unseen
from embedding_core.encoders import choosing, registry
from embedding_core.encoders.base import card_to_json
from embedding_core.encoders.torch_runtime import TorchEncoder
from embedding_core.errors import InvalidInput, NameTaken, UnknownEncoder
from embedding_core.places import SAMPLE
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.train.finetune.recipe import recipe_for
from embedding_core.workspace import Workspace
from tests.core import once

NAME = "few"
QUICK = {"epochs": 1, "views": 1, "hidden": 16, "crop": 1.0, "colour": 0.0, "flip": False}
WANTED = {"name": NAME, "mode": "head", "recipe": QUICK, "map": False}
KINDS, EACH = ("building", "clothing", "mammal", "face"), 30


@pytest.fixture
def sample(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A hundred drawings of four kinds. Which way of running a network is fastest here is not tried out each time."""
    monkeypatch.setenv("KINDRED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        choosing, "fastest", lambda card, build, device=None: TorchEncoder(build(), device="cpu", bf16=False)
    )

    def make(made: Workspace) -> None:
        folder = tmp_path / "images"
        for kind in KINDS:
            (folder / kind).mkdir(parents=True)
            for file in sorted((SAMPLE / kind).iterdir())[:EACH]:
                shutil.copy(file, folder / kind / file.name)
        TASKS["add"](made, {"name": NAME, "source": str(folder), "encoder": "efficientnet-lite0"}, silent, LOCAL)

    return once.copy_of("finetune-few", make, tmp_path_factory)


def test_an_encoder_comes_of_it_that_everything_can_use(sample: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = sample.dataset(NAME)
    command = ["finetune", NAME, "--mode", "head", "--epochs", "1", "--name", "mine", "--json"]
    settings = [f"--set={name}={str(value).lower()}" for name, value in QUICK.items() if name != "epochs"]
    assert main([*command, *settings, "--workspace", sample.uri]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["encoder"] == "tuned:mine"
    assert set(said["scores"]) == {"finetuned", "probe", "probe_on_tuned", "knn", "knn_on_tuned"}
    difference = said["difference"]
    assert difference["low"] <= difference["change"] <= difference["high"]
    assert difference["change"] == pytest.approx(said["scores"]["finetuned"] - said["scores"]["probe"], abs=1e-3)
    assert [one["epoch"] for one in said["curves"]] == [0.0, 1.0]

    embedding = dataset.embedding("tuned:mine")
    assert len(embedding) == dataset.count
    assert embedding.matrix().shape[1] == 16
    assert derived.maps(sample, dataset, embedding)  # drawn at once
    run = derived.runs(sample, dataset)[0]
    assert run.kind == "finetune"
    assert run.scores["accuracy"].value == pytest.approx(said["scores"]["finetuned"], abs=1e-4)
    assert run.result == said["model"]

    fitted = encoders.fitted_on(sample, dataset, "tuned:mine")
    known = derived.labelled(sample, dataset, [dataset.embedding("efficientnet-lite0")])
    held = derived.held_out(sample, dataset, known)
    assert fitted is not None
    assert not np.isin(known.ids[held.test], fitted).any()
    assert len(fitted) == said["images"]["train"] + said["images"]["validation"]

    assert main(["encoders", "--json", "--workspace", sample.uri]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)["encoders"]}
    assert listed["tuned:mine"]["dim"] == 16

    picture = dataset.content(int(embedding.ids[0]))
    found = TASKS["search"](sample, {"name": NAME, "encoder": "tuned:mine", "image": picture, "k": 1}, silent, LOCAL)
    assert found["results"][0]["id"] == int(embedding.ids[0])

    axes = TASKS["pca"](sample, {"name": NAME, "encoder": "tuned:mine"}, silent, LOCAL)
    assert axes["quality"] is None
    assert "has seen the answers" in axes["why_not"]
    joined = TASKS["features"](sample, {"name": NAME, "encoder": "tuned:mine"}, silent, LOCAL)
    assert joined["gain"] is None
    assert "has seen the answers" in joined["warnings"][0]
    with pytest.raises(InvalidInput, match="has seen the answers"):
        TASKS["metrics"](sample, {"name": NAME, "encoder": "tuned:mine"}, silent, LOCAL)

    with pytest.raises(NameTaken, match="mine"):
        TASKS["finetune"](sample, {**WANTED, "tuned": "mine"}, silent, LOCAL)
    with pytest.raises(InvalidInput, match="engine local"):
        TASKS["embed_on_cluster"](sample, {"name": NAME, "encoder": "tuned:mine"}, silent, LOCAL)
    encoders.delete(sample, "tuned:mine")
    with pytest.raises(UnknownEncoder):
        encoders.card(sample, "tuned:mine")
    assert not encoders.runnable(sample, "tuned:mine")


def test_labels_of_the_test_part_change_no_weight(sample: Workspace) -> None:
    dataset = sample.dataset(NAME)
    embedding = dataset.embedding("efficientnet-lite0")
    known = derived.labelled(sample, dataset, [embedding])
    held = derived.held_out(sample, dataset, known)
    before = TASKS["finetune"](sample, {**WANTED, "tuned": "clean"}, silent, LOCAL)
    chance = np.random.default_rng(0)
    poisoned = [known.classes[code] for code in chance.permutation(known.codes[held.test]).tolist()]
    dataset.put_attributes(known.ids[held.test].tolist(), labels=poisoned)
    after = TASKS["finetune"](sample, {**WANTED, "tuned": "poisoned"}, silent, LOCAL)
    one, other = (sample.models.get(said["model"]) for said in (before, after))
    assert one is not None
    assert other is not None
    from safetensors.numpy import load

    theirs = load(other.content)
    for name, tensor in load(one.content).items():
        np.testing.assert_array_equal(tensor, theirs[name])
    assert after["scores"]["probe"] < before["scores"]["probe"] - 0.2


def test_what_was_killed_before_its_scores_is_not_trained_again(
    sample: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    asked = {**WANTED, "tuned": "cut off", "resume": "auto"}
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("embedding_core.embed.embed", killed)
        TASKS["finetune"](sample, asked, silent, LOCAL)
    (model,) = sample.models.find(kind=encoders.KIND, name="cut off")
    with monkeypatch.context() as closed:
        closed.setattr("embedding_core.train.finetune.loop.train", killed)
        said = TASKS["finetune"](sample, asked, silent, LOCAL)
    assert said["model"] == model.id
    assert len(sample.dataset(NAME).embedding("tuned:cut off")) == sample.dataset(NAME).count
    with pytest.raises(NameTaken):
        TASKS["finetune"](sample, asked, silent, LOCAL)


def test_what_cannot_be_tuned_says_so(sample: Workspace) -> None:
    dataset = sample.dataset(NAME)
    with pytest.raises(InvalidInput, match="pixels cannot be fine-tuned"):
        finetuning.plan(sample, dataset, "pixels", recipe_for("head"), progress=silent)
    with pytest.raises(InvalidInput, match="1 to 60 letters"):
        finetuning.plan(sample, dataset, "efficientnet-lite0", recipe_for("head"), name="a/b", progress=silent)


def test_models_go_with_their_dataset(sample: Workspace) -> None:
    card = replace(registry.card(registry.DEFAULT), id="tuned:gone", name="gone")
    facts = {"card": card_to_json(card), "base": registry.DEFAULT, "whole": True}
    sample.models.put(
        dataset=sample.dataset(NAME).uuid, kind=encoders.KIND, name="gone", facts=facts, content=b"weights"
    )
    assert encoders.cards(sample)["tuned:gone"] == card
    assert encoders.available_offline(sample, "tuned:gone")
    sample.delete(sample.dataset(NAME))
    assert "tuned:gone" not in encoders.cards(sample)


def test_what_is_made_of_its_vectors_has_seen_the_answers_too(sample: Workspace) -> None:
    dataset = sample.dataset(NAME)
    TASKS["finetune"](sample, {**WANTED, "tuned": "mine"}, silent, LOCAL)
    seen = encoders.fitted_on(sample, dataset, "tuned:mine")
    assert seen is not None and len(seen)
    made = TASKS["pca"](sample, {"name": NAME, "encoder": "tuned:mine", "keep": 4, "as": "small"}, silent, LOCAL)
    assert made["encoder"] == "own:tuned:small"
    small = dataset.embedding(made["encoder"])
    assert len(small) == dataset.count
    assert set(unseen(sample, dataset, small).ids.tolist()) == set(small.ids.tolist()) - set(seen.tolist())
    with pytest.raises(InvalidInput, match="small was fine-tuned on labels"):
        TASKS["metrics"](sample, {"name": NAME, "encoder": made["encoder"]}, silent, LOCAL)
    with pytest.raises(InvalidInput, match="mine was fine-tuned on labels"):
        TASKS["keep_ensemble"](sample, {"name": NAME, "encoders": ["tuned:mine", "pixels"]}, silent, LOCAL)


def test_a_deleted_encoder_s_vectors_are_still_judged_by_what_it_has_not_seen(sample: Workspace) -> None:
    dataset = sample.dataset(NAME)
    TASKS["finetune"](sample, {**WANTED, "tuned": "mine"}, silent, LOCAL)
    embedding = dataset.embedding("tuned:mine")
    before = unseen(sample, dataset, embedding).ids
    assert 0 < len(before) < dataset.count
    encoders.delete(sample, "tuned:mine")
    assert np.array_equal(unseen(sample, dataset, embedding).ids, before)


def test_nothing_judges_vectors_that_have_seen_nobody_knows_what(sample: Workspace) -> None:
    dataset = sample.dataset(NAME)
    known = dataset.embedding("efficientnet-lite0")
    card = replace(known.card, id="tuned:lost", name="lost")
    images = dataset.images()
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), known.matrix())
    with pytest.raises(InvalidInput, match="lost has seen the labels of images"):
        TASKS["report"](sample, {"name": NAME, "encoder": "tuned:lost"}, silent, LOCAL)
