"""How many images a second an encoder takes on this machine, of this dataset: measured, and remembered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.batching import encoded
from embedding_core.encoders.devices import processor
from embedding_core.errors import ImageRefused
from embedding_core.fingerprint import fingerprint
from embedding_core.images import decode
from embedding_core.parallel import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder, EncoderCard
    from embedding_core.workspace import Dataset, Workspace

KIND = "speed"
SAMPLE = 64  # images, from all over the dataset
ROUNDS = 3  # the best counts: what disturbs one, disturbs one
PATIENCE = 5.0  # seconds after which no further round is begun, and a sample of a slow encoder is cut short


@dataclass(frozen=True, slots=True)
class Speed:
    """From the bytes of a file to its vector, warm; reading and storing are the same for all and left out."""

    images_per_second: float
    images: int  # that were embedded in a round
    device: str
    when: float  # seconds since 1970


def measured_speed(
    workspace: Workspace, dataset: Dataset, card: EncoderCard, load: Callable[[], Encoder], *, again: bool = False
) -> Speed | None:
    """The speed of an encoder here: remembered, else measured with the encoder that `load` gives.

    None where none of the sample can be read.
    """
    known = None if again else read_speed(workspace, dataset, card)
    if known is not None:
        return known
    contents = _sample(dataset)
    if not contents:
        return None
    begun = time.perf_counter()
    found = measure(load(), contents)
    workspace.results.put(
        _key(dataset, card),
        kind=KIND,
        dataset=dataset.uuid,
        parent=card.fingerprint,
        arrays={},
        parameters={
            "images_per_second": found.images_per_second,
            "images": found.images,
            "device": found.device,
            "when": found.when,
        },
        seconds=time.perf_counter() - begun,
    )
    return found


def read_speed(workspace: Workspace, dataset: Dataset, card: EncoderCard) -> Speed | None:
    """What was measured on this machine; None where nothing was."""
    stored = workspace.results.get(_key(dataset, card))
    return None if stored is None else Speed(**stored.parameters)


def measure(encoder: Encoder, contents: Sequence[bytes]) -> Speed:
    """Embed these files, decoding included, several times after a first batch that is not counted."""

    def prepare(data: bytes) -> tuple[None, NDArray[Any]]:
        return None, encoder.prepare(decode(data, side=encoder.card.preprocessing.resize).image)

    def run(files: Sequence[bytes]) -> tuple[int, float]:
        begun, done = time.perf_counter(), 0
        for _ in encoded(encoder, in_order(prepare, files)):
            done += 1
        return done, time.perf_counter() - begun

    few = min(len(contents), max(encoder.batch, 4))
    run(contents[:few])  # what is made on first use is made
    _, seconds = run(contents[:few])
    files = contents[: max(few, min(len(contents), int(few * PATIENCE / max(seconds, 1e-6))))]
    begun, best = time.perf_counter(), 0.0
    for _ in range(ROUNDS):
        done, seconds = run(files)
        best = max(best, done / max(seconds, 1e-6))
        if time.perf_counter() - begun > PATIENCE:
            break
    return Speed(best, len(files), encoder.device, time.time())


def _sample(dataset: Dataset) -> list[bytes]:
    """Files from all over the dataset that can be decoded."""
    ids = dataset.images()["id"].to_numpy()
    some = ids[np.linspace(0, len(ids) - 1, min(SAMPLE, len(ids))).astype(int)]
    found = []
    for data in dataset.contents(some.tolist()).values():
        if isinstance(data, ImageRefused):
            continue
        try:
            decode(data)
        except ImageRefused:
            continue
        found.append(data)
    return found


def _key(dataset: Dataset, card: EncoderCard) -> str:
    return fingerprint(KIND, 1, dataset.uuid, card.fingerprint, processor())
