"""A map of any size: Gaussian blobs of different weight and density, some noise, and who is whose neighbour.

Everything follows from the number of points and the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

CLASSES = 50
BLOBS = 90
NOISE = 0.03  # share of points that belong to no blob
MISLABELLED = 0.04  # share of points with a label drawn at random
RADIUS = 10.0  # of the disc that blobs lie in
DIM = 8  # of the vectors

_BLOCK = 100_000  # rows that similarities are computed for at once


@dataclass(frozen=True, eq=False, slots=True)
class Scatter:
    """n points, drawn from blobs that each belong to one class."""

    points: NDArray[np.float32]  # (n, 2)
    codes: NDArray[np.uint8]  # (n,) class of each point, 0 the largest
    blobs: NDArray[np.int32]  # (n,) blob of each point, 0 the largest; -1 is noise
    vectors: NDArray[np.float32]  # (n, DIM) whose cosine neighbours are nearly those on the map


def scatter(n: int, seed: int = 0) -> Scatter:
    """`n` points, in no particular order. Half of the classes have one blob, the others several."""
    random = np.random.default_rng(seed)
    weights = random.pareto(1.6, BLOBS) + 0.15
    weights = np.sort(weights / weights.sum())[::-1]
    # A sunflower's seeds: blobs spread evenly, so that any region of the map holds its share of points.
    turn = np.arange(BLOBS) * np.pi * (3 - np.sqrt(5))
    away = RADIUS * np.sqrt((np.arange(BLOBS) + 0.5) / BLOBS)
    seats = np.stack([away * np.cos(turn), away * np.sin(turn)], axis=1)[random.permutation(BLOBS)]
    spread = random.uniform(0.12, 0.9, BLOBS)
    depth = random.uniform(0.0, 0.06, BLOBS)  # a direction that the map loses: deep blobs are not to be trusted
    blobs = random.choice(BLOBS, size=n, p=weights).astype(np.int32)
    points = (
        seats[blobs] + random.normal(size=(n, 2)) * spread[blobs, None] * random.uniform(0.5, 1.0, (BLOBS, 2))[blobs]
    )
    deep = random.normal(size=n) * depth[blobs]
    stray = random.random(n) < NOISE
    angle, far = random.uniform(0, 2 * np.pi, n), RADIUS * 1.15 * np.sqrt(random.random(n))
    points[stray] = np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)[stray]
    owners = np.concatenate([np.arange(CLASSES), random.integers(0, CLASSES // 2, BLOBS - CLASSES)])
    codes = owners[blobs]
    wrong = random.random(n) < MISLABELLED
    codes[wrong | stray] = random.integers(0, CLASSES, int((wrong | stray).sum()))
    _, codes = _by_size(codes, CLASSES)
    blobs[stray] = -1
    vectors = np.zeros((n, DIM), np.float32)
    vectors[:, :2], vectors[:, 2], vectors[:, 3] = points, deep, 2 * RADIUS
    return Scatter(points.astype(np.float32), codes.astype(np.uint8), blobs, vectors)


def neighbours(one: Scatter, k: int = 15) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows (n, k) of the nearest others by the directions that the vectors vary in, and their cosine similarity."""
    n = len(one.points)
    tree = cKDTree(one.vectors[:, :3], balanced_tree=False, compact_nodes=False)
    rows = np.empty((n, k), np.int32)
    similarity = np.empty((n, k), np.float32)
    unit = one.vectors / np.linalg.norm(one.vectors, axis=1, keepdims=True)
    for start in range(0, n, _BLOCK):
        stop = min(n, start + _BLOCK)
        near = tree.query(one.vectors[start:stop, :3], k=k + 1, workers=-1)[1]
        itself = near == np.arange(start, stop)[:, None]
        itself[~itself.any(axis=1), -1] = True
        near = near[~itself].reshape(-1, k)
        alike = np.einsum("nd,nkd->nk", unit[start:stop], unit[near])
        order = np.argsort(-alike, axis=1, kind="stable")
        rows[start:stop] = np.take_along_axis(near, order, axis=1)
        similarity[start:stop] = np.take_along_axis(alike, order, axis=1).clip(-1, 1)
    return rows, similarity


def _by_size(codes: NDArray[np.integer], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sizes, falling, and codes numbered accordingly."""
    sizes = np.bincount(codes, minlength=count)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    return sizes[order], rank[codes]
