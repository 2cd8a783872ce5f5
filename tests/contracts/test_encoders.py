"""What every encoder promises, held for all of them under each runtime; weights that need a download are random ones.

In float32, where promises can be held tightly. What bfloat16 may change is in tests/core/test_encoders_runtime.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from embedding_core.encoders import registry
from embedding_core.encoders.agreement import AGREEMENT, agreement
from embedding_core.encoders.base import Encoder, Weights, card_from_json, card_to_json
from embedding_core.encoders.choosing import Runtime
from embedding_core.errors import InvalidInput, UnknownEncoder
from embedding_core.explain import explain
from tests.contracts.canonical_encoders import FILE, NOT_RUN, fixed_image, measured, vector

ALL = list(registry.CARDS)
# One network of each make, since larger ones of the same make take long to convert.
CONVERTED = ("efficientnet-lite0", "resnet18", "convnext-tiny", "mobilenetv3-large", "vit-b-16", "swin-t", "dinov2-s")
UNDER: list[tuple[str, Runtime]] = [(name, "torch") for name in ALL] + [(name, "openvino") for name in CONVERTED]


@dataclass(frozen=True)
class Loaded:
    encoder: Encoder
    inputs: NDArray[np.uint8]  # (2, 3, s, s) of two different images
    vectors: NDArray[np.float32]  # (2, dim)


@pytest.fixture(scope="module", params=UNDER, ids=" on ".join)
def loaded(request: pytest.FixtureRequest) -> Iterator[Loaded]:
    encoder = load(*request.param)
    image = fixed_image()
    inputs = np.stack([encoder.prepare(one) for one in (image, image.transpose(Image.Transpose.ROTATE_90))])
    yield Loaded(encoder, inputs, encoder.encode(inputs))


def load(encoder_id: str, runtime: Runtime) -> Encoder:
    weights: Weights = "random" if registry.card(encoder_id).needs_download else "pretrained"
    return registry.load(encoder_id, device="cpu", runtime=runtime, bf16=False, weights=weights)


def spread(vectors: NDArray[np.float32]) -> float:
    """The largest difference between the two images: random networks tell images apart by little."""
    return float(np.abs(vectors[0] - vectors[1]).max())


def test_vectors_have_the_cards_shape_and_are_finite(loaded: Loaded) -> None:
    card, size = loaded.encoder.card, loaded.encoder.card.input_size
    assert loaded.inputs.shape == (2, 3, size, size)
    assert loaded.inputs.dtype == np.uint8
    assert loaded.vectors.shape == (2, card.dim)
    assert loaded.vectors.dtype == np.float32
    assert loaded.vectors.flags.c_contiguous, "a view would keep a network's inner tensors in memory"
    assert np.isfinite(loaded.vectors).all()
    assert spread(loaded.vectors) > 0, "different images must give different vectors"


def test_every_runtime_gives_the_vectors_of_torch_in_float32(loaded: Loaded) -> None:
    exact = load(loaded.encoder.card.id, "torch").encode(loaded.inputs)
    assert agreement(exact, loaded.vectors) >= AGREEMENT
    # Random networks see little between two images: what they see has to survive as well.
    np.testing.assert_allclose(loaded.vectors, exact, rtol=0, atol=1e-2 * spread(exact))


def test_it_says_how_many_images_it_likes(loaded: Loaded) -> None:
    assert loaded.encoder.batch >= 1
    assert loaded.encoder.lanes >= 1
    many = np.concatenate([loaded.inputs] * 3)[: max(1, min(5, loaded.encoder.batch + 1))]
    np.testing.assert_allclose(
        loaded.encoder.encode(many)[:2], loaded.vectors[: len(many)], rtol=0, atol=1e-3 * spread(loaded.vectors)
    )


def test_calls_from_several_threads_do_not_mix(loaded: Loaded) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda row: loaded.encoder.encode(loaded.inputs[row : row + 1]), [0, 1, 1, 0, 1, 0]))
    for row, alone in zip([0, 1, 1, 0, 1, 0], found, strict=True):
        np.testing.assert_allclose(alone[0], loaded.vectors[row], rtol=0, atol=1e-3 * spread(loaded.vectors))


def test_a_vector_does_not_depend_on_its_batch(loaded: Loaded) -> None:
    alone = loaded.encoder.encode(loaded.inputs[1:])[0]
    np.testing.assert_allclose(alone, loaded.vectors[1], rtol=0, atol=1e-3 * spread(loaded.vectors))


def test_the_same_batch_gives_the_same_vectors(loaded: Loaded) -> None:
    np.testing.assert_array_equal(loaded.encoder.encode(loaded.inputs[:1]), loaded.encoder.encode(loaded.inputs[:1]))


def test_floats_from_0_to_255_give_the_vectors_of_bytes(loaded: Loaded) -> None:
    one = loaded.encoder.encode(loaded.inputs[:1].astype(np.float32))
    np.testing.assert_allclose(one, loaded.vectors[:1], rtol=0, atol=1e-3 * spread(loaded.vectors))


def test_it_can_be_told_what_a_similarity_hangs_on(loaded: Loaded) -> None:
    found = explain(loaded.encoder, *loaded.inputs, grid=2)
    one, two = (vector / np.linalg.norm(vector) for vector in loaded.vectors)
    assert found.similarity == pytest.approx(float(one @ two), abs=1e-4)
    assert found.first.shape == found.second.shape == (2, 2)
    assert np.isfinite([found.first, found.second]).all()


def test_an_empty_batch_gives_no_vectors(loaded: Loaded) -> None:
    assert loaded.encoder.encode(loaded.inputs[:0]).shape == (0, loaded.encoder.card.dim)


def test_a_batch_of_another_size_is_refused(loaded: Loaded) -> None:
    with pytest.raises(InvalidInput, match="shape"):
        loaded.encoder.encode(loaded.inputs[:, :, 1:])


def test_preparing_takes_any_shape_of_image(loaded: Loaded) -> None:
    for width, height in ((1, 1), (3, 900), (900, 3), (224, 224)):
        prepared = loaded.encoder.prepare(Image.new("RGB", (width, height), (10, 200, 90)))
        assert prepared.shape == loaded.inputs.shape[1:]
        assert (prepared == np.array([10, 200, 90], np.uint8).reshape(3, 1, 1)).all()


def test_categories_come_with_a_head_alone(loaded: Loaded) -> None:
    found = loaded.encoder.categories(loaded.vectors)
    if not loaded.encoder.card.has_categories:
        assert found is None
        return
    assert found is not None
    assert len(found) == 2
    for best in found:
        probabilities = [probability for _, probability in best]
        assert probabilities == sorted(probabilities, reverse=True)
        assert 0 < sum(probabilities) <= 1.0001
        assert len({name for name, _ in best}) == len(best)
        assert all(name for name, _ in best)


@pytest.mark.parametrize("name", ALL)
def test_canonical_values(name: str) -> None:
    """Real weights on one fixed image, or, where they are not here, what their network would see of it."""
    known = json.loads(FILE.read_text())[name]
    if registry.card(name).needs_download:
        found = measured(name)
        assert known.pop("weights") == found.pop("weights") == NOT_RUN
        assert known.keys() == found.keys()
        for fact, numbers in known.items():
            np.testing.assert_allclose(found[fact], numbers, rtol=0, atol=1e-4, err_msg=fact)
        return
    ours = vector(name)
    assert known["weights"] == "installed"
    np.testing.assert_allclose(ours[:8], known["first"], rtol=1e-3, atol=1e-4)
    assert len(known["strongest"]) == 8
    for place, value in known["strongest"].items():
        assert ours[int(place)] == pytest.approx(value, rel=1e-3)
    assert np.linalg.norm(ours) == pytest.approx(known["norm"], rel=1e-3)


def test_every_encoder_has_canonical_values() -> None:
    assert list(json.loads(FILE.read_text())) == ALL


def test_random_weights_follow_from_their_seed() -> None:
    first, same, other = (
        registry.load("resnet18", device="cpu", runtime="torch", bf16=False, weights="random", seed=seed)
        for seed in (1, 1, 2)
    )
    inputs = first.prepare(fixed_image())[None]
    np.testing.assert_array_equal(first.encode(inputs), same.encode(inputs))
    assert np.abs(first.encode(inputs) - other.encode(inputs)).max() > 0.01


def test_building_random_weights_leaves_the_random_numbers_of_others_alone() -> None:
    import torch

    before = torch.get_rng_state()
    registry.load("resnet18", device="cpu", runtime="torch", bf16=False, weights="random")
    assert torch.equal(torch.get_rng_state(), before)


def test_cards_survive_json_and_tell_what_they_must() -> None:
    for name, card in registry.CARDS.items():
        assert card.id == name
        assert card_from_json(card_to_json(card)) == card
        assert card.good_for.endswith(".")
        assert card.licence
        assert card.preprocessing.crop == card.input_size <= card.preprocessing.resize
        assert card.needs_download == (card.source.startswith("https://") and card.family != "EfficientNet")
    assert len({card.fingerprint for card in registry.CARDS.values()}) == len(registry.CARDS)
    assert registry.DEFAULT in registry.CARDS
    assert not registry.card(registry.DEFAULT).needs_download


def test_an_unknown_encoder_is_met_with_the_nearest() -> None:
    with pytest.raises(UnknownEncoder, match="resnet50"):
        registry.load("resnet-50")
    with pytest.raises(UnknownEncoder):
        registry.card("own:mine")
    assert not registry.available_offline("own:mine")


def test_other_weights_than_the_two_are_refused() -> None:
    with pytest.raises(InvalidInput, match="untrained"):
        registry.load("resnet18", weights="untrained")  # type: ignore[arg-type]
