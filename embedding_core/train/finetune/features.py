"""What the frozen part of a network makes of every picture, computed once, so that an epoch takes seconds."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from embedding_core.records import silent
from embedding_core.train.finetune.augment import augmenter, centred

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.train.finetune.model import Model

MOST = 1.5e9  # bytes of features that are held in memory; fewer views are computed where more would be needed
_BLOCK = 32  # pictures that are computed at once


class Inputs:
    """The pictures of one part of the data, as the trained stages of a model read them."""

    def __init__(self, model: Model, pictures: NDArray[Any], *, side: int, trained: bool) -> None:
        """`pictures` (n, 3, s, s) uint8. What is `trained` on is changed at random and seen at `side` pixels."""

        self.model = model
        self.count = len(pictures)
        self._pictures = pictures
        self._views: list[torch.Tensor] = []  # of each (n, …), in half precision
        self._side = side
        self._change = augmenter(model.recipe.augmentation, side) if trained else None

    def keep(self, views: int, *, seed: int, most: float = MOST, progress: Progress = silent) -> int:
        """Compute the frozen part of so many views, as far as they fit into `most` bytes; returns how many."""
        import torch

        if not self.model.first or not self.count:
            return 0
        one = self._below([0], 0)
        each = one.numel() * 2 * self.count
        views = min(views if self._change else 1, int(most // max(each, 1)))
        for view in range(views):
            kept = torch.empty((self.count, *one.shape[1:]), dtype=torch.bfloat16)
            for start in range(0, self.count, _BLOCK):
                progress("features", view * self.count + start, views * self.count)
                rows = list(range(start, min(start + _BLOCK, self.count)))
                kept[rows] = self._below(rows, mixed_seed(seed, view, start)).to(kept)
            self._views.append(kept)
        return views

    def take(self, rows: torch.Tensor, seed: int) -> torch.Tensor:
        """What `model.above` reads of these rows (b,): a kept view drawn by `seed` for each, or computed now."""
        import torch

        if not self._views:
            return self._below(rows.tolist(), seed)
        chance = torch.Generator().manual_seed(seed)
        which = torch.randint(len(self._views), (len(rows),), generator=chance)
        stacked = torch.stack([self._views[view][row] for view, row in zip(which.tolist(), rows.tolist(), strict=True)])
        return stacked.to(self.model.device).float()

    def _below(self, rows: list[int], seed: int) -> torch.Tensor:
        import torch

        pictures = torch.from_numpy(self._pictures[rows])
        seen = centred(pictures, self._side) if self._change is None else self._change(pictures, seed)
        with torch.no_grad(), precision(self.model.device):
            return self.model.below(seen)


def precision(device: str) -> Any:
    """Within, networks compute in bfloat16 where the device gains by it. Enter it anew each time."""
    import torch

    from embedding_core.encoders.torch_runtime import cpu_computes_bf16

    gains = cpu_computes_bf16() if device == "cpu" else device == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device, torch.bfloat16) if gains else nullcontext()


def vectors_of(model: Model, inputs: Inputs) -> NDArray[Any]:
    """The network's own vectors (n, dim), without a hidden layer; of what is trained on, of its first view."""
    import torch

    found = []
    with torch.no_grad():
        for start in range(0, inputs.count, _BLOCK):
            rows = torch.arange(start, min(start + _BLOCK, inputs.count))
            with precision(model.device):
                found.append(model.body(inputs.take(rows, 0)).float().cpu())
    return torch.cat(found).numpy()


def predicted(model: Model, inputs: Inputs, told: Callable[[int], None] | None = None) -> tuple[Any, Any]:
    """Vectors (n, d) and logits (n, c) of all pictures, float32 on the CPU, without any chance."""
    import torch

    vectors, logits = [], []
    with torch.no_grad():
        for start in range(0, inputs.count, _BLOCK):
            rows = torch.arange(start, min(start + _BLOCK, inputs.count))
            with precision(model.device):
                found = model.above(inputs.take(rows, 0))
            vectors.append(found.float().cpu())
            logits.append(model.head(found.float()).cpu())
            if told:
                told(start)
    return torch.cat(vectors), torch.cat(logits)


def mixed_seed(*numbers: int) -> int:
    """One seed of several."""
    found = 0
    for number in numbers:
        found = (found * 1_000_003 + number + 1) % (2**31 - 1)
    return found
