"""Perceptual hashes: what leaves them alone, and how they follow a picture that is turned."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from embedding_core import places
from embedding_core.errors import InvalidInput
from embedding_core.images import decode
from embedding_core.quality import hashing
from embedding_core.quality.hashing import SYMMETRIES, Symmetry


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), np.float32)


def pictures(count: int = 40) -> list[Image.Image]:
    files = sorted(places.SAMPLE.glob("*/*.webp"))
    return [decode(one.read_bytes()).image for one in files[:: len(files) // count]]


@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=lambda one: one.name)
def test_the_hash_of_a_turned_picture_follows_from_its_own(symmetry: Symmetry) -> None:
    greys = np.random.default_rng(3).random((50, 32, 32))
    expected = hashing.perceptual_hashes(np.stack([symmetry.applied(one) for one in greys]))
    # A coefficient next to nothing may fall on either side of nothing.
    assert hashing.hamming(hashing.turned(hashing.perceptual_hashes(greys), symmetry), expected).max() <= 1


def test_the_eight_symmetries_are_eight_and_named_by_what_is_seen() -> None:
    picture = np.arange(6).reshape(2, 3)
    turns = {one.name: one.applied(picture).tolist() for one in SYMMETRIES}
    assert turns["turned by 90°"] == np.rot90(picture, -1).tolist(), "clockwise"
    assert turns["turned by 270°"] == np.rot90(picture).tolist()
    assert turns["mirrored and turned by 90°"] == np.rot90(picture[:, ::-1], -1).tolist()
    assert len({str(one) for one in turns.values()}) == 8
    assert {one.name for one in SYMMETRIES if one.mirrors} == {name for name in turns if "mirrored" in name}


def test_compression_size_and_light_change_few_bits_and_other_pictures_half() -> None:
    hashes, altered = [], []
    for image in pictures():
        hashes.append(hashing.perceptual_hash(grey(image)))
        small = image.resize((image.width * 2 // 3, image.height * 2 // 3)).point(lambda value: int(value * 0.85))
        file = io.BytesIO()
        small.save(file, "JPEG", quality=30)
        altered.append(hashing.perceptual_hash(grey(Image.open(file))))
    distances = hashing.hamming(np.array(hashes, np.uint64)[:, None], np.array(altered, np.uint64))
    same = np.eye(len(hashes), dtype=bool)
    assert np.median(distances[same]) <= 4
    assert np.median(distances[~same]) >= 20


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1), st.sampled_from(SYMMETRIES))
def test_turning_keeps_distances_and_mirroring_twice_is_nothing(values: list[int], symmetry: Symmetry) -> None:
    hashes = np.array(values, np.uint64)
    turned = hashing.turned(hashes, symmetry)
    assert (hashing.hamming(turned[0], turned) == hashing.hamming(hashes[0], hashes)).all()
    if not symmetry.transposed or symmetry.across == symmetry.down:
        assert (hashing.turned(turned, symmetry) == hashes).all()


def test_distances_are_counts_of_bits() -> None:
    assert hashing.hamming([0, 5, 2**64 - 1], [0, 6, 0]).tolist() == [0, 2, 64]
    assert hashing.perceptual_hash(np.full((32, 32), 180.0)) == 0, "an even picture has no signs"


def test_another_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match="32"):
        hashing.perceptual_hashes(np.zeros((32, 32)))
