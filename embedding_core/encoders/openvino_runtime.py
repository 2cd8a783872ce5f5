"""Networks run by OpenVINO: on processors three times as fast as torch, and loaded without it."""

from __future__ import annotations

import queue
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedding_core.encoders.base import checked_batch, network_input, top
from embedding_core.encoders.converted import openvino
from embedding_core.encoders.devices import cores
from embedding_core.errors import InvalidVectors

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from embedding_core.encoders.converted import Converted

Hint = Literal["THROUGHPUT", "LATENCY"]  # OpenVINO's: many passes at once on a core each, or one on all cores


class OpenVinoEncoder:
    """A converted network behind the `Encoder` protocol, on the CPU."""

    def __init__(
        self,
        converted: Converted,
        *,
        batch: int = 1,
        hint: Hint = "THROUGHPUT",
        bf16: bool = False,
        cache: Path | None = None,
    ) -> None:
        """`batch` images a pass. `cache` is a folder in which OpenVINO keeps what it compiles."""
        ov = openvino()
        self.card = converted.card
        self.batch = batch
        self.device = "cpu openvino bf16" if bf16 else "cpu openvino"
        self._converted = converted
        model = converted.model.clone()
        model.reshape(ov.PartialShape([batch, 3, self.card.input_size, self.card.input_size]))
        settings = {
            "PERFORMANCE_HINT": hint,
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
            "INFERENCE_NUM_THREADS": cores(),
            "ENABLE_CPU_PINNING": False,  # decoding runs beside it, and goes where there is room
        }
        if cache is not None:
            settings["CACHE_DIR"] = str(cache)
        compiled = ov.Core().compile_model(model, "CPU", settings)
        self.lanes = 2 * int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(self.lanes):
            self._idle.put(compiled.create_infer_request())
        # The first call makes OpenVINO's bindings look up numpy: one thread waits for it with Python's lock in hand,
        # the other for that lock. So no two threads may make the first call.
        self.encode(np.zeros((1, 3, self.card.input_size, self.card.input_size), np.uint8))

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """One RGB image as (3, s, s) uint8; normalisation is part of the network."""
        return network_input(image, self.card.preprocessing)

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Vectors (b, dim) of a batch (b, 3, s, s) of values from 0 to 255. Raises `InvalidInput` for other shapes.

        Values that are not whole are rounded: pixels are bytes.
        """
        pixels = checked_batch(batch, self.card)
        if pixels.dtype != np.uint8:
            pixels = np.rint(pixels).clip(0, 255).astype(np.uint8)
        vectors = np.empty((len(pixels), self.card.dim), np.float32)
        under_way: deque[tuple[int, Any]] = deque()
        for start in range(0, len(pixels), self.batch):
            if under_way and self._idle.empty():
                self._finish(*under_way.popleft(), vectors)
            request = self._idle.get()
            part = pixels[start : start + self.batch]
            if len(part) < self.batch:
                part = np.concatenate([part, np.zeros((self.batch - len(part), *part.shape[1:]), np.uint8)])
            request.start_async({0: np.ascontiguousarray(part)}, share_inputs=True)
            under_way.append((start, request))
        while under_way:
            self._finish(*under_way.popleft(), vectors)
        return vectors

    def categories(self, vectors: NDArray[np.float32]) -> list[list[tuple[str, float]]] | None:
        """What the classifier sees in each of `vectors` (m, dim), likeliest first. Raises `InvalidVectors`."""
        weight, bias = self._converted.weight, self._converted.bias
        if weight is None or bias is None:
            return None
        if vectors.ndim != 2 or vectors.shape[1] != self.card.dim:
            raise InvalidVectors(f"{self.card.id} has vectors of shape (m, {self.card.dim}), not {vectors.shape}.")
        logits = vectors.astype(np.float32) @ weight.T + bias
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return top(shares / shares.sum(axis=1, keepdims=True), self._converted.names)

    def _finish(self, start: int, request: Any, vectors: NDArray[np.float32]) -> None:
        try:
            request.wait()
            into = vectors[start : start + self.batch]
            into[:] = request.get_output_tensor(0).data[: len(into)]
        finally:
            self._idle.put(request)
