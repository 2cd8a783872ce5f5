"""Training on a tiny network: resumed alike, stopped with the best, blind to the test part, stored and loaded alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from embedding_core.encoders import converted
from embedding_core.encoders.openvino_runtime import OpenVinoEncoder
from embedding_core.encoders.torch_runtime import TorchEncoder
from embedding_core.records import silent
from embedding_core.train.finetune import checkpoint, features, loop
from embedding_core.train.finetune.encoder import build, fitted_on, pack
from embedding_core.train.finetune.features import Inputs
from embedding_core.train.finetune.model import Model
from embedding_core.train.finetune.rates import range_test
from embedding_core.train.finetune.recipe import Recipe, recipe_for
from tests.core import tiny_network

SIDE = tiny_network.CARD.input_size
NAMES = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    for module in (features, loop):
        monkeypatch.setattr(module, "precision", lambda device: nullcontext())


def pictures(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Noise of one colour each."""
    chance = np.random.default_rng(seed)
    codes = np.arange(count) % 3
    made = chance.integers(0, 160, (count, 3, SIDE, SIDE))
    made[np.arange(count), codes] += 60
    return made.astype(np.uint8), codes.astype(np.int64)


def recipe(**changes: Any) -> Recipe:
    usual = {"epochs": 3, "batch": 8, "size": 1.0, "rate": 1e-2, "head_rate": 1e-2, "minutes": 60.0, "patience": 0}
    return recipe_for("all", {**usual, **changes})


def parts(model: Model) -> tuple[loop.Part, loop.Part]:
    (seen, codes), (others, judged) = pictures(33, 0), pictures(15, 1)
    train = loop.Part(Inputs(model, seen, side=SIDE, trained=True), codes)
    return train, loop.Part(Inputs(model, others, side=SIDE, trained=False), judged)


def trained(wanted: Recipe, folder: Path | None = None, *, resume: bool = False) -> tuple[Model, loop.Trained]:
    model = Model(tiny_network.build(), wanted, 3)
    found = loop.train(model, *parts(model), folder=folder, resume=resume)
    return model, found


class Killed(Exception):
    """What a process that is killed leaves behind is what was on disk."""


def test_it_learns() -> None:
    _, found = trained(recipe(epochs=6))
    assert found.curves[-1]["train_loss"] < found.curves[1]["train_loss"]
    assert found.accuracy > found.curves[0]["validation_accuracy"]
    assert found.ended == "epochs"


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_a_killed_training_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimiser: str
) -> None:
    wanted = recipe(optimiser=optimiser)
    whole, _ = trained(wanted)
    steps = 0
    step = loop._Run._step

    def dying(self: Any, *given: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 7:  # within the second epoch
            raise Killed
        return step(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(loop._Run, "_step", dying)
        with pytest.raises(Killed):
            trained(wanted, tmp_path)
    resumed, found = trained(wanted, tmp_path, resume=True)
    assert len(found.curves) == 4
    for name, one in whole.state().items():
        torch.testing.assert_close(resumed.state()[name], one, rtol=0, atol=0)


def test_stopping_keeps_the_best_epoch(tmp_path: Path) -> None:
    model = Model(tiny_network.build(), recipe(epochs=50), 3)
    train, judges = parts(model)

    def progress(stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        if done >= 9:
            (tmp_path / checkpoint.STOP).touch()

    found = loop.train(model, train, judges, folder=tmp_path, progress=progress)
    assert found.ended == "stopped"
    assert len(found.curves) < 6
    best = max(one["validation_accuracy"] for one in found.curves)
    assert found.accuracy == best
    _, logits = features.predicted(model, judges.inputs)
    assert float((logits.argmax(1).numpy() == judges.codes).mean()) == pytest.approx(best)


def test_it_never_ends_worse_on_validation_than_it_began() -> None:
    _, found = trained(recipe(rate=0.9, head_rate=0.9, epochs=2))  # far too high
    assert found.accuracy >= found.curves[0]["validation_accuracy"]


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_hidden_layer_begins_without_loss(activation: str) -> None:
    """Four axes and their opposites: what an axis says is the difference of the two, in spite of the activation."""
    model = Model(tiny_network.build(), recipe(hidden=8, activation=activation), 3)
    assert model.hidden is not None
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(60, 8)) * np.arange(1, 9)).astype(np.float32)
    model.start_head(vectors, np.arange(60) % 3)
    with torch.no_grad():
        found = model.hidden(torch.from_numpy(vectors)).numpy()
    unit = torch.nn.functional.layer_norm(torch.from_numpy(vectors), (8,)).numpy()
    theirs = PCA(4).fit_transform(unit)
    mine = found[:, :4] - found[:, 4:]
    agreed = [abs(np.corrcoef(mine[:, axis], theirs[:, axis])[0, 1]) for axis in range(4)]
    np.testing.assert_allclose(agreed, 1, atol=1e-4)


def test_patience_ends_it_early() -> None:
    _, found = trained(recipe(rate=1e-7, head_rate=1e-7, epochs=40, patience=2, average=0.0))
    assert found.ended == "patience"
    assert len(found.curves) < 41


def test_what_is_frozen_is_computed_once_to_the_same_values() -> None:
    model = Model(tiny_network.build(), recipe_for("head", {"hidden": 8, "size": 1.0}), 3)
    seen, _ = pictures(9, 0)
    fresh, kept = (Inputs(model, seen, side=SIDE, trained=False) for _ in range(2))
    assert kept.keep(1, seed=0) == 1
    rows = torch.arange(9)
    torch.testing.assert_close(kept.take(rows, 0), fresh.take(rows, 0), rtol=0.01, atol=0.01)  # in bfloat16
    assert Inputs(model, seen, side=SIDE, trained=True).keep(8, seed=0, most=9 * 8 * 2 * 3.5) == 3


@pytest.mark.parametrize("loss", ["supcon", "triplet"])
def test_losses_over_vectors_draw_classes_together(loss: str) -> None:
    wanted = recipe(loss=loss, epochs=8, hidden=8)
    model = Model(tiny_network.build(), wanted, 3)
    train, judges = parts(model)

    def spread() -> float:
        vectors, _ = features.predicted(model, judges.inputs)
        unit = torch.nn.functional.normalize(vectors, dim=1)
        near, codes = unit @ unit.T, torch.from_numpy(judges.codes)
        same = codes[:, None] == codes[None]
        return float(near[same].mean() - near[~same].mean())

    before = spread()
    loop.train(model, train, judges)
    assert spread() > before


def test_the_range_test_leaves_the_model_as_it_was() -> None:
    model = Model(tiny_network.build(), recipe(), 3)
    before = model.state()
    rate, seen = range_test(model, parts(model)[0], progress=silent)
    assert 1e-5 <= rate <= 1e-2
    assert len(seen) > 10
    for name, one in model.state().items():
        assert torch.equal(one, before[name])


@pytest.mark.parametrize("hidden", [0, 8])
def test_what_was_stored_gives_the_vectors_that_were_trained(hidden: int) -> None:
    model, found = trained(recipe(hidden=hidden))
    ids = np.array([7, 3, 5])
    packed = pack(model, found.state, name="mine", subject="birds", classes=NAMES, fitted_on=ids)
    assert packed.card.id == "tuned:mine"
    assert packed.card.dim == (hidden or tiny_network.CARD.dim)
    assert fitted_on(packed.content).tolist() == [3, 5, 7]
    images, _ = pictures(5, 9)
    model.put(found.state)
    inputs = Inputs(model, images, side=SIDE, trained=False)
    vectors, logits = features.predicted(model, inputs)

    def network() -> Any:
        base = tiny_network.build()
        return build(packed.card, replace(base, features=base.features), packed.content)

    encoder = TorchEncoder(network(), device="cpu", bf16=False)
    np.testing.assert_allclose(encoder.encode(images), vectors.numpy(), rtol=1e-4, atol=1e-5)
    other = OpenVinoEncoder(converted.convert(network()), bf16=False)
    np.testing.assert_allclose(
        np.concatenate([other.encode(image[None]) for image in images]), vectors.numpy(), rtol=1e-3, atol=1e-4
    )
    said = encoder.categories(vectors.numpy())
    assert said is not None
    assert [one[0][0] for one in said] == [NAMES[code] for code in logits.argmax(1).tolist()]
