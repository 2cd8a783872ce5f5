"""The square that a network sees is the one that the makers of its weights mean, pixel for pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from embedding_core.encoders import registry, timm_models, torchvision_models
from embedding_core.encoders.base import EncoderCard, Preprocessing, network_input

SIZES = [(640, 480), (231, 517), (333, 334), (224, 224), (33, 49), (1000, 97), (1, 3)]
TIMM = {
    "efficientnet-lite0": "tf_efficientnet_lite0",
    "efficientnet-lite2": "tf_efficientnet_lite2",
    **{name: model.name for name, model in timm_models._MODELS.items()},
}


def noise(width: int, height: int) -> Image.Image:
    """Blurred noise, in which any shift shows."""
    small = np.random.default_rng(0).integers(0, 255, (height // 4 + 1, width // 4 + 1, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def normalised(card: EncoderCard, image: Image.Image) -> np.ndarray:
    from torch.nn import Identity

    from embedding_core.encoders.torch_runtime import Network, TorchEncoder

    encoder = TorchEncoder(Network(card, Identity(), Identity()), device="cpu", bf16=False)
    return encoder.normalised(encoder.prepare(image)[None])[0].numpy()


@pytest.mark.parametrize("name", list(torchvision_models.CARDS))
@pytest.mark.parametrize("size", SIZES)
def test_torchvision_means_the_same(name: str, size: tuple[int, int]) -> None:
    import torchvision.models as zoo

    enum, member = torchvision_models._MODELS[name].weights.split(".")
    weights = getattr(zoo, enum)[member]
    assert weights.url.endswith(torchvision_models._MODELS[name].file)
    expected = weights.transforms()(noise(*size)).numpy()
    np.testing.assert_allclose(normalised(registry.card(name), noise(*size)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite2"])
def test_timm_means_the_same(name: str, size: tuple[int, int]) -> None:
    from timm import get_pretrained_cfg
    from timm.data import create_transform, resolve_data_config

    transform = create_transform(**resolve_data_config(pretrained_cfg=get_pretrained_cfg(TIMM[name]).to_dict()))
    expected = transform(noise(*size)).numpy()
    np.testing.assert_allclose(normalised(registry.card(name), noise(*size)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", list(TIMM))
def test_colours_and_filter_are_those_of_timms_configuration(name: str) -> None:
    from timm import get_pretrained_cfg

    theirs, ours = get_pretrained_cfg(TIMM[name]), registry.card(name).preprocessing
    assert (ours.mean, ours.std, ours.interpolation) == (theirs.mean, theirs.std, theirs.interpolation)


def test_squashing_keeps_the_whole_image() -> None:
    steps = Preprocessing(8, 8, "box", (0.5,) * 3, (0.5,) * 3, fit="squash")  # type: ignore[arg-type]
    wide = Image.new("RGB", (64, 8), "red")
    wide.paste("blue", (32, 0, 64, 8))
    seen = network_input(wide, steps)
    assert (seen[0, :, :4] == 255).all()
    assert (seen[2, :, 4:] == 255).all()


@pytest.mark.parametrize("size", [(20_000, 300), (300, 20_000)])
def test_very_long_images_are_cut_before_they_are_resized(size: tuple[int, int]) -> None:
    steps = registry.card("swin-t").preprocessing
    image = noise(*size)
    long = steps.resize * max(size) // min(size)
    whole = image.resize((long, steps.resize) if size[0] > size[1] else (steps.resize, long), Image.Resampling.BICUBIC)
    left, top = (round((side - steps.crop) / 2) for side in whole.size)
    expected = np.asarray(whole.crop((left, top, left + steps.crop, top + steps.crop))).transpose(2, 0, 1)
    assert np.abs(network_input(image, steps).astype(int) - expected).max() <= 1


def test_a_hair_takes_no_more_memory_than_a_picture() -> None:
    """Resized whole, one row of 60,000 pixels would become 256 × 15 million: 12 GB."""
    seen = network_input(Image.new("RGB", (60_000, 1), (9, 8, 7)), registry.card(registry.DEFAULT).preprocessing)
    assert (seen == np.array([9, 8, 7], np.uint8).reshape(3, 1, 1)).all()
