"""How a torch network is run: which device, which precision, which memory layout. The seam for other runtimes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard, network_input, top
from embedding_core.errors import InvalidInput, InvalidVectors

if TYPE_CHECKING:
    import torch
    from PIL import Image

DEVICES = ("cuda", "mps", "cpu")
AGREEMENT = 0.999  # least cosine between a bfloat16 vector and the float32 one


def best_device() -> str:
    """cuda where there is one, else Apple's mps, else cpu."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@cache
def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself (AVX-512 BF16 or AMX). Others emulate it, slower than float32.

    Read from Linux's list of features; false on macOS, and on arm64, where torch's gain from bfloat16 is not measured.
    """
    import torch

    try:
        features = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return False
    built = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    return built and not features.isdisjoint({"avx512_bf16", "amx_bf16"})


class TorchEncoder:
    """A network of torch behind the `Encoder` protocol.

    Convolutions run in channels_last. bfloat16 is used where the device computes in it and a trial at loading finds a
    cosine to float32 of at least 0.999; vectors come back as float32.
    """

    def __init__(
        self,
        card: EncoderCard,
        module: torch.nn.Module,
        features: Callable[[Any], Any],
        *,
        head: torch.nn.Module | None = None,
        names: Sequence[str] = (),
        device: str | None = None,
        bf16: bool | None = None,
    ) -> None:
        """`features` maps a normalised batch (b, 3, s, s) to (b, dim) and runs `module`, which is changed in place.

        `head` maps vectors to logits, one for each of `names`. `bf16` None means where it is an advantage.
        Raises `InvalidInput` for a device that torch does not know or this machine does not have.
        """
        import torch

        place = device or best_device()
        if place not in DEVICES:
            raise InvalidInput(f"A device is one of {', '.join(DEVICES)}, not {place!r}.")
        if place != "cpu" and place != best_device():
            raise InvalidInput(f"This machine has no {place}; its best device is {best_device()}.")
        if bf16 is None:
            bf16 = cpu_has_bf16() if place == "cpu" else place == "cuda" and torch.cuda.is_bf16_supported()
        self.card = card
        self.module = frozen(module, place)
        self._place = place
        self._features = features
        self._head = None if head is None else frozen(head, place)
        self._names = names
        steps = card.preprocessing
        shape = (1, 3, 1, 1)
        # (value / 255 - mean) / std as one multiplication and one addition
        self._scale = torch.tensor([1 / (255 * std) for std in steps.std], device=place).view(shape)
        self._shift = torch.tensor(
            [-mean / std for mean, std in zip(steps.mean, steps.std, strict=True)], device=place
        ).view(shape)
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
        side = self.card.input_size
        if batch.ndim != 4 or batch.shape[1:] != (3, side, side):
            raise InvalidInput(f"{self.card.id} takes batches of shape (b, 3, {side}, {side}), not {batch.shape}.")
        if not len(batch):
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
        side = self.card.input_size
        y, x = np.mgrid[0:side, 0:side]
        picture = np.stack([x * 255 // side, y * 255 // side, ((x // 24 + y // 24) % 2) * 200]).astype(np.uint8)
        exact, fast = (self._run(picture[None], bf16)[0].astype(np.float64) for bf16 in (False, True))
        return bool(exact @ fast >= AGREEMENT * np.linalg.norm(exact) * np.linalg.norm(fast))


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
