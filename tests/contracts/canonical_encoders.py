"""What each encoder makes of one fixed image. `python -m tests.contracts.canonical_encoders` writes it down anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_core.encoders import registry
from embedding_core.encoders.torch_runtime import Network, TorchEncoder

FILE = Path(__file__).parent / "canonical" / "encoders.json"
NOT_RUN = "not run on real weights"
STRONGEST = 8  # of a vector's numbers; most others are 0 after a ReLU


def fixed_image(side: int = 320) -> Image.Image:
    """A picture of gradients and a checkerboard, (side + 60) × side, the same everywhere."""
    y, x = np.mgrid[0:side, 0 : side + 60]
    red = x * 255 // (side + 60)
    green = y * 255 // side
    blue = ((x // 24 + y // 24) % 2) * 200
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


def measured(encoder_id: str) -> dict[str, Any]:
    """Numbers of the vector in float32 where weights are installed, else of the network's input alone."""
    if registry.card(encoder_id).needs_download:
        seen = network_input(encoder_id)
        return {
            "weights": NOT_RUN,
            "first": _rounded(seen[:, 100, 100:103].ravel()[:8]),
            "channel_means": _rounded(seen.mean(axis=(1, 2))),
            "channel_deviations": _rounded(seen.std(axis=(1, 2))),
        }
    found = vector(encoder_id)
    places = np.sort(np.argsort(-np.abs(found), kind="stable")[:STRONGEST])
    return {
        "weights": "installed",
        "first": _rounded(found[:8]),
        "strongest": dict(zip(map(str, places), _rounded(found[places]), strict=True)),
        "norm": round(float(np.linalg.norm(found)), 4),
    }


def vector(encoder_id: str) -> NDArray[np.float32]:
    """(dim,) of the fixed image, in float32."""
    encoder = registry.load(encoder_id, device="cpu", runtime="torch", bf16=False)
    return encoder.encode(encoder.prepare(fixed_image())[None])[0]


def network_input(encoder_id: str) -> NDArray[np.float32]:
    """(3, s, s), normalised, of the fixed image. Takes no network."""
    import torch

    nothing = torch.nn.Identity()
    encoder = TorchEncoder(Network(registry.card(encoder_id), nothing, nothing), device="cpu", bf16=False)
    seen: NDArray[np.float32] = encoder.normalised(encoder.prepare(fixed_image())[None])[0].numpy()
    return seen


def _rounded(values: NDArray[np.float32]) -> list[float]:
    return [round(float(value), 5) for value in values]


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps({name: measured(name) for name in registry.CARDS}, indent=1) + "\n")
