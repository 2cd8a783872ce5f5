"""What every encoder promises, held for all of them; weights that would need a download are small random ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from embedding_core import places
from embedding_core.encoders import efficientnet, registry, runtime
from embedding_core.encoders.base import Encoder, card_from_json, card_to_json
from embedding_core.errors import UnknownEncoder, WeightsUnavailable

CANONICAL = Path(__file__).parent / "canonical.json"
EXACT = [name for name, card in registry.CARDS.items() if not card.needs_download]


def fixed_image(side: int = 320) -> Image.Image:
    """A picture of gradients and a checkerboard, the same everywhere."""
    y, x = np.mgrid[0:side, 0 : side + 60]
    red = x * 255 // (side + 60)
    green = y * 255 // side
    blue = ((x // 24 + y // 24) % 2) * 200
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


@pytest.fixture(scope="module", params=list(registry.CARDS))
def encoder(request: pytest.FixtureRequest) -> Encoder:
    import torch

    torch.manual_seed(0)
    weights = "random" if registry.card(request.param).needs_download else "pretrained"
    return registry.load(request.param, device="cpu", weights=weights)


def batch(encoder: Encoder, count: int = 2) -> np.ndarray:
    image = fixed_image()
    turned = [image, image.transpose(Image.Transpose.ROTATE_90), image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return np.stack([encoder.prepare(one) for one in turned[:count]])


def test_vectors_have_the_cards_shape_and_are_finite(encoder: Encoder) -> None:
    inputs = batch(encoder)
    size = encoder.card.input_size
    assert inputs.shape == (2, 3, size, size)
    vectors = encoder.encode(inputs)
    assert vectors.shape == (2, encoder.card.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert np.abs(vectors[0] - vectors[1]).max() > 0, "different images must give different vectors"


def test_an_empty_batch_gives_no_vectors(encoder: Encoder) -> None:
    size = encoder.card.input_size
    assert encoder.encode(np.empty((0, 3, size, size), np.uint8)).shape == (0, encoder.card.dim)


def test_a_vector_does_not_depend_on_its_batch(encoder: Encoder) -> None:
    inputs = batch(encoder, 3)
    together, alone = encoder.encode(inputs)[2], encoder.encode(inputs[2:])[0]
    cosine = float(together @ alone / (np.linalg.norm(together) * np.linalg.norm(alone)))
    assert cosine > 0.999


def test_preparing_takes_any_shape_of_image(encoder: Encoder) -> None:
    for width, height in ((1, 1), (3, 900), (900, 3), (224, 224)):
        prepared = encoder.prepare(Image.new("RGB", (width, height), (10, 200, 90)))
        assert prepared.shape == (3, encoder.card.input_size, encoder.card.input_size)
        assert (prepared == np.array([10, 200, 90], np.uint8).reshape(3, 1, 1)).all()


def test_categories_come_with_a_head_alone(encoder: Encoder) -> None:
    found = encoder.categories(encoder.encode(batch(encoder)))
    if not encoder.card.has_categories:
        assert found is None
        return
    assert found is not None
    for best in found:
        probabilities = [probability for _, probability in best]
        assert probabilities == sorted(probabilities, reverse=True)
        assert 0 < sum(probabilities) <= 1.0001
        assert all(name for name, _ in best)


def test_cards_survive_json_and_tell_what_they_must() -> None:
    for name, card in registry.CARDS.items():
        assert card.id == name
        assert card_from_json(card_to_json(card)) == card
        assert card.good_for.endswith(".")
        assert card.licence
    assert len({card.fingerprint for card in registry.CARDS.values()}) == len(registry.CARDS)


def test_an_unknown_encoder_is_met_with_the_nearest() -> None:
    with pytest.raises(UnknownEncoder, match="resnet50"):
        registry.load("resnet-50")


@pytest.mark.parametrize("name", list(registry.CARDS))
def test_canonical_values(name: str) -> None:
    """The first numbers on one fixed image: of vectors where the weights are here, else of the network's input."""
    known = json.loads(CANONICAL.read_text())[name]
    assert known["run_on_real_weights"] == (name in EXACT)
    assert len(known["values"]) == 8
    np.testing.assert_allclose(canonical(name), known["values"], rtol=1e-3, atol=1e-3)


def canonical(name: str) -> list[float]:
    import torch

    card = registry.card(name)
    if name == "pixels":
        made = registry.load(name)
        return [float(value) for value in made.encode(made.prepare(fixed_image())[None])[0, :8]]
    if name in EXACT:
        exact = efficientnet.load(card, device="cpu", bf16=False)
        return [float(value) for value in exact.encode(exact.prepare(fixed_image())[None])[0, :8]]
    other = runtime.TorchEncoder(card, torch.nn.Identity(), torch.nn.Identity(), device="cpu", bf16=False)
    tensor = other.normalised(other.prepare(fixed_image())[None])[0]
    return [float(value) for value in tensor[:, 100, 100:104].flatten()[:8]]


@pytest.mark.skipif(not runtime.cpu_has_bf16(), reason="this processor does not compute in bfloat16")
@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite2"])
def test_bf16_agrees_with_float32_on_the_sample(name: str) -> None:
    card = registry.card(name)
    exact, fast = (efficientnet.load(card, device="cpu", bf16=bf16) for bf16 in (False, True))
    files = sorted(places.SAMPLE.glob("*/*.webp"))[::16]
    inputs = []
    for file in files:
        image = Image.open(file).convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        inputs.append(exact.prepare(Image.alpha_composite(white, image).convert("RGB")))
    assert fast.device == "cpu bf16"
    one, two = (model.encode(np.stack(inputs)) for model in (exact, fast))
    cosine = (one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert cosine.min() >= 0.999


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite2"])
def test_logits_are_those_of_the_original_weights(name: str) -> None:
    """Against a forward pass written down here, from the original names: no timm, no mapping by order."""
    import torch

    card = registry.card(name)
    ours = efficientnet.load(card, device="cpu", bf16=False)
    inputs = batch(ours)
    expected = reference_logits(efficientnet.original_weights(name), torch.from_numpy(inputs).float() / 127.5 - 1)
    with torch.inference_mode():
        logits = ours.module(ours.normalised(inputs)).numpy()
    assert np.abs(logits - expected).max() < 1e-3
    assert (logits.argmax(1) == expected.argmax(1)).all()


def reference_logits(state: dict, pixels) -> np.ndarray:  # type: ignore[type-arg, no-untyped-def]
    """EfficientNet-Lite's inference, from the paper and the state dict's own names: relu6, no squeeze, SAME padding."""
    import torch
    import torch.nn.functional as F

    def convolve(x, weight, stride, groups=1):  # type: ignore[no-untyped-def]
        kernel = weight.shape[-1]
        pads = []
        for size in (x.shape[-1], x.shape[-2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, pads), weight, stride=stride, groups=groups)

    def normalise(x, prefix):  # type: ignore[no-untyped-def]
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(state[f"{prefix}.{one}"] for one in names), eps=1e-3)

    strides = {"stem": 2}
    with torch.inference_mode():
        x = F.relu6(normalise(convolve(pixels, state[STEM[0]], strides["stem"]), STEM[1]))
        for prefix, stride in blocks(state):
            before = x
            if f"{prefix}._expand_conv.weight" in state:
                x = F.relu6(normalise(convolve(x, state[f"{prefix}._expand_conv.weight"], 1), f"{prefix}._bn0"))
            depth = state[f"{prefix}._depthwise_conv.weight"]
            x = F.relu6(normalise(convolve(x, depth, stride, groups=len(depth)), f"{prefix}._bn1"))
            x = normalise(convolve(x, state[f"{prefix}._project_conv.weight"], 1), f"{prefix}._bn2")
            if x.shape == before.shape and stride == 1:
                x = x + before
        x = F.relu6(normalise(convolve(x, state["_conv_head.weight"], 1), "_bn1"))
        logits: np.ndarray = F.linear(x.mean((2, 3)), state["_fc.weight"], state["_fc.bias"]).numpy()
    return logits


STEM = ("_conv_stem.weight", "_bn0")


def blocks(state: dict) -> list[tuple[str, int]]:  # type: ignore[type-arg]
    """Block prefixes in order, with their strides: 2 where a stage of the paper's table begins with one."""
    count = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("_blocks."))
    outputs = [len(state[f"_blocks.{n}._project_conv.weight"]) for n in range(count)]
    # Output channels change at each stage's first block; stages 2, 3, 4 and 6 halve the picture.
    stages = np.cumsum([n > 0 and outputs[n] != outputs[n - 1] for n in range(count)])
    first = {stage: int(np.argmax(stages == stage)) for stage in range(7)}
    halving = {first[stage] for stage in (1, 2, 3, 5)}
    return [(f"_blocks.{n}", 2 if n in halving else 1) for n in range(count)]


def test_bf16_is_left_alone_where_it_would_change_vectors() -> None:
    import torch

    def rounded(batch: torch.Tensor) -> torch.Tensor:
        rough = torch.is_autocast_enabled("cpu")
        return batch.flatten(1)[:, :768] * (torch.arange(768) % 2 if rough else 1)

    card = registry.card("vit-b-16")
    assert runtime.TorchEncoder(card, torch.nn.Identity(), rounded, device="cpu", bf16=True).device == "cpu"


@pytest.mark.parametrize("name", ["resnet18", "dinov2-s"])
def test_a_failed_download_says_what_from_where_and_what_to_do(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("socket.getaddrinfo", _no_network)
    with pytest.raises(WeightsUnavailable) as failed:
        registry.load(name, device="cpu")
    message = str(failed.value)
    assert "efficientnet-lite0 needs no download" in message
    assert any(word in message for word in ("resnet18-f37072fd.pth", "model.safetensors"))
    left = [file for file in tmp_path.rglob("*") if file.is_file() and file.stat().st_size > 1000]
    assert left == [], "a failed download left something behind"


def _no_network(*arguments: object, **named: object) -> object:
    raise OSError("no network in this test")
