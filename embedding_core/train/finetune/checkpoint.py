"""Where a training stands, on disk: written whole or not at all, as safetensors, so that a killed one goes on."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import torch

FILE = "checkpoint.safetensors"
CURVES = "curves.json"  # for whoever looks on
STOP = "stop"  # is there once somebody has asked to stop


@dataclass(slots=True)
class Standing:
    """All that the next epoch hangs on, besides pictures, recipe and seed."""

    epoch: int = 0  # the next one
    step: int = 0
    planned: int = 0  # epochs
    seconds: float = 0.0
    best: float = -1.0  # validation score
    best_epoch: int = -1
    curves: list[dict[str, float]] = field(default_factory=list)
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)  # "now.", "mean.", "best." + name; "opt." + …


def save(folder: Path, standing: Standing) -> None:
    from safetensors.torch import save as packed

    facts = {name: getattr(standing, name) for name in _FACTS}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in standing.tensors.items()}
    _write(folder / FILE, packed(tensors, metadata={"standing": json.dumps(facts)}))


def load(folder: Path) -> Standing | None:
    """None where nothing is kept, or what is cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(folder / FILE), framework="pt") as file:
            facts = json.loads(file.metadata()["standing"])
            return Standing(**facts, tensors={name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


def show(folder: Path, told: dict[str, Any]) -> None:
    _write(folder / CURVES, json.dumps(told).encode())


def shown(folder: Path) -> dict[str, Any]:
    """What was shown last; empty when nothing was."""
    try:
        found: dict[str, Any] = json.loads((folder / CURVES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


_FACTS = ("epoch", "step", "planned", "seconds", "best", "best_epoch", "curves")


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f".{file.name}.{os.getpid()}")
    made.write_bytes(content)
    made.replace(file)
