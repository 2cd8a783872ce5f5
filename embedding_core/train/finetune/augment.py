"""Pictures changed at random as they are trained on, by torchvision's transforms (v2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.encoders.torch_runtime import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

    from embedding_core.train.finetune.recipe import Augmentation


def augmenter(settings: Augmentation, side: int) -> Callable[[torch.Tensor, int], torch.Tensor]:
    """A function from pictures (b, 3, s, s) uint8 and a seed to pictures (b, 3, side, side) uint8, each changed on its
    own: cut out at random (Szegedy et al. 2015), mirrored, recoloured, RandAugment. The same seed changes alike."""
    from torchvision.transforms import v2

    steps: list[Any] = [
        v2.RandomResizedCrop(side, scale=(settings.crop, 1.0), antialias=True)
        if settings.crop < 1
        else v2.Resize((side, side), antialias=True)
    ]
    if settings.flip:
        steps.append(v2.RandomHorizontalFlip())
    if settings.randaugment:
        steps.append(v2.RandAugment(num_ops=2, magnitude=settings.randaugment, fill=[128, 128, 128]))
    if settings.colour:
        steps.append(v2.ColorJitter(settings.colour, settings.colour, settings.colour))
    change = v2.Compose(steps)

    def changed(pictures: torch.Tensor, seed: int) -> torch.Tensor:
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # which is quicker for one small picture, and far quicker beside busy processes
        try:
            with seeded(seed):
                return torch.stack([change(picture) for picture in pictures])
        finally:
            torch.set_num_threads(threads)

    return changed


def centred(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """The square in the middle of pictures (b, 3, s, s), as the network's own preprocessing cuts it."""
    from_ = round((pictures.shape[-1] - side) / 2)
    return pictures[..., from_ : from_ + side, from_ : from_ + side]


def mixed(
    inputs: torch.Tensor, target: torch.Tensor, alpha: float, chance: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Zhang et al. 2018, "mixup": each of b inputs with another one, and their targets (b, c) in the same shares."""
    import numpy as np
    import torch

    seed = int(torch.randint(2**31, (1,), generator=chance))
    share = float(np.random.default_rng(seed).beta(alpha, alpha))
    order = torch.randperm(len(inputs), generator=chance)
    return share * inputs + (1 - share) * inputs[order], share * target + (1 - share) * target[order]


def batches(
    count: int, size: int, chance: torch.Generator, codes: torch.Tensor | None = None, each: int = 4
) -> Iterator[torch.Tensor]:
    """Rows 0 … count − 1 in batches, drawn anew: every one once, but for a rest that fills no batch.

    With `codes` (count,) rows come in runs of `each` of one class, as losses need that compare images of a class.
    """
    import torch

    order = torch.randperm(count, generator=chance)
    if codes is not None:
        runs: list[torch.Tensor] = []
        for code in sorted(set(codes.tolist())):
            own = order[codes[order] == code]
            runs += [own[start : start + each] for start in range(0, len(own), each)]
        order = torch.cat([runs[number] for number in torch.randperm(len(runs), generator=chance).tolist()])
    size = min(size, count)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]
