"""Losses, LoRA, stages, recipes and augmentation of fine-tuning, each against a plain account of what it should be."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from embedding_core.encoders import registry
from embedding_core.encoders.staged import stage_of, trainable
from embedding_core.encoders.torch_runtime import seeded
from embedding_core.errors import InvalidInput
from embedding_core.train.finetune import augment, lora, losses
from embedding_core.train.finetune.encoder import build, pack
from embedding_core.train.finetune.judging import nearest
from embedding_core.train.finetune.model import Model
from embedding_core.train.finetune.optimising import rate_at
from embedding_core.train.finetune.recipe import Recipe, recipe_for

VECTORS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
CODES = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(smoothing: float) -> None:
    target = losses.targets(CODES, 5, smoothing)
    expected = torch.nn.functional.cross_entropy(VECTORS, CODES, label_smoothing=smoothing)
    torch.testing.assert_close(losses.cross_entropy(VECTORS, target), expected)
    weights = losses.class_weights(CODES, 5)
    expected = torch.nn.functional.cross_entropy(VECTORS, CODES, weight=weights)
    torch.testing.assert_close(losses.cross_entropy(VECTORS, losses.targets(CODES, 5, 0.0), weights), expected)


def test_class_weights_are_scikit_learns() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    expected = compute_class_weight("balanced", classes=np.arange(4), y=CODES.numpy())
    np.testing.assert_allclose(losses.class_weights(CODES, 4).numpy(), expected, rtol=1e-6)


def test_supervised_contrastive_is_its_formula() -> None:
    unit = torch.nn.functional.normalize(VECTORS, dim=1)
    terms = []
    for i in range(len(unit)):
        others = [a for a in range(len(unit)) if a != i]
        below = sum(math.exp(float(unit[i] @ unit[a]) / 0.1) for a in others)
        same = [p for p in others if CODES[p] == CODES[i]]
        if same:
            terms.append(-sum(float(unit[i] @ unit[p]) / 0.1 - math.log(below) for p in same) / len(same))
    assert float(losses.supervised_contrastive(VECTORS, CODES)) == pytest.approx(sum(terms) / len(terms), rel=1e-5)


def test_batch_hard_triplet_is_its_formula() -> None:
    unit = torch.nn.functional.normalize(VECTORS, dim=1)
    terms = []
    for i in range(len(unit)):
        apart = [float((unit[i] - unit[a]).norm()) for a in range(len(unit))]
        same = [apart[p] for p in range(len(unit)) if p != i and CODES[p] == CODES[i]]
        other = [apart[p] for p in range(len(unit)) if CODES[p] != CODES[i]]
        if same:
            terms.append(math.log1p(math.exp(max(same) - min(other))))
    assert float(losses.batch_hard_triplet(VECTORS, CODES)) == pytest.approx(sum(terms) / len(terms), rel=1e-4)


@pytest.mark.parametrize("encoder", ["efficientnet-lite0", "resnet18", "mobilenetv3-large", "convnext-tiny", "swin-t"])
def test_stages_run_in_turn_are_the_network(encoder: str) -> None:
    with seeded(0):
        network = registry.network(encoder, "random")
    network.module.eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network.features(images) if encoder != "efficientnet-lite0" else None
        stages = trainable(network)
        if expected is None:  # whose family computes parts in float32, which a plain pass need not
            expected = network.features(images)
        found: torch.Tensor = images
        for stage in stages:
            found = stage.run(found)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    numbers = [stage_of(stages, name) for name, _ in network.module.named_parameters()]
    assert set(numbers) >= set(range(1, len(stages) - 1))


@pytest.mark.parametrize("encoder", ["vit-b-16", "dinov2-s"])
def test_stages_of_transformers_are_the_network(encoder: str) -> None:
    with seeded(0):
        network = registry.network(encoder, "random")
    network.module.eval()
    side = network.card.input_size
    images = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network.features(images)
        found: torch.Tensor = images
        for stage in trainable(network):
            found = stage.run(found)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_lora_begins_as_the_network_and_merges_exactly() -> None:
    with seeded(0):
        network = registry.network("swin-t", "random")
    trainable(network)
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    weights = lora.attention_weights(network.module)
    assert len(weights) == 24  # queries, keys and values, and the projection, of each of twelve blocks
    with torch.no_grad():
        before = network.module(images)
        learnt = lora.adapt(network.module, 4)
        torch.testing.assert_close(network.module(images), before, rtol=0, atol=0)
        for parameter in learnt.values():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
        adapted = network.module(images)
        assert (adapted - before).abs().max() > 1e-3
        lora.merge(network.module)
        torch.testing.assert_close(network.module(images), adapted, rtol=1e-5, atol=1e-6)
    with seeded(0):
        again = registry.network("swin-t", "random")
    trainable(again)
    lora.add(again.module, {name: parameter.detach() for name, parameter in learnt.items()})
    with torch.no_grad():
        torch.testing.assert_close(again.module(images), adapted, rtol=1e-5, atol=1e-6)


def test_lora_needs_attention() -> None:
    with pytest.raises(InvalidInput, match="LoRA adapts attention"):
        lora.adapt(torch.nn.Sequential(torch.nn.Linear(4, 4)), 2)


def test_a_recipe_says_what_is_wrong_with_it() -> None:
    for changes, said in (
        ({"rate": 2.0}, "rate lies from 0 to 1"),
        ({"optimiser": "lion"}, "optimiser is one of adamw, adam, sgd"),
        ({"crop": 0.0}, "crop lies from"),
        ({"loss": "supcon", "mixup": 0.2}, "mixup mixes labels"),
        ({"learning_rate": 0.1}, "No setting is called 'learning_rate'"),
    ):
        with pytest.raises(InvalidInput, match=said):
            recipe_for("last", changes)
    with pytest.raises(InvalidInput, match="hidden"):
        Recipe(mode="head")
    with pytest.raises(InvalidInput, match="mode is one of"):
        recipe_for("everything")


def test_settings_of_the_augmentation_are_named_like_any_other() -> None:
    recipe = recipe_for("lora", {"rate": 1e-4, "flip": False})
    assert recipe.rate == 1e-4
    assert not recipe.augmentation.flip


def test_rates_begin_low_peak_and_end_at_nothing() -> None:
    for schedule in ("cosine", "one-cycle"):
        found = [rate_at(share, schedule, 0.1) for share in np.linspace(0, 1, 101)]  # type: ignore[arg-type]
        assert found[0] < 0.06
        assert max(found) == pytest.approx(1.0, abs=0.01)
        assert found[-1] < 0.01
    assert rate_at(0.9, "constant", 0.1) == 1.0


def test_augmentation_follows_from_its_seed_and_keeps_the_size() -> None:
    pictures = torch.randint(0, 256, (3, 3, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    settings = recipe_for("all", {"randaugment": 9}).augmentation
    change = augment.augmenter(settings, 32)
    one, two, other = change(pictures, 1), change(pictures, 1), change(pictures, 2)
    assert one.shape == (3, 3, 32, 32)
    assert one.dtype == torch.uint8
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_mixup_mixes_pictures_and_labels_in_the_same_shares() -> None:
    inputs, target = torch.eye(4), torch.eye(4)
    mixed, labels = augment.mixed(inputs, target, 0.4, torch.Generator().manual_seed(3))
    torch.testing.assert_close(mixed, labels)
    torch.testing.assert_close(labels.sum(1), torch.ones(4))


def test_batches_hold_every_row_once_and_classes_together_where_asked() -> None:
    chance = torch.Generator().manual_seed(0)
    rows = torch.cat(list(augment.batches(12, 4, chance)))
    assert sorted(rows.tolist()) == list(range(12))
    codes = torch.arange(24) % 3
    for batch in augment.batches(24, 8, chance, codes, each=4):
        assert torch.bincount(codes[batch]).max() >= 4


def test_the_nearest_vote_as_scikit_learn_has_them() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    chance = np.random.default_rng(0)
    known, asked = chance.normal(size=(80, 6)).astype(np.float32), chance.normal(size=(30, 6)).astype(np.float32)
    codes = chance.integers(0, 2, 80)  # of two classes five votes never tie
    expected = KNeighborsClassifier(5, metric="cosine", algorithm="brute").fit(known, codes).predict(asked)
    np.testing.assert_array_equal(nearest(known, codes, asked), expected)


def test_a_network_tuned_by_lora_is_stored_as_its_additions_alone() -> None:
    with seeded(0):
        model = Model(registry.network("swin-t", "random"), recipe_for("lora", {"rank": 2}), 3)
    assert all(name.endswith((".a", ".b")) or name.startswith("head.") for name in model.learnt)
    with torch.no_grad():
        for parameter in model.learnt.values():
            parameter.add_(0.02)
    packed = pack(model, model.state(), name="light", subject="birds", classes=("a", "b", "c"), fitted_on=np.arange(3))
    assert len(packed.content) < 1e6  # bytes, of a network of 28 million parameters
    assert packed.card.needs_download  # the weights it began with
    with seeded(0):
        base = registry.network("swin-t", "random")
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = build(packed.card, base, packed.content).features(images)
        expected: torch.Tensor = images
        for stage in model.stages:
            expected = stage.run(expected)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
