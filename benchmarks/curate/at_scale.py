"""How long the checks take over many vectors: what of them is not looking at pictures, on groups that a seed made.

python -m benchmarks.curate.at_scale --images 20000 100000 --dim 256
python -m benchmarks.curate.at_scale --images 1000000 --dim 64 --drawn
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic.vectors import clustered
from embedding_core import neighbours
from embedding_core.deciding.queue import Queue
from embedding_core.neighbours import NeighbourGraph
from embedding_core.quality.composition import balance, columns, cover
from embedding_core.quality.drift.finding import finding as drift
from embedding_core.quality.duplicates.candidates import candidates
from embedding_core.quality.labelling import finding as labelling
from embedding_core.quality.labelling import propagation
from embedding_core.quality.labels import finding as label_judging
from embedding_core.quality.labels.found import LabelIssues
from embedding_core.quality.outliers import finding as outliers

CLASSES, WRONG = 20, 0.02
MANY = 30_000  # images above which the graph is not exact
COPIES = 0.02  # of the images, whose hashes differ in up to three bits from another's


@dataclass(frozen=True, eq=False)
class Set:
    """Images without pictures."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    codes: NDArray[np.int32]
    labels: list[str | None]
    hashes: NDArray[np.uint64]


def made(n: int, dim: int) -> Set:
    chance = np.random.default_rng(1)
    vectors = clustered(n, dim)
    codes = (vectors @ chance.normal(size=(dim, CLASSES)).astype(np.float32)).argmax(axis=1).astype(np.int32)
    wrong = chance.choice(n, round(WRONG * n), replace=False)
    codes[wrong] = (codes[wrong] + 1) % CLASSES
    hashes = chance.integers(0, 2**64, n, np.uint64, endpoint=False)
    copies = chance.choice(n, round(COPIES * n), replace=False)
    bits = np.bitwise_or.reduce(np.uint64(1) << chance.integers(0, 64, (len(copies), 3)).astype(np.uint64), axis=1)
    hashes[copies] = hashes[chance.integers(0, n, len(copies))] ^ bits
    return Set(np.arange(n) + 10**9, vectors, codes, [f"class {code:02}" for code in codes.tolist()], hashes)


def by_chance(n: int, k: int = 30) -> NeighbourGraph:
    """Neighbours that are none, in no time."""
    chance = np.random.default_rng(3)
    similarity = np.sort(chance.random((n, k), np.float32), axis=1)[:, ::-1]
    return NeighbourGraph(chance.integers(0, n, (n, k), np.int32), np.ascontiguousarray(similarity))


def measured(n: int, dim: int, *, drawn: bool) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds by check."""
    told: dict[str, tuple[float, float]] = {}

    def timed(name: str, run: Callable[[], Any]) -> Any:
        begun, used = time.perf_counter(), time.process_time()
        found = run()
        told[name] = time.perf_counter() - begun, time.process_time() - used
        print(f"  {name:34}{told[name][0]:8.1f} s{told[name][1]:8.1f} s of processors", flush=True)
        return found

    given = made(n, dim)
    names = tuple(f"class {code:02}" for code in range(CLASSES))
    few = np.where(np.random.default_rng(2).random(n) < 0.05, given.codes, -1)
    graph: NeighbourGraph
    if drawn:
        graph = by_chance(n)
    else:  # by partitions, as that of very many images is; `benchmarks/scale` measures it
        graph = timed("neighbour graph", lambda: neighbours.graph(given.vectors, 30, exact=n <= MANY))
    timed("outliers", lambda: outliers.find_outliers(given.ids, given.vectors, graph, given.labels))
    issues: LabelIssues = timed(
        "label issues", lambda: label_judging.judge_labels(given.ids, given.vectors, graph, given.labels)
    )
    timed(
        "duplicates: candidate pairs",
        lambda: candidates(graph, given.hashes, given.contents, np.arange(n, dtype=np.int32)),
    )
    timed("cover", lambda: cover.cover(given.ids, graph))
    for by in ("typical", "diverse", "uncertain"):
        timed(
            f"next 50: {by}",
            lambda by=by: labelling.choose(given.ids, given.vectors, few, names, graph, 50, by=by),
        )
    timed("propagate", lambda: propagation.propagate(given.ids, graph, few, names))
    half = n // 2
    timed(
        "drift, half against half",
        lambda: drift.drift(given.vectors[:half], given.vectors[half:], given.ids[:half], given.ids[half:]),
    )
    label = columns.Column("label", given.codes, names)
    other = columns.Column("part", (given.codes + np.arange(n, dtype=np.int32)) % 7, tuple("abcdefg"))
    timed("balance", lambda: balance.balance(n, label, [other]))
    cases = timed(
        "cases of the worst 100,000 labels", lambda: [issues.case(int(row)) for row in issues.ranked[:100_000]]
    )
    timed("keys of so many cases", lambda: Queue(cases, None, None)._rows)  # type: ignore[arg-type]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curate.at_scale", description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[100_000])
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--drawn", action="store_true", help="neighbours drawn by chance: times alone mean something")
    asked = parser.parse_args()
    for n in asked.images:
        print(f"{n:,} vectors of {asked.dim} numbers", flush=True)
        measured(n, asked.dim, drawn=asked.drawn)
        print(f"  most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB", flush=True)


if __name__ == "__main__":
    main()
