"""How networks are run: folding, bfloat16, devices."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from embedding_core import places
from embedding_core.encoders import devices, registry, torch_runtime
from embedding_core.errors import InvalidInput, InvalidVectors

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

NETWORKS = ["resnet18", "mobilenet_v3_large", "tf_efficientnet_lite0"]


def sample(encoder_id: str, step: int) -> NDArray[np.uint8]:
    """Network inputs of every `step`th image of the sample."""
    encoder = registry.load(encoder_id, device="cpu", runtime="torch", bf16=False)
    images = (Image.open(file).convert("RGBA") for file in sorted(places.SAMPLE.glob("*/*.webp"))[::step])
    pasted = (Image.alpha_composite(Image.new("RGBA", one.size, "white"), one).convert("RGB") for one in images)
    return np.stack([encoder.prepare(one) for one in pasted])


@pytest.mark.skipif(not devices.cpu_has_bf16(), reason="this processor does not compute in bfloat16")
@pytest.mark.parametrize(("name", "step"), [("efficientnet-lite0", 9), ("efficientnet-lite2", 36)])
def test_bf16_agrees_with_float32_on_the_sample(name: str, step: int) -> None:
    inputs = sample(name, step)
    exact, fast = (registry.load(name, device="cpu", runtime="torch", bf16=bf16) for bf16 in (False, True))
    assert (exact.device, fast.device) == ("cpu", "cpu bf16")
    one, two = (model.encode(inputs) for model in (exact, fast))
    assert two.dtype == np.float32
    assert np.abs(one - two).max() > 0, "bfloat16 must have been used at all"
    cosine = (one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert cosine.min() >= 0.999


@pytest.mark.skipif(not devices.cpu_has_bf16(), reason="this processor does not compute in bfloat16")
def test_bf16_agrees_with_float32_on_photographs() -> None:
    """Photographs are harder than drawings: their worst cosine is the lower one."""
    folder = os.environ.get("KINDRED_BENCH_DATA")
    if not folder:
        pytest.skip("KINDRED_BENCH_DATA names no folder with clothing.tar")
    exact, fast = (registry.load(registry.DEFAULT, device="cpu", runtime="torch", bf16=bf16) for bf16 in (False, True))
    with tarfile.open(Path(folder) / "clothing.tar") as archive:
        members = [one for one in archive.getmembers() if one.isfile() and one.name.endswith(".jpg")][::16]
        images = (Image.open(io.BytesIO(archive.extractfile(one).read())) for one in members)  # type: ignore[union-attr]
        inputs = np.stack([exact.prepare(image.convert("RGB")) for image in images])
    one, two = (model.encode(inputs) for model in (exact, fast))
    cosine = (one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert len(cosine) > 100
    assert cosine.min() >= 0.999


@pytest.mark.skipif(not devices.cpu_has_bf16(), reason="this processor does not compute in bfloat16")
def test_bf16_is_the_default_where_the_processor_has_it() -> None:
    assert registry.load(registry.DEFAULT, device="cpu", runtime="torch").device == "cpu bf16"


def test_bf16_is_left_alone_where_it_would_change_vectors() -> None:
    import torch

    def rounded(batch: torch.Tensor) -> torch.Tensor:
        rough = torch.is_autocast_enabled("cpu")
        return batch.flatten(1)[:, :768] * (torch.arange(768) % 2 if rough else 1)

    card = registry.card("vit-b-16")
    network = torch_runtime.Network(card, torch.nn.Identity(), rounded)
    assert torch_runtime.TorchEncoder(network, device="cpu", bf16=True).device == "cpu"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 clzero\n\nprocessor\t: 1\n", True),
        ("flags\t\t: fpu amx_tile amx_bf16\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("Features\t: fp asimd bf16 i8mm\n", False),  # arm64
        (None, False),  # macOS
    ],
)
def test_processors_with_bf16_are_told_from_others(
    text: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*arguments: object, **named: object) -> str:
        if text is None:
            raise FileNotFoundError
        return text

    monkeypatch.setattr("pathlib.Path.read_text", read)
    assert devices.cpu_has_bf16.__wrapped__() is expected


@pytest.mark.parametrize("name", NETWORKS)
def test_folding_keeps_the_function_and_leaves_no_normalisation(name: str) -> None:
    import torch

    with torch_runtime.seeded(0):
        network = built(name).eval()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):  # as after training; untrained ones do nothing
                module.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
                module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias, 0, 0.1)
        batch = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        before = network(batch)
        torch_runtime.fold(network)
        after = network(batch)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert float(before.std()) > 0
    assert float((before - after).abs().max()) < 1e-3 * float(before.std())


def built(name: str) -> torch.nn.Module:
    import timm
    import torchvision.models as zoo

    network: torch.nn.Module = timm.create_model(name) if name.startswith("tf_") else getattr(zoo, name)()
    return network


def test_convolutions_run_in_channels_last() -> None:
    import torch

    encoder = registry.load("resnet18", device="cpu", runtime="torch", bf16=False, weights="random")
    assert isinstance(encoder, torch_runtime.TorchEncoder)
    batch = encoder.normalised(np.zeros((2, 3, 224, 224), np.uint8))
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert not any(parameter.requires_grad for parameter in encoder.module.parameters())


def test_read_only_batches_are_taken() -> None:
    encoder = registry.load(registry.DEFAULT, device="cpu")
    batch = np.zeros((1, 3, 224, 224), np.uint8)
    batch.flags.writeable = False
    assert encoder.encode(batch).shape == (1, 1280)


def test_devices_that_are_not_here_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'tpu'"):
        registry.load("resnet18", device="tpu", weights="random")
    missing = "mps" if devices.best_device() == "cuda" else "cuda"
    with pytest.raises(InvalidInput, match=f"no {missing}"):
        registry.load("resnet18", device=missing, weights="random")


@pytest.mark.parametrize(("cuda", "mps", "best"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_the_best_device_comes_first(cuda: bool, mps: bool, best: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_may_have_gpu", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)
    assert devices.best_device() == best


def test_categories_of_vectors_of_another_size_are_refused() -> None:
    encoder = registry.load(registry.DEFAULT, device="cpu")
    with pytest.raises(InvalidVectors, match="1280"):
        encoder.categories(np.zeros((2, 512), np.float32))
