"""Networks in the form that OpenVINO reads, made from torch once and kept on this machine."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core import places
from embedding_core.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.encoders.base import EncoderCard
    from embedding_core.encoders.torch_runtime import Network

_REVISION = 1  # raised when the same card is converted in another way


@dataclass(frozen=True, eq=False)
class Converted:
    """A network as OpenVINO reads it, and its classifier, if it has one."""

    card: EncoderCard
    model: Any  # openvino.Model: (b, 3, s, s) uint8 to (b, dim) float32, b free
    weight: NDArray[np.float32] | None  # (classes, dim)
    bias: NDArray[np.float32] | None  # (classes,)
    names: Sequence[str]


def installed() -> bool:
    """Whether OpenVINO is installed. Does not import it."""
    return find_spec("openvino") is not None


def openvino() -> Any:
    """The package, without its telemetry: by default its import reports to its maker and keeps an identity at home.

    Where the package for that is missing, OpenVINO has a stub of its own in its place.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as package

    return package


def convert(network: Network) -> Converted:
    """Trace a network of torch, its normalisation included."""
    import torch

    from embedding_core.encoders.torch_runtime import normalisation

    side = network.card.input_size
    scale, shift = normalisation(network.card)

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network.module  # so that its weights are found

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = network.features(pixels.float() * scale + shift)
            return found

    # Two different images, so that a trace cannot take the number of images for a constant; a trace of ordinary
    # tensors, since those of inference mode cannot be traced.
    example = torch.arange(2 * 3 * side * side).remainder(251).to(torch.uint8).view(2, 3, side, side)
    ov = openvino()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch speaks of other ways to trace, networks of shapes that are constant
        model = ov.convert_model(Whole().eval(), example_input=example, input=[ov.PartialShape([-1, 3, side, side])])
    head: Any = network.head
    if head is None:
        return Converted(network.card, model, None, None, ())
    weight, bias = (part.detach().numpy().copy() for part in (head.weight, head.bias))
    return Converted(network.card, model, weight, bias, network.names)


def folder(card: EncoderCard) -> Path:
    """Where the network of a card is kept, and what belongs to it. Another OpenVINO reads another one."""
    key = fingerprint("network", _REVISION, card.fingerprint, openvino=version("openvino"))
    return places.cache() / "networks" / f"{card.id}-{key[:16]}"


def keep(converted: Converted) -> None:
    """Keep a network for the next process, whole or not at all. A cache that cannot be written costs time, no more."""
    home = folder(converted.card)
    with suppress(OSError):
        home.parent.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(dir=home.parent, prefix=".making-"))
        try:
            openvino().save_model(converted.model, made / "network.xml", compress_to_fp16=False)
            if converted.weight is not None and converted.bias is not None:
                np.savez(made / "head.npz", weight=converted.weight, bias=converted.bias)
                (made / "names.json").write_text(json.dumps(list(converted.names)), encoding="utf-8")
            made.rename(home)  # fails when another process was first: its network is the same
        finally:
            shutil.rmtree(made, ignore_errors=True)


def kept(card: EncoderCard) -> Converted | None:
    """The network of a card, if it is kept here and can be read."""
    home = folder(card)
    if not (home / "network.xml").is_file():
        return None
    try:
        model = openvino().Core().read_model(home / "network.xml")
        if not card.has_categories:
            return Converted(card, model, None, None, ())
        with np.load(home / "head.npz", allow_pickle=False) as head:
            names = json.loads((home / "names.json").read_text(encoding="utf-8"))
            return Converted(card, model, head["weight"], head["bias"], names)
    except (OSError, ValueError, KeyError, RuntimeError):  # damaged: made again
        shutil.rmtree(home, ignore_errors=True)
        return None
