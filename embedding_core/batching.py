"""Network inputs in, vectors out: in order, in batches, computed ahead of the reader, a bounded number under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedding_core.encoders.base import Encoder

Item = TypeVar("Item")

AHEAD = 32  # items taken before the first of them is handed on, at least; a commit takes as long as that many


@dataclass(slots=True)
class _Batch(Generic[Item]):
    """Items in order; some have an input, whose vectors are on their way once the batch has been sent."""

    items: list[tuple[Item, int | None]] = field(default_factory=list)  # and the row of its input, if it has one
    inputs: list[NDArray[Any]] = field(default_factory=list)
    vectors: Future[NDArray[np.float32]] | None = None

    def handed_on(self) -> Iterator[tuple[Item, NDArray[np.float32] | None]]:
        found = self.vectors.result() if self.vectors is not None else None
        for item, row in self.items:
            yield item, None if row is None or found is None else found[row]


def encoded(
    encoder: Encoder | None, items: Iterable[tuple[Item, NDArray[Any] | None]]
) -> Iterator[tuple[Item, NDArray[np.float32] | None]]:
    """Each item with the vector (dim,) of its network input (3, s, s), or None where it has no input.

    While the reader works on what it was given, the encoder goes on with up to `AHEAD` items. What `items` or the
    encoder raises is raised here.
    """
    if encoder is None:
        yield from ((item, None) for item, _ in items)
        return
    ahead = max(AHEAD, 2 * encoder.lanes * encoder.batch)
    sent: deque[_Batch[Item]] = deque()
    filling: _Batch[Item] = _Batch()
    waiting = 0
    with ThreadPoolExecutor(encoder.lanes, thread_name_prefix="encode") as pool:
        try:
            for item, network_input in items:
                filling.items.append((item, None if network_input is None else len(filling.inputs)))
                if network_input is not None:
                    filling.inputs.append(network_input)
                if len(filling.inputs) < encoder.batch and len(filling.items) < ahead:
                    continue
                _send(filling, encoder, pool)
                sent.append(filling)
                waiting += len(filling.items)
                filling = _Batch()
                while waiting >= ahead:
                    waiting -= len(sent[0].items)
                    yield from sent.popleft().handed_on()
            _send(filling, encoder, pool)
            for batch in (*sent, filling):
                yield from batch.handed_on()
        finally:
            pool.shutdown(cancel_futures=True)


def _send(batch: _Batch[Item], encoder: Encoder, pool: ThreadPoolExecutor) -> None:
    if batch.inputs:
        batch.vectors = pool.submit(encoder.encode, np.stack(batch.inputs))
        batch.inputs = []
