"""Networks of torch: how they are made ready, and the encoder that runs one with torch itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core.encoders.agreement import AGREEMENT, agreement, trial_pictures
from embedding_core.encoders.base import EncoderCard, checked_batch, network_input, top
from embedding_core.encoders.devices import best_device, checked_device, cpu_has_bf16
from embedding_core.errors import InvalidVectors

if TYPE_CHECKING:
    import torch
    from PIL import Image

BATCH = 16


@dataclass(frozen=True, eq=False)
class Network:
    """What a family's file builds of a card: the module on the CPU, and how it is asked."""

    card: EncoderCard
    module: torch.nn.Module
    features: Callable[[Any], Any]  # a normalised batch (b, 3, s, s) to (b, dim); runs `module`
    head: torch.nn.Module | None = None  # vectors to logits, one for each of `names`
    names: Sequence[str] = ()


class TorchEncoder:
    """A network run by torch, behind the `Encoder` protocol.

    Convolutions run in channels_last. bfloat16 is used where the device computes in it and a trial at loading finds a
    cosine to float32 of at least 0.999; vectors come back as float32.
    """

    batch = BATCH
    lanes = 1  # a pass uses all of the processor

    def __init__(self, network: Network, *, device: str | None = None, bf16: bool | None = None) -> None:
        """`network.module` is changed in place. `bf16` None means where it is an advantage.

        Raises `InvalidInput` for a device that there is not.
        """
        import torch

        place = checked_device(device or best_device())
        if bf16 is None:
            bf16 = cpu_computes_bf16() if place == "cpu" else place == "cuda" and torch.cuda.is_bf16_supported()
        self.card = network.card
        self.module = frozen(network.module, place)
        self._place = place
        self._features = network.features
        self._head = None if network.head is None else frozen(network.head, place)
        self._names = network.names
        scale, shift = normalisation(self.card)
        self._scale, self._shift = scale.to(place), shift.to(place)
        self._bf16 = bf16 and self._agrees()
        self.device = f"{place} bf16" if self._bf16 else place

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """One RGB image as (3, s, s) uint8, a quarter of the size of floats; the batch is normalised on the device."""
        return network_input(image, self.card.preprocessing)

    def normalised(self, batch: NDArray[Any]) -> torch.Tensor:
        """The float32 tensor (b, 3, s, s) that the network sees, of values from 0 to 255 of any type."""
        import torch

        pixels = torch.from_numpy(np.require(batch, requirements=["C", "W"])).to(self._place)
        return (pixels.float() * self._scale + self._shift).contiguous(memory_format=torch.channels_last)

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Vectors (b, dim) of a batch (b, 3, s, s) of values from 0 to 255. Raises `InvalidInput` for other shapes."""
        if not len(checked_batch(batch, self.card)):
            return np.empty((0, self.card.dim), dtype=np.float32)
        return self._run(batch, self._bf16)

    def categories(self, vectors: NDArray[np.float32]) -> list[list[tuple[str, float]]] | None:
        """What the classifier sees in each of `vectors` (m, dim), likeliest first. Raises `InvalidVectors`."""
        import torch

        if self._head is None:
            return None
        if vectors.ndim != 2 or vectors.shape[1] != self.card.dim:
            raise InvalidVectors(f"{self.card.id} has vectors of shape (m, {self.card.dim}), not {vectors.shape}.")
        with torch.inference_mode():
            logits = self._head(torch.from_numpy(np.array(vectors, dtype=np.float32)).to(self._place))
            return top(logits.float().softmax(1).cpu().numpy(), self._names)

    def _run(self, batch: NDArray[Any], bf16: bool) -> NDArray[np.float32]:
        import torch

        precision = torch.autocast(self._place, torch.bfloat16) if bf16 else nullcontext()
        with torch.inference_mode(), precision:
            vectors = self._features(self.normalised(batch))
        # Transformers return a view of one token, which would keep the tokens of the whole batch in memory.
        found: NDArray[np.float32] = vectors.float().contiguous().cpu().numpy()
        return found

    def _agrees(self) -> bool:
        """Whether bfloat16 gives the vectors of float32 on a trial picture: smooth colours with edges in them."""
        pictures = trial_pictures(self.card.input_size)
        return agreement(*(self._run(pictures, bf16) for bf16 in (False, True))) >= AGREEMENT


def cpu_computes_bf16() -> bool:
    """Whether torch gains from bfloat16 on this processor: it has to be in the processor and in torch's build."""
    import torch

    return cpu_has_bf16() and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def normalisation(card: EncoderCard) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and shift, each (1, 3, 1, 1): (value / 255 - mean) / std as one multiplication and one addition."""
    import torch

    steps = card.preprocessing
    scale = torch.tensor([1 / (255 * std) for std in steps.std]).view(1, 3, 1, 1)
    shift = torch.tensor([-mean / std for mean, std in zip(steps.mean, steps.std, strict=True)]).view(1, 3, 1, 1)
    return scale, shift


def frozen(module: torch.nn.Module, device: str) -> torch.nn.Module:
    """The module made ready to run and not to learn: folded, in channels_last, on `device`. Changes it in place."""
    import torch

    module.eval()
    fold(module)
    return module.requires_grad_(False).to(device).to(memory_format=torch.channels_last)


def fold(module: torch.nn.Module) -> None:
    """Fold each batch normalisation into the convolution declared before it: the same function, less memory traffic.

    Holds for networks that apply the two in the order in which they are declared, as those of torchvision and timm do.
    """
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for child in module.children():
        fold(child)
    for first, second in pairwise([name for name, _ in module.named_children()]):
        convolution, normalisation = getattr(module, first), getattr(module, second)
        if isinstance(convolution, torch.nn.Conv2d) and isinstance(normalisation, torch.nn.BatchNorm2d):
            setattr(module, first, fuse_conv_bn_eval(convolution, normalisation))
            setattr(module, second, getattr(normalisation, "act", torch.nn.Identity()))  # timm's carry an activation


def in_float32(module: torch.nn.Module) -> torch.nn.Module:
    """`module`, made to compute in float32 whatever the rest of its network runs in. Changes it in place."""
    import torch

    inner = module.forward

    def forward(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            found: torch.Tensor = inner(x.float())
        return found

    module.forward = forward
    return module


def in_any_precision(module: torch.nn.Module) -> None:
    """Undo `in_float32` for `module` and all in it, which then compute in whatever their network runs in."""
    for part in module.modules():
        part.__dict__.pop("forward", None)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within, torch's random numbers on the CPU follow from `seed`; afterwards they go on as if nothing had been."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def imagenet_names() -> list[str]:
    """The 1,000 category names, in the order of ImageNet heads."""
    from torchvision.models import ResNet18_Weights

    names: list[str] = ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    return names
