"""Weights that are fetched on first use: what is loaded, what is said when they cannot be had, what is left behind."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import numpy as np
import pytest

from embedding_core.encoders import registry, timm_models, torchvision_models
from embedding_core.errors import WeightsUnavailable

TIMM, TORCHVISION = "dinov2-s", "resnet18"


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty caches, and no network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("KINDRED_CACHE", str(tmp_path / "kindred"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("socket.getaddrinfo", no_network)
    return tmp_path


def no_network(*arguments: object, **named: object) -> object:
    raise OSError("no network in this test")


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() or file.is_symlink()]


def put_in_cache(root: Path, name: str, content: bytes | None = None) -> Path:
    """The file that a download would have left; random weights unless `content` is given."""
    if name == TIMM:
        model = timm_models._MODELS[name]
        folder = root / "hub" / f"models--{model.repository.replace('/', '--')}"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("0" * 40)
        file = folder / "snapshots" / ("0" * 40) / "model.safetensors"
    else:
        file = root / "torch" / "hub" / "checkpoints" / torchvision_models._MODELS[name].file
    file.parent.mkdir(parents=True)
    file.write_bytes(content if content is not None else BUILDERS[name]())
    return file


def timm_file() -> bytes:
    """As published: at 518 px, so with more positions than the encoder's 224 px has."""
    import timm
    from safetensors.torch import save

    return bytes(save(timm.create_model(timm_models._MODELS[TIMM].name, num_classes=0).state_dict()))


def torchvision_file() -> bytes:
    import torch
    import torchvision

    buffer = io.BytesIO()
    torch.save(torchvision.models.resnet18().state_dict(), buffer)
    return buffer.getvalue()


BUILDERS: dict[str, Callable[[], bytes]] = {TIMM: timm_file, TORCHVISION: torchvision_file}


@pytest.mark.parametrize("name", [TIMM, TORCHVISION])
def test_a_failed_download_says_what_from_where_and_what_to_do(
    name: str, caches: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.perf_counter()
    with pytest.raises(WeightsUnavailable) as failed:
        registry.load(name, device="cpu")
    assert time.perf_counter() - begun < 20, "whoever waits must be told soon"
    message = str(failed.value)
    assert "no network in this test" in message
    assert "EfficientNet-Lite0 needs no download" in message
    where = (
        ("resnet18-f37072fd.pth", "download.pytorch.org", str(caches / "torch" / "hub" / "checkpoints"))
        if name == TORCHVISION
        else ("model.safetensors", "vit_small_patch14_dinov2", "Hugging Face", "HF_HOME")
    )
    assert all(word in message for word in where)
    assert files(caches) == [], "a failed download left something behind"
    assert not registry.available_offline(name)
    assert capsys.readouterr().out == "", "standard output belongs to the command line's JSON"


@pytest.mark.parametrize("name", [TIMM, TORCHVISION])
def test_weights_in_the_cache_are_loaded_without_network(name: str, caches: Path) -> None:
    put_in_cache(caches, name)
    assert registry.available_offline(name)
    encoder = registry.load(name, device="cpu", runtime="torch", bf16=False)
    side = encoder.card.input_size
    vectors = encoder.encode(np.random.default_rng(0).integers(0, 255, (2, 3, side, side), dtype=np.uint8))
    assert vectors.shape == (2, encoder.card.dim)
    assert np.isfinite(vectors).all()
    untrained = registry.load(name, device="cpu", runtime="torch", bf16=False, weights="random")
    assert np.abs(untrained.encode(np.zeros((1, 3, side, side), np.uint8)) - vectors[:1]).max() > 0


@pytest.mark.parametrize("name", [TIMM, TORCHVISION])
@pytest.mark.parametrize("content", [b"", b"<html>Sign in to the guest network</html>"])
def test_a_damaged_file_is_named(name: str, content: bytes, caches: Path) -> None:
    file = put_in_cache(caches, name, content)
    with pytest.raises(WeightsUnavailable, match="damaged") as failed:
        registry.load(name, device="cpu")
    assert str(file) in str(failed.value)
    assert "Delete" in str(failed.value)


def test_weights_of_another_network_are_refused(caches: Path) -> None:
    import torch

    buffer = io.BytesIO()
    torch.save({"fc.weight": torch.zeros(3, 3)}, buffer)
    put_in_cache(caches, TORCHVISION, buffer.getvalue())
    with pytest.raises(WeightsUnavailable, match="damaged"):
        registry.load(TORCHVISION, device="cpu")


def test_a_download_with_the_wrong_hash_is_thrown_away(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer(io.BytesIO):
        def info(self) -> Message:
            return Message()

    monkeypatch.setattr("torch.hub.urlopen", lambda request: Answer(b"not the weights"))
    with pytest.raises(WeightsUnavailable, match="hash"):
        registry.load(TORCHVISION, device="cpu")
    assert files(caches) == []


def test_the_cache_of_torch_is_found_without_torch(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    card = registry.card(TORCHVISION)
    for variables in ({"TORCH_HOME": str(caches / "a")}, {"XDG_CACHE_HOME": str(caches / "b")}, {}):
        for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert torchvision_models._target(card).parent == Path(torch.hub.get_dir()) / "checkpoints"


def test_cards_and_what_is_offline_are_known_without_heavy_libraries() -> None:
    code = (
        "import sys; from embedding_core.encoders import registry; "
        "[registry.available_offline(name) for name in registry.CARDS]; "
        "heavy = {'torch', 'timm', 'torchvision', 'scipy', 'sklearn'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
