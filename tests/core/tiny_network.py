"""A network that is built and converted in no time."""

from __future__ import annotations

from dataclasses import replace

from embedding_core.encoders import registry
from embedding_core.encoders.torch_runtime import Network, seeded

_SQUARE = replace(registry.card("resnet18").preprocessing, resize=32, crop=32)
CARD = replace(registry.card("resnet18"), id="tiny", dim=8, input_size=32, preprocessing=_SQUARE)


def build() -> Network:
    import torch

    with seeded(0):
        body = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, stride=2), torch.nn.ReLU(), torch.nn.Conv2d(8, 8, 3))
        head = torch.nn.Linear(8, 5)
    return Network(CARD, body, lambda batch: body(batch).mean((2, 3)), head, ("a", "b", "c", "d", "e"))
