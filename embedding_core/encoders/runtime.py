"""How a torch network is run: which device, which precision, which memory layout. The seam for other runtimes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard, network_input, top
from embedding_core.errors import InvalidInput

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
    """Whether this processor multiplies bfloat16 itself. Without that, bf16 is slower than float32, not faster."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return any(f" {flag}" in flags for flag in ("avx512_bf16", "amx_bf16"))


class TorchEncoder:
    """A network of torch behind the `Encoder` protocol.

    bfloat16 is used where the device computes in it and a trial at loading finds a cosine to float32 of at least 0.999;
    vectors come back as float32.
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
        """`features` maps a normalised batch (b, 3, s, s) to (b, dim); `head` maps that to logits."""
        import torch

        place = device or best_device()
        if place not in DEVICES:
            raise InvalidInput(f"A device is one of {', '.join(DEVICES)}, not {place!r}.")
        if bf16 is None:
            bf16 = cpu_has_bf16() if place == "cpu" else place == "cuda" and torch.cuda.is_bf16_supported()
        self.card = card
        self.module = module.eval().to(place).to(memory_format=torch.channels_last)
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
        self._place = place
        self._features = features
        self._head = head
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
        return network_input(image, self.card.preprocessing)

    def normalised(self, batch: NDArray[Any]) -> torch.Tensor:
        """The float32 tensor (b, 3, s, s) that the network sees."""
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(batch)).to(self._place)
        return (pixels.float() * self._scale + self._shift).contiguous(memory_format=torch.channels_last)

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        if not len(batch):
            return np.empty((0, self.card.dim), dtype=np.float32)
        return self._run(batch, self._bf16)

    def _run(self, batch: NDArray[Any], bf16: bool) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode(), torch.autocast(self._place, torch.bfloat16, enabled=bf16):
            vectors = self._features(self.normalised(batch))
        found: NDArray[np.float32] = vectors.float().cpu().numpy()
        return found

    def _agrees(self) -> bool:
        """Whether bfloat16 gives the vectors of float32 on a trial picture: smooth colours with edges in them."""
        side = self.card.input_size
        y, x = np.mgrid[0:side, 0:side]
        picture = np.stack([x * 255 // side, y * 255 // side, ((x // 24 + y // 24) % 2) * 200]).astype(np.uint8)
        exact, fast = (self._run(picture[None], bf16)[0].astype(np.float64) for bf16 in (False, True))
        return bool(exact @ fast >= AGREEMENT * np.linalg.norm(exact) * np.linalg.norm(fast))

    def categories(self, vectors: NDArray[np.float32]) -> list[list[tuple[str, float]]] | None:
        import torch

        if self._head is None:
            return None
        with torch.inference_mode():
            logits = self._head(torch.from_numpy(np.array(vectors, dtype=np.float32)).to(self._place))
            return top(logits.float().softmax(1).cpu().numpy(), self._names)


def imagenet_names() -> list[str]:
    """The 1,000 category names, in the order of ImageNet heads."""
    from torchvision.models import ResNet18_Weights

    names: list[str] = ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    return names
