"""The fastest way to run a network on this machine that still gives its vectors, found by a trial and remembered.

A GPU, or Apple's, is torch's. On a processor the candidates are OpenVINO and torch, in float32 and, where the processor
has it, in bfloat16, with few images a pass on each core or more on all. Each must agree with torch in float32.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from embedding_core.encoders import converted as networks
from embedding_core.encoders.agreement import AGREEMENT, agreement, trial_pictures
from embedding_core.encoders.devices import best_device, cpu_has_bf16, processor
from embedding_core.encoders.openvino_runtime import Hint, OpenVinoEncoder
from embedding_core.fingerprint import digest
from embedding_core.parallel import in_order

if TYPE_CHECKING:
    from pathlib import Path

    from embedding_core.encoders.base import Encoder, EncoderCard
    from embedding_core.encoders.converted import Converted
    from embedding_core.encoders.torch_runtime import Network

Runtime = Literal["torch", "openvino"]
RUNTIMES: tuple[Runtime, ...] = ("torch", "openvino")

ROUNDS = 3  # of the trial: what disturbs one, disturbs one round of each
TURN = 0.1  # seconds a candidate runs in a round, at least one batch a lane


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a network on a processor."""

    runtime: Runtime
    bf16: bool
    batch: int = 1  # images a pass; torch takes its own
    hint: Hint = "THROUGHPUT"


def fastest(card: EncoderCard, build: Callable[[], Network], *, device: str | None = None) -> Encoder:
    """An encoder of `card` that runs as fast as this machine can. `build` makes the network, and may be slow to."""
    if (device or best_device()) != "cpu" or not networks.installed():
        return _torch(build(), device, bf16=None)
    way = _remembered(card)
    if way is None:
        return _trial(card, build())
    if way.runtime == "torch":
        return _torch(build(), "cpu", bf16=way.bf16)
    known = networks.kept(card)
    if known is None:
        known = networks.convert(build())
        networks.keep(known)
    return _openvino(known, way)


def _trial(card: EncoderCard, network: Network) -> Encoder:
    """The fastest encoder of all candidates that agree with torch in float32; which one it was is kept."""
    # Converted first: a `TorchEncoder` changes the network.
    known = networks.convert(network)
    networks.keep(known)
    exact = _torch(network, "cpu", bf16=False)
    pictures = trial_pictures(card.input_size, count=16)
    vectors = exact.encode(pictures)
    found: dict[Way, Encoder] = {Way("torch", bf16=False): exact}
    for way in candidates():
        tried = _torch(network, "cpu", bf16=True) if way.runtime == "torch" else _openvino(known, way, keep=False)
        if agreement(vectors, tried.encode(pictures)) >= AGREEMENT:  # also warms it up
            found[way] = tried
    best = dict.fromkeys(found, 0.0)
    for _ in range(ROUNDS):
        for way, encoder in found.items():
            best[way] = max(best[way], _images_per_second(encoder, pictures))
    chosen = max(best, key=lambda way: best[way])
    _remember(card, chosen, {f"{way}": round(speed, 1) for way, speed in best.items()})
    return found[chosen] if chosen.runtime == "torch" else _openvino(known, chosen)


def candidates() -> list[Way]:
    """What is tried on this processor besides torch in float32."""
    precisions = (False, True) if cpu_has_bf16() else (False,)
    ways = [Way("torch", bf16=True)] if cpu_has_bf16() else []
    for bf16 in precisions:
        ways += [Way("openvino", bf16), Way("openvino", bf16, 4), Way("openvino", bf16, 4, "LATENCY")]
    return ways


def _images_per_second(encoder: Encoder, pictures: NDArray[np.uint8]) -> float:
    """As in earnest: `lanes` calls under way, each with `batch` images."""
    batch = np.resize(pictures, (encoder.batch, *pictures.shape[1:]))
    begun = time.perf_counter()
    done = 0

    def turns() -> Iterator[NDArray[np.uint8]]:
        while done < encoder.lanes or time.perf_counter() - begun < TURN:
            yield batch

    for vectors in in_order(encoder.encode, turns(), workers=encoder.lanes, window=encoder.lanes):
        done += len(vectors)
    return done / (time.perf_counter() - begun)


def _torch(network: Network, device: str | None, *, bf16: bool | None) -> Encoder:
    from embedding_core.encoders.torch_runtime import TorchEncoder

    return TorchEncoder(network, device=device, bf16=bf16)


def _openvino(known: Converted, way: Way, *, keep: bool = True) -> Encoder:
    compiled = networks.folder(known.card) / "compiled" if keep else None
    return OpenVinoEncoder(known, batch=way.batch, hint=way.hint, bf16=way.bf16, cache=compiled)


def _file(card: EncoderCard) -> Path:
    """Where the choice for this processor is kept; other versions choose anew."""
    versions = f"{version('torch')} {processor()}"
    return networks.folder(card) / f"way-{digest(versions.encode())[:16]}.json"


def _remembered(card: EncoderCard) -> Way | None:
    try:
        return Way(**json.loads(_file(card).read_text(encoding="utf-8"))["way"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def measured(card: EncoderCard) -> float | None:
    """Images per second of the way that was found to be the fastest on this processor; None where none was tried."""
    try:
        found = json.loads(_file(card).read_text(encoding="utf-8"))["images_per_second"]
        return float(max(found.values()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(card: EncoderCard, way: Way, speeds: dict[str, float]) -> None:
    """Keep the choice, with the images per second of all that were tried, for whoever wonders."""
    file = _file(card)
    made = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        made.write_text(json.dumps({"way": asdict(way), "images_per_second": speeds}, indent=1), encoding="utf-8")
        made.replace(file)
