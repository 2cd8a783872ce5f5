"""Fine-tuning against a plain loop of PyTorch with the same minutes, and a linear probe, by the same test part.

The plain loop is what one writes by hand: timm's network with the same weights and a new head, AdamW, random crops and
flips, cosine, float32, batch normalisation as it learns; the weights of its last epoch.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Figure, Table
from embedding_core import derived
from embedding_core.derived.training_pictures import squares
from embedding_core.encoders import efficientnet, registry
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace

MODES = {"head": 1.0, "last": 6.0, "all": 12.0}  # minutes of training
NAME = "photographs"
RATE, BATCH = 3e-4, 32  # of the plain loop


def measured(workspace: Workspace, folder: Path, *, small: bool) -> tuple[Table, float, float]:
    """A table, what the best mode gains over the linear probe, and the seconds that all of it takes, from the labels to
    an encoder that has embedded and judged; `small` ends after seconds."""
    table = Table(
        "Fine-tuning EfficientNet-Lite0",
        ("what", "untouched part", "over the linear probe, points", "minutes of training", "minutes in all"),
        note="The interval is of the paired difference, 95 %. The plain loop has as many minutes as the longest.",
    )
    modes = {"head": 0.1, "all": 0.3} if small else MODES
    gains, seconds = {}, {}
    for mode, minutes in modes.items():
        said = TASKS["finetune"](
            workspace,
            {"name": NAME, "mode": mode, "recipe": {"minutes": minutes}, "tuned": mode, "map": False},
            silent,
            LOCAL,
        )
        one = said["difference"]
        if mode == "head":
            table.add("linear probe", _share(one["before"]), "", None, None)
        gained = f"{100 * one['change']:+.1f} ({100 * one['low']:.1f} to {100 * one['high']:.1f})"
        gains[mode], seconds[mode] = one["change"], said["seconds"]
        minutes_in = _minutes(said["training_seconds"]), _minutes(said["seconds"])
        table.add(f"Kindred, {mode}", _share(one["after"]), gained, *minutes_in)
    accuracy, took = _plain(workspace, folder, minutes=max(modes.values()))
    change = f"{100 * (accuracy - one['before']):+.1f}"
    table.add("plain PyTorch loop", _share(accuracy), change, _minutes(took), _minutes(took))
    best = max(gains, key=lambda mode: gains[mode])
    return table, gains[best], seconds[best]


def _plain(workspace: Workspace, folder: Path, *, minutes: float) -> tuple[float, float]:
    """Accuracy on the test part and seconds of training of a loop as one writes it."""
    import timm
    import torch
    from torchvision.transforms import v2

    dataset = workspace.dataset(NAME)
    known = derived.labelled(workspace, dataset, [dataset.embedding(registry.DEFAULT)])
    held = derived.held_out(workspace, dataset, known)
    card = registry.card(registry.DEFAULT)
    rows = np.sort(np.concatenate([held.train, held.validation]))
    pictures, _ = squares(dataset, known.ids[np.concatenate([rows, held.test])], card.preprocessing, folder, silent)
    codes = torch.from_numpy(known.codes[rows].copy())
    torch.manual_seed(0)
    network: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    network.load_state_dict(efficientnet.renamed(efficientnet.original_weights(card.id), network.state_dict(), card.id))
    network.reset_classifier(len(known.classes))
    optimiser = torch.optim.AdamW(network.parameters(), RATE)
    change = v2.Compose([v2.RandomResizedCrop(card.input_size, antialias=True), v2.RandomHorizontalFlip()])
    begun = time.perf_counter()
    share = 0.0
    while share < 1:
        network.train()
        for batch in torch.randperm(len(codes)).split(BATCH):
            share = (time.perf_counter() - begun) / (60 * minutes)
            if share >= 1 or len(batch) < 2:
                break
            optimiser.param_groups[0]["lr"] = RATE * 0.5 * (1 + np.cos(np.pi * share))
            seen = torch.stack([change(torch.from_numpy(pictures[row])) for row in batch.tolist()])
            loss = torch.nn.functional.cross_entropy(network(seen.float() / 127.5 - 1), codes[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    seconds = time.perf_counter() - begun
    network.eval()
    edge = (pictures.shape[-1] - card.input_size) // 2
    right = 0
    with torch.no_grad():
        for start in range(0, len(held.test), BATCH):
            seen = torch.from_numpy(pictures[len(rows) + start : len(rows) + start + BATCH]).float() / 127.5 - 1
            seen = seen[:, :, edge : edge + card.input_size, edge : edge + card.input_size]
            truth = torch.from_numpy(known.codes[held.test[start : start + BATCH]].copy())
            right += int((network(seen).argmax(1) == truth).sum())
    return right / len(held.test), seconds


def _share(value: float) -> Figure:
    return Figure(value, "{:.3f}")


def _minutes(seconds: float) -> Figure:
    return Figure(seconds / 60, "{:.1f}")
