"""Training, epoch by epoch: with curves as it goes, the best epoch kept, stopped early or by hand, and resumable.

Two runs with the same recipe, pictures and number of epochs on the same machine come out the same, also where one of
them was killed and went on from its checkpoint.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedding_core.errors import InvalidInput
from embedding_core.records import silent
from embedding_core.train.finetune import checkpoint, losses
from embedding_core.train.finetune.augment import batches, mixed
from embedding_core.train.finetune.checkpoint import Standing
from embedding_core.train.finetune.features import mixed_seed, precision, predicted
from embedding_core.train.finetune.optimising import Average, optimiser, rate_at

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.train.finetune.features import Inputs
    from embedding_core.train.finetune.model import Model

LATE = 1.15  # times the budget at which an epoch is not waited for


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Pictures with their classes."""

    inputs: Inputs
    codes: NDArray[Any]  # (n,) int64


@dataclass(frozen=True, eq=False, slots=True)
class Trained:
    """What came of a training."""

    state: dict[str, torch.Tensor]  # all that was trained, of the best epoch
    curves: tuple[dict[str, float], ...]  # by epoch; the first is before any training
    best_epoch: int
    accuracy: float  # on the validation part, of the best epoch; it chose the epoch, so it flatters
    seconds: float
    ended: str  # epochs, patience, budget or stopped


def train(
    model: Model,
    train_on: Part,
    validation: Part,
    *,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Trained:
    """Train what `model` says is trained on one part, judged after each epoch by the other.

    In `folder` stands the checkpoint of the last whole epoch; a file `stop` there ends the training with the best epoch
    so far. Raises `InvalidInput` where the loss is no number any more.
    """
    run = _Run(model, train_on, validation, folder, progress)
    standing = checkpoint.load(folder) if folder is not None and resume else None
    return run.to_the_end(standing)


class _Run:
    def __init__(self, model: Model, train_on: Part, validation: Part, folder: Path | None, progress: Progress) -> None:
        import torch

        self.model, self.recipe, self.folder, self.progress = model, model.recipe, folder, progress
        self.part, self.validation = train_on, validation
        self.codes = torch.from_numpy(train_on.codes.copy())
        self.classes = model.head.out_features
        balanced = model.recipe.weighting == "balanced"
        self.weights = losses.class_weights(self.codes, self.classes).to(model.device) if balanced else None
        self.steps = max(1, len(self.codes) // min(model.recipe.batch, len(self.codes)))  # an epoch
        self.optimiser = optimiser(model)
        self.mean = Average(model, model.recipe.average)

    def to_the_end(self, standing: Standing | None) -> Trained:
        recipe = self.recipe
        if standing is None:
            standing = Standing(planned=recipe.epochs)
            self._judge(standing, {"epoch": 0.0}, epoch=-1)
        else:
            self._take(standing)
        ended = "epochs"
        while standing.epoch < standing.planned:
            begun = time.perf_counter()
            told = self._epoch(standing, begun)
            if told is None:
                ended = "stopped"
                break
            standing.epoch += 1
            self._judge(standing, told, epoch=standing.epoch - 1)
            taken = time.perf_counter() - begun
            standing.seconds += taken
            left = recipe.minutes * 60 - standing.seconds
            if (fits := standing.epoch + int(left * LATE // taken)) < standing.planned:
                standing.planned, ended = max(fits, standing.epoch), "budget"
            self._save(standing)
            if recipe.patience and standing.epoch - 1 - max(standing.best_epoch, 0) >= recipe.patience:
                ended = "patience"
                break
        best = {name[5:]: one for name, one in standing.tensors.items() if name.startswith("best.")}
        self.model.put(best)
        at = standing.curves[standing.best_epoch + 1]
        return Trained(
            best, tuple(standing.curves), standing.best_epoch + 1, at["validation_accuracy"], standing.seconds, ended
        )

    def _epoch(self, standing: Standing, begun: float) -> dict[str, float] | None:
        """One pass over what is trained on; None where somebody has asked to stop."""
        import torch

        recipe = self.recipe
        chance = torch.Generator().manual_seed(mixed_seed(recipe.seed, standing.epoch))
        contrastive = recipe.loss != "cross-entropy"
        loss_sum, right, seen = 0.0, 0, 0
        total = self.steps * standing.planned
        runs = batches(len(self.codes), recipe.batch, chance, self.codes if contrastive else None)
        for number, rows in enumerate(runs):
            if self.folder is not None and (self.folder / checkpoint.STOP).exists():
                return None
            done = standing.epoch + number / self.steps
            note = _note(standing)
            self.progress("fine-tuning", int(done * self.steps), total, note)
            # A share of the time counts where the epochs that were planned do not fit into it.
            share = min(1.0, max(standing.step / total, 0.0))
            for group in self.optimiser.param_groups:
                group["lr"] = group["base"] * rate_at(share, recipe.schedule, recipe.warmup)
            loss, hits = self._step(rows, mixed_seed(recipe.seed, standing.epoch, number), chance)
            if not math.isfinite(loss):
                raise InvalidInput("The loss is no number any more: the learning rate is too high. Try a tenth of it.")
            loss_sum, right, seen = loss_sum + loss * len(rows), right + hits, seen + len(rows)
            standing.step += 1
            self.mean.update(standing.step)
        return {
            "epoch": standing.epoch + 1.0,
            "train_loss": loss_sum / seen,
            "train_accuracy": right / seen,
            "rate": max(group["lr"] for group in self.optimiser.param_groups),
        }

    def _step(self, rows: torch.Tensor, seed: int, chance: torch.Generator) -> tuple[float, int]:
        """Learn from a batch; its loss, and how many the classifier had right."""
        import torch

        recipe, model = self.recipe, self.model
        codes = self.codes[rows].to(model.device)
        target = losses.targets(codes, self.classes, recipe.smoothing)
        x = self.part.inputs.take(rows, seed)
        if recipe.augmentation.mixup:
            x, target = mixed(x, target, recipe.augmentation.mixup, chance)
        with precision(model.device):
            vectors = model.above(x)
        vectors = vectors.float()
        # Losses over vectors shape the network; the classifier then only learns to read it.
        read = vectors if recipe.loss == "cross-entropy" else vectors.detach()
        if recipe.dropout:
            kept = torch.rand(read.shape, generator=chance).to(read.device) >= recipe.dropout
            read = read * kept / (1 - recipe.dropout)
        logits = model.head(read)
        loss = losses.cross_entropy(logits, target, self.weights)
        if recipe.loss == "supcon":
            loss = loss + losses.supervised_contrastive(vectors, codes)
        elif recipe.loss == "triplet":
            loss = loss + losses.batch_hard_triplet(vectors, codes)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(list(model.learnt.values()), 1.0)
        self.optimiser.step()
        return float(loss.detach()), int((logits.argmax(1) == codes).sum())

    def _judge(self, standing: Standing, told: dict[str, float], *, epoch: int) -> None:
        """Score the averaged weights on the validation part; keep them where they are the best so far."""
        import torch

        with self.mean.in_place():
            _, logits = predicted(self.model, self.validation.inputs)
            codes = torch.from_numpy(self.validation.codes.copy())
            loss = float(torch.nn.functional.cross_entropy(logits, codes))
            accuracy = float((logits.argmax(1) == codes).float().mean())
            score = accuracy - 1e-3 * min(loss, 10.0)  # of equal ones the surer
            if score > standing.best:
                standing.best, standing.best_epoch = score, epoch
                standing.tensors |= {f"best.{name}": one for name, one in self.model.state().items()}
        standing.curves.append({**told, "validation_loss": loss, "validation_accuracy": accuracy})
        self.progress("fine-tuning", standing.epoch * self.steps, standing.planned * self.steps, _note(standing))
        if self.folder is not None:
            checkpoint.show(self.folder, {"curves": standing.curves, "planned": standing.planned})

    def _save(self, standing: Standing) -> None:
        if self.folder is None:
            return
        kept = {name: one for name, one in standing.tensors.items() if name.startswith("best.")}
        kept |= {f"now.{name}": one for name, one in self.model.state().items()}
        kept |= {f"mean.{name}": one for name, one in self.mean.values.items()}
        names = {id(parameter): name for name, parameter in self.model.learnt.items()}
        for parameter, facts in self.optimiser.state.items():
            kept |= {
                f"opt.{key}.{names[id(parameter)]}": _tensor(value) for key, value in facts.items() if value is not None
            }
        standing.tensors = kept
        checkpoint.save(self.folder, standing)

    def _take(self, standing: Standing) -> None:
        """Go on from where a checkpoint stands."""
        tensors = standing.tensors
        self.model.put({name[4:]: one for name, one in tensors.items() if name.startswith("now.")})
        self.mean.values = {
            name[5:]: one.to(self.model.device) for name, one in tensors.items() if name.startswith("mean.")
        }
        for name, one in tensors.items():
            if name.startswith("opt."):
                _, key, learnt = name.split(".", 2)
                state = self.optimiser.state[self.model.learnt[learnt]]
                state[key] = one if key == "step" else one.to(self.model.device)


def _tensor(value: Any) -> torch.Tensor:
    import torch

    return value if isinstance(value, torch.Tensor) else torch.tensor(value)


def _note(standing: Standing) -> str:
    if not standing.curves:
        return ""
    best = standing.curves[standing.best_epoch + 1]["validation_accuracy"]
    return f"epoch {standing.epoch + 1} of {standing.planned}, best so far {best:.1%}"
