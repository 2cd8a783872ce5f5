"""A small network trained on the user's images from nothing: what the same labels are worth without an encoder.

A residual network (He et al. 2016) of three stages over pictures of 64 pixels, with AdamW, a learning rate that rises
and falls once (Smith & Topin 2018), label smoothing, and crops, flips and changes of light. A part of the labels
chooses the weights that are kept.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.encoders.devices import best_device
from embedding_core.encoders.torch_runtime import cpu_computes_bf16, seeded
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.curve.scratch_found import ScratchRun
from embedding_core.quality.probing.folding import deal
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from numpy.typing import NDArray

    from embedding_core.records import Progress

SIDE = 64  # pixels
PASSES = 80  # over the training part, at most
PATIENCE = 15  # looks at the validation part without anything better

_BATCH = 64
_LOOK = 12  # steps between two looks at least: a pass over few images is none
_WIDTHS = (32, 64, 128, 192)
_RATE, _DECAY, _SMOOTHING = 3e-3, 0.05, 0.1
_FOLDS = 7  # one of them validates


@dataclass(frozen=True, slots=True)
class _Place:
    """Where and how precisely it is computed."""

    device: str
    bf16: bool

    def autocast(self) -> Any:
        import torch

        return torch.autocast(self.device, torch.bfloat16) if self.bf16 else nullcontext()


def train_from_scratch(
    pictures: NDArray[np.uint8],
    codes: NDArray[np.int64],
    tested: NDArray[np.uint8],
    truth: NDArray[np.int64],
    *,
    groups: NDArray[np.integer] | None = None,
    clusters: NDArray[np.int64] | None = None,
    seconds: float = 60.0,
    passes: int = PASSES,
    seed: int = 0,
    progress: Progress = silent,
) -> ScratchRun:
    """Train on `pictures` (n, 3, s, s) with classes `codes` (n,), and judge by `tested` (k, 3, s, s) with `truth` (k,).

    A seventh of the rows, whole `groups` (n,), chooses the weights that are kept; the test part is only ever predicted,
    once. Tested pictures with the same number in `clusters` (k,) are one witness. It ends after so many `seconds` or
    `passes`, or when nothing gets better. Raises `InvalidInput` with fewer than two classes or 14 images.
    """
    import torch

    if len(np.unique(codes)) < 2 or len(codes) < 2 * _FOLDS:
        raise InvalidInput(f"Training takes two classes and {2 * _FOLDS} images at least, and there are {len(codes)}.")
    begun = time.perf_counter()
    device = best_device()
    place = _Place(device, cpu_computes_bf16() if device == "cpu" else device == "cuda")
    fold = deal(codes, _FOLDS, seed=seed, groups=groups)
    learn, watch = np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)
    with seeded(seed):
        network = _network(int(max(codes.max(), truth.max())) + 1)
        network = network.to(device).to(memory_format=torch.channels_last)
        with _quickest(place):
            limits = (seconds, passes, begun)
            best, looked, ended = _trained(network, pictures, codes, (learn, watch), limits, place, progress)
            network.load_state_dict(best)
            right = _predicted(network, tested, place) == truth
    taken = time.perf_counter() - begun
    witnesses = np.arange(len(truth)) if clusters is None else clusters
    return ScratchRun(len(codes), read_only(right), read_only(witnesses), taken, looked[0], looked[1], ended)


@contextmanager
def _quickest(place: _Place) -> Iterator[None]:
    """So many threads of torch within as are quicker now, one or all: beside busy processes those of small layers wait
    for each other, and all of two cores then were ten times slower than one."""
    import torch

    before = torch.get_num_threads()
    try:
        if place.device == "cpu" and before > 1:
            torch.set_num_threads(min((1, before), key=lambda count: _tried(count, place)))
        yield
    finally:
        torch.set_num_threads(before)


def _tried(threads: int, place: _Place) -> float:
    """Seconds that a few steps of training take with so many threads."""
    import torch

    torch.set_num_threads(threads)
    with seeded(0):
        network = _network(2).to(memory_format=torch.channels_last)
        batch = _augmented(torch.zeros(_BATCH, 3, SIDE, SIDE, dtype=torch.uint8))
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        with place.autocast():
            loss = network(batch).square().mean()
        loss.backward()
        taken.append(time.perf_counter() - begun)
    return sum(taken[1:])


def _trained(
    network: torch.nn.Module,
    pictures: NDArray[np.uint8],
    codes: NDArray[np.int64],
    parts: tuple[NDArray[np.int64], NDArray[np.int64]],
    limits: tuple[float, int, float],
    place: _Place,
    progress: Progress,
) -> tuple[dict[str, Any], tuple[int, float], str]:
    """The best weights, passes done and accuracy on the validation part, and why it ended."""
    import torch

    (learn, watch), (seconds, passes, begun) = parts, limits
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=_SMOOTHING)
    a_pass = -(-len(learn) // _BATCH)
    total = passes * a_pass
    look = max(a_pass, _LOOK)
    best, kept, waited = -1.0, {}, 0
    ended, step = "passes", 0
    batches = _batches(learn, total)
    for step, rows in enumerate(batches, start=1):
        spent = (time.perf_counter() - begun) / seconds
        done = max(step / total, spent)
        for group in optimiser.param_groups:
            group["lr"] = _RATE * _rise_and_fall(done)
        network.train()
        batch = _augmented(torch.from_numpy(pictures[rows]).to(place.device))
        with place.autocast():
            loss = loss_of(network(batch), torch.from_numpy(codes[rows]).to(place.device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % look == 0 or step == total or done >= 1:
            score = float((_predicted(network, pictures[watch], place) == codes[watch]).mean())
            waited = 0 if score > best else waited + 1
            if score >= best:
                best = score
                kept = {name: value.detach().clone() for name, value in network.state_dict().items()}
            progress("training from scratch", int(100 * min(done, 1)), 100, f"{score:.1%}")
        if done >= 1 or waited >= PATIENCE:
            ended = "patience" if waited >= PATIENCE else "budget" if spent >= 1 else "passes"
            break
    return kept, (-(-step // a_pass), best), ended


def _batches(rows: NDArray[np.int64], count: int) -> Any:
    """So many batches of rows, pass after pass, each in an order of chance that torch's seed draws."""
    import torch

    given = 0
    while given < count:
        order = rows[torch.randperm(len(rows)).numpy()]
        for start in range(0, len(order), _BATCH):
            if given == count:
                return
            given += 1
            batch = order[start : start + _BATCH]
            yield batch if len(batch) > 1 else order[-2:]  # batch normalisation takes two


def _rise_and_fall(done: float) -> float:
    """The learning rate's share of its peak: up in the first tenth, then down by a cosine."""
    if done < 0.1:
        return 0.1 + 9 * done
    return max(0.01, 0.5 * (1 + float(np.cos(np.pi * min(1.0, (done - 0.1) / 0.9)))))


def _augmented(batch: torch.Tensor) -> torch.Tensor:
    """Each picture (b, 3, s, s) of levels 0 to 255 zoomed, moved, flipped and lit in a way of its own, about 0."""
    import torch
    from torch.nn import functional as F

    count, device = len(batch), batch.device
    zoom = 0.7 + 0.35 * torch.rand(count, 2)
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    move = (2 * torch.rand(count, 2) - 1) * (1 - zoom).abs()
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = zoom[:, 0] * flip, zoom[:, 1]
    theta[:, :, 2] = move
    grid = F.affine_grid(theta.to(device), list(batch.shape), align_corners=False)
    drawn = F.grid_sample(_normalised(batch), grid, padding_mode="reflection", align_corners=False)
    light = (0.7 + 0.6 * torch.rand(count, 1, 1, 1)).to(device)
    tint = (0.2 * torch.randn(count, 3, 1, 1)).to(device)
    return (drawn * light + tint).contiguous(memory_format=torch.channels_last)


def _normalised(batch: torch.Tensor) -> torch.Tensor:
    return (batch.float() - 127.5) / 64


def _predicted(network: torch.nn.Module, pictures: NDArray[np.uint8], place: _Place) -> NDArray[np.int64]:
    import torch

    network.eval()
    found = []
    with torch.inference_mode(), place.autocast():
        for start in range(0, len(pictures), 4 * _BATCH):
            batch = torch.from_numpy(pictures[start : start + 4 * _BATCH]).to(place.device)
            seen = _normalised(batch).contiguous(memory_format=torch.channels_last)
            found.append(network(seen).argmax(1).cpu().numpy())
    return np.concatenate(found)


def _network(classes: int) -> torch.nn.Module:
    """Three residual blocks behind a stem; each of the four halves the picture."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self, before: int, after: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(before, after, 3, 2, 1, bias=False)
            self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.norms = nn.ModuleList([nn.BatchNorm2d(after), nn.BatchNorm2d(after)])
            self.past = nn.Sequential(nn.Conv2d(before, after, 1, 2, bias=False), nn.BatchNorm2d(after))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            inner = nn.functional.relu(self.norms[0](self.first(x)))
            found: torch.Tensor = nn.functional.relu(self.norms[1](self.second(inner)) + self.past(x))
            return found

    layers: list[nn.Module] = [
        nn.Conv2d(3, _WIDTHS[0], 3, 2, 1, bias=False),
        nn.BatchNorm2d(_WIDTHS[0]),
        nn.ReLU(),
    ]
    layers += [Block(before, after) for before, after in pairwise(_WIDTHS)]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(_WIDTHS[-1], classes)]
    return nn.Sequential(*layers)
