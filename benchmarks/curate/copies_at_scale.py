"""Duplicates among very many images, from candidates to what is kept and read again, on pictures that a seed draws.

python -m benchmarks.curate.copies_at_scale --images 1000000 --copies 10000

Each picture is drawn when it is asked for, from its number, so that a million of them take no room. The neighbours are
drawn by chance; what is planted has its original nearest to it, but for turned copies, of which a graph of photographs
knows few: those are found by their hashes or not at all. How well a graph finds neighbours is measured elsewhere.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from embedding_core.derived.kept import read_kept
from embedding_core.fingerprint import fingerprint
from embedding_core.neighbours import NeighbourGraph
from embedding_core.quality.duplicates import DuplicatesFound
from embedding_core.quality.duplicates.finding import Pictures, find
from embedding_core.quality.hashing import SIDE, perceptual_hashes
from embedding_core.workspace import Workspace

GRID = 8  # patches of colour on a side
WIDTH, HEIGHT = 64, 48  # pixels
KINDS = ("recompressed", "resized", "recoloured", "cropped", "mirrored", "turned")
K = 10  # neighbours
FAR, NEAR = 0.7, 0.85  # cosine that no two pictures reach by chance, and that a copy has to its original
_AT_ONCE = 10_000
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Planted:
    """Pictures 0 … n - 1 are originals; those from n on are copies of some of them, the kinds taking turns."""

    originals: int
    sources: NDArray[np.int64]  # (c,)

    @property
    def n(self) -> int:
        return self.originals + len(self.sources)

    def source(self, number: int) -> int:
        return number if number < self.originals else int(self.sources[number - self.originals])

    def kind(self, number: int) -> str | None:
        return None if number < self.originals else KINDS[(number - self.originals) % len(KINDS)]

    def picture(self, number: int) -> NDArray[np.uint8]:
        """(height, width, 3)"""
        grid = _noise(np.array([self.source(number)]))[0]
        return self._altered(cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), self.kind(number))

    @staticmethod
    def _altered(picture: NDArray[np.uint8], kind: str | None) -> NDArray[np.uint8]:
        if kind == "resized":
            return np.asarray(cv2.resize(picture, (WIDTH * 3 // 4, HEIGHT * 3 // 4), interpolation=cv2.INTER_AREA))
        if kind == "recoloured":
            return np.asarray(cv2.convertScaleAbs(picture, alpha=0.85))
        if kind == "cropped":
            return picture[2 : HEIGHT - 2, 3 : WIDTH - 3]
        if kind == "mirrored":
            return picture[:, ::-1]
        return np.rot90(picture, -1) if kind == "turned" else picture

    def read(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        return {int(number): self._file(int(number)) for number in numbers}

    def _file(self, number: int) -> bytes:
        quality = 30 if self.kind(number) == "recompressed" else 90
        colours = np.ascontiguousarray(self.picture(number)[..., ::-1])
        return bytes(cv2.imencode(".jpg", colours, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def planted(n: int, copies: int, seed: int = 0) -> Planted:
    originals = n - copies
    return Planted(originals, np.random.default_rng(seed).choice(originals, copies, replace=False))


def pictures(made: Planted) -> Pictures:
    """With the hashes that these pictures have; files are not asked how long they are."""
    hashes = np.concatenate([_hashes(made, start) for start in range(0, made.n, _AT_ONCE)])
    numbers = np.arange(made.n)
    sizes = np.array([[WIDTH, HEIGHT]] * made.n, np.int32)
    for row in range(made.originals, made.n):
        sizes[row] = made.picture(row).shape[1::-1]
    return Pictures(
        numbers,
        numbers.astype(np.uint64) * _ODD,
        sizes[:, 0],
        sizes[:, 1],
        np.full(made.n, 2_000, np.int64),
        hashes,
        np.full(made.n, 90, np.float32),
        made.read,
        made.read,
    )


def graph(made: Planted, seed: int = 1) -> NeighbourGraph:
    chance = np.random.default_rng(seed)
    rows = chance.integers(0, made.n, (made.n, K), np.int32)
    similarity = np.ascontiguousarray(np.sort(FAR * chance.random((made.n, K), np.float32), axis=1)[:, ::-1])
    copies = np.array([row for row in range(made.originals, made.n) if made.kind(row) != "turned"])
    sources = made.sources[copies - made.originals]
    for one, other in ((copies, sources), (sources, copies)):
        rows[one, 0], similarity[one, 0] = other, NEAR
    return NeighbourGraph(rows, similarity)


def measured(n: int, copies: int) -> None:
    made = planted(n, copies)
    print(f"{n:,} pictures of {WIDTH} × {HEIGHT} pixels, {copies:,} of them copies", flush=True)
    with _Timed("draw them and take their hashes"):
        given = pictures(made)
    with _Timed("draw neighbours"):
        near = graph(made)
    before = _peak()
    with _Timed("candidates and looks at pixels"):
        found = find(given, near)
    with _Timed("groups"):
        groups = found.groups
    with _Timed("what to keep, and cases"):
        cases = found.cases()
    with tempfile.TemporaryDirectory() as scratch:
        workspace, key = Workspace.open(scratch), fingerprint("copies at scale", n, copies)
        arrays, facts = found.arrays(), {"asked": {}, "facts": found.facts()}
        with _Timed("store"):
            workspace.results.put(
                key, kind="duplicates", dataset="drawn", parent=key, arrays=arrays, parameters=facts, seconds=0.0
            )
        with _Timed("read"):
            again = read_kept(workspace, key, DuplicatesFound)
    assert again is not None
    assert (again.found.groups == groups).all()
    _tell(made, found, len(cases))
    print(f"  most memory: {_peak():.2f} GB, before the search {before:.2f} GB")


def _tell(made: Planted, found: DuplicatesFound, cases: int) -> None:
    rows = np.arange(made.originals, made.n)
    together = (found.groups[rows] >= 0) & (found.groups[rows] == found.groups[made.sources])
    print(f"  looked at {found.compared:,} pairs of thumbnails and {found.examined:,} pairs of pictures")
    print(f"  recall of planted copies: {together.mean():.4f} ({together.sum():,} of {len(rows):,})")
    for place, kind in enumerate(KINDS):
        print(f"    {kind:14}{together[place :: len(KINDS)].mean():.4f}")
    shown = np.concatenate([np.arange(made.originals), made.sources])
    right = sum(len(np.unique(shown[members])) == 1 for members in found.copies)
    print(f"  groups that hold one picture alone: {right / max(1, len(found.copies)):.4f} of {len(found.copies):,}")
    print(f"  recall of the look-up by hashes, on a sample: {found.hash_recall:.3f}; cases: {cases:,}")


def _hashes(made: Planted, start: int) -> NDArray[np.uint64]:
    greys = np.empty((min(_AT_ONCE, made.n - start), SIDE, SIDE), np.float32)
    for place in range(len(greys)):
        grey = cv2.cvtColor(np.ascontiguousarray(made.picture(start + place)), cv2.COLOR_RGB2GRAY)
        greys[place] = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return perceptual_hashes(greys)


def _noise(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """(m, GRID, GRID, 3) patches that follow from a number (SplitMix64; Steele, Lea, Flood 2014), coloured faintly."""
    words = GRID * GRID * 3 // 8
    state = (numbers[:, None].astype(np.uint64) * np.uint64(words) + np.arange(1, words + 1, dtype=np.uint64)) * _ODD
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    patches = state.view(np.uint8).reshape(len(numbers), GRID, GRID, 3).astype(np.float32)
    return np.asarray(0.25 * patches + 0.75 * patches[..., :1], np.float32).astype(np.uint8)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


class _Timed:
    """Prints what a stage takes by the clock and of processors."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def __enter__(self) -> None:
        self.begun, self.used = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, used = time.perf_counter() - self.begun, time.process_time() - self.used
        print(f"  {self.stage:34}{wall:8.1f} s{used:8.1f} s of processors", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curate.copies_at_scale", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--copies", type=int, default=10_000)
    asked = parser.parse_args()
    measured(asked.images, asked.copies)


if __name__ == "__main__":
    main()
