"""What training minimises: cross-entropy, or a loss that draws images of a class together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

TEMPERATURE = 0.1  # of the supervised contrastive loss, as in its paper


def cross_entropy(logits: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Mean cross-entropy of logits (b, c) to `target` (b, c), each row of sum 1.

    `weights` (c,) say how much each class counts; the mean is over the weights of the rows, as in torch.
    """
    each = -target * logits.float().log_softmax(1)
    if weights is None:
        return each.sum(1).mean()
    return (each * weights).sum() / (target * weights).sum()


def targets(codes: torch.Tensor, classes: int, smoothing: float) -> torch.Tensor:
    """(b, c) of sum 1: 1 − smoothing on the class, the rest on all alike. Szegedy et al. 2016."""
    import torch

    hard = torch.nn.functional.one_hot(codes, classes).float()
    return hard * (1 - smoothing) + smoothing / classes


def class_weights(codes: torch.Tensor, classes: int) -> torch.Tensor:
    """(c,) n / (c · count), as scikit-learn's "balanced"; 0 for a class without images."""
    import torch

    counts = torch.bincount(codes, minlength=classes).float()
    return torch.where(counts > 0, len(codes) / (classes * counts.clamp(min=1)), 0.0)


def supervised_contrastive(
    vectors: torch.Tensor, codes: torch.Tensor, temperature: float = TEMPERATURE
) -> torch.Tensor:
    """Khosla et al. 2020, "Supervised contrastive learning", the variant with the sum outside the logarithm.

    `vectors` (b, d) of any length, `codes` (b,). Rows whose class has no other row in the batch count nothing.
    """
    import torch

    unit = torch.nn.functional.normalize(vectors.float(), dim=1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    near = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log = near - near.logsumexp(1, keepdim=True)
    same = (codes[:, None] == codes[None]) & ~itself
    counts = same.sum(1)
    sums = log.masked_fill(~same, 0).sum(1)
    there = counts > 0
    return -(sums[there] / counts[there]).mean() if there.any() else vectors.sum() * 0


def batch_hard_triplet(vectors: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Hermans et al. 2017, "In defense of the triplet loss": for each row (b, d) the farthest of its class against the
    nearest of others, by Euclidean distance of unit vectors, with the soft margin log(1 + exp(·))."""
    import torch

    unit = torch.nn.functional.normalize(vectors.float(), dim=1)
    apart = (2 - 2 * unit @ unit.T).clamp(min=1e-12).sqrt()
    same = codes[:, None] == codes[None]
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    there = (same & ~itself).any(1) & (~same).any(1)
    farthest = apart.masked_fill(~same | itself, -torch.inf).amax(1)
    nearest = apart.masked_fill(same, torch.inf).amin(1)
    if not there.any():
        return vectors.sum() * 0
    return torch.nn.functional.softplus(farthest[there] - nearest[there]).mean()
