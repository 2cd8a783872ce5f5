"""The trial: only what agrees is chosen, the fastest of that, and once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from embedding_core import places
from embedding_core.encoders import choosing, converted, registry
from embedding_core.encoders.agreement import AGREEMENT, agreement, trial_pictures
from embedding_core.encoders.choosing import Way
from embedding_core.encoders.devices import cpu_has_bf16
from tests.core.tiny_network import CARD, build


class Fake:
    """As fast as told, with vectors that are off by an angle."""

    card = CARD
    batch = lanes = 1

    def __init__(self, way: Way, *, seconds: float, off: float = 0.0) -> None:
        self.way, self.device, self._seconds, self._off = way, str(way), seconds, off

    def encode(self, batch: np.ndarray) -> np.ndarray:
        time.sleep(self._seconds)
        vectors = np.zeros((len(batch), CARD.dim), np.float32)
        vectors[:, 0], vectors[:, 1] = np.cos(self._off), np.sin(self._off)
        return vectors


@pytest.fixture
def trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Way]:
    """Torch is slow, one batch size faster, and the fastest of all is wrong. Returns what has been tried."""
    monkeypatch.setenv("KINDRED_CACHE", str(tmp_path))
    tried: list[Way] = []

    def ran(way: Way) -> Fake:
        tried.append(way)
        return Fake(way, seconds=0.002 if way.batch == 1 else 0.01, off=0.0)

    def wrong(way: Way) -> Fake:
        return Fake(way, seconds=0.0, off=0.1)

    monkeypatch.setattr(choosing, "candidates", lambda: [Way("openvino", bf16=False, batch=b) for b in (4, 1, 16)])
    monkeypatch.setattr(choosing, "_torch", lambda *_, **__: Fake(Way("torch", bf16=False), seconds=0.03))
    monkeypatch.setattr(choosing, "_openvino", lambda _, way, **__: wrong(way) if way.batch == 16 else ran(way))
    monkeypatch.setattr(choosing, "best_device", lambda: "cpu")
    return tried


def test_the_fastest_that_agrees_is_chosen_and_remembered(trials: list[Way]) -> None:
    best = Way("openvino", bf16=False, batch=1)
    chosen: Any = choosing.fastest(CARD, build)
    assert chosen.way == best
    trials.clear()
    again: Any = choosing.fastest(CARD, build)
    assert again.way == best
    assert trials == [best], "nothing is tried a second time"


def test_another_processor_is_tried_anew(trials: list[Way], monkeypatch: pytest.MonkeyPatch) -> None:
    choosing.fastest(CARD, build)
    trials.clear()
    monkeypatch.setattr(choosing, "processor", lambda: "another one")
    choosing.fastest(CARD, build)
    assert len(set(trials)) > 1


@pytest.mark.parametrize("kept", ["", "{}", '{"way": {"runtime": "openvino", "sort": 1}}', "[]", "null"])
def test_a_damaged_note_of_the_choice_means_another_trial(kept: str, trials: list[Way]) -> None:
    choosing.fastest(CARD, build)
    (note,) = converted.folder(CARD).glob("way-*.json")
    assert json.loads(note.read_text())["images_per_second"]
    note.write_text(kept)
    trials.clear()
    choosing.fastest(CARD, build)
    assert len(set(trials)) > 1


def test_trial_pictures_differ_and_repeat() -> None:
    pictures = trial_pictures(64, count=6)
    assert pictures.shape == (6, 3, 64, 64)
    np.testing.assert_array_equal(pictures, trial_pictures(64, count=6))
    assert len({picture.tobytes() for picture in pictures}) == 6


def test_agreement_is_the_least_cosine() -> None:
    one = np.eye(3, dtype=np.float32)
    other = one.copy()
    other[1] = [0, np.cos(0.1), np.sin(0.1)]
    assert agreement(one, 5 * one) == pytest.approx(1)
    assert agreement(one, other) == pytest.approx(np.cos(0.1))


def five_nearest(vectors: np.ndarray, labels: list[str]) -> float:
    """Leave one out, cosine, majority, ties to the nearest: the share that is right."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -np.inf)
    right = 0
    for row, near in enumerate(np.argsort(-similar, axis=1)[:, :5]):
        found = [labels[other] for other in near]
        right += max(found, key=lambda label: (found.count(label), -found.index(label))) == labels[row]
    return right / len(labels)


def test_every_way_that_passes_the_trial_finds_the_same_neighbours() -> None:
    """On the whole sample: as many images among their own kind as with torch in float32, give or take two.

    Which ways pass depends on the processor: bfloat16 is rounded otherwise by each.
    """
    files = sorted(places.SAMPLE.glob("*/*.webp"))
    labels = [file.parent.name for file in files]
    exact = registry.load(registry.DEFAULT, device="cpu", runtime="torch", bf16=False)
    images = (Image.open(file).convert("RGBA") for file in files)
    inputs = np.stack(
        [
            exact.prepare(Image.alpha_composite(Image.new("RGBA", one.size, "white"), one).convert("RGB"))
            for one in images
        ]
    )
    vectors = np.concatenate([exact.encode(inputs[at : at + 16]) for at in range(0, len(inputs), 16)])
    share = five_nearest(vectors, labels)
    assert share > 0.6
    pictures = trial_pictures(exact.card.input_size, count=16)
    passed = []
    for runtime, bf16 in (("openvino", False), ("openvino", True), ("torch", True)):
        if bf16 and not cpu_has_bf16():
            continue
        fast = registry.load(registry.DEFAULT, device="cpu", runtime=runtime, bf16=bf16)  # type: ignore[arg-type]
        if agreement(exact.encode(pictures), fast.encode(pictures)) < AGREEMENT:
            continue
        passed.append((runtime, bf16))
        found = np.concatenate([fast.encode(inputs[at : at + 16]) for at in range(0, len(inputs), 16)])
        assert agreement(vectors, found) >= AGREEMENT, (runtime, bf16)
        assert round(abs(five_nearest(found, labels) - share) * len(labels)) <= 2, (runtime, bf16)
    assert ("openvino", False) in passed, "float32 is float32"
