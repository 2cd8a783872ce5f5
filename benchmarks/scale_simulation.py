"""Where embedding on a cluster stops scaling: a simulation by events, from unit costs that were measured here.

    bucket ─► readers share its bandwidth ─► workers, a block at a time ─► the driver, block after block ─► commit

`benchmarks/cluster.py` measures the costs with one worker; what is simulated for one and two is checked against what
was measured (`tests/core/test_scale.py`). What this machine cannot measure, a faster worker or a network, is an
assumption that is named. `python -m benchmarks.scale_simulation` prints the tables of docs/scale.md.
"""

from __future__ import annotations

import heapq
import json
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.report import RESULTS, Table
from embedding_core.engines.graph import partitions

UNITS = RESULTS / "units" / "cluster.json"  # as `benchmarks/cluster.py` measured them
MILLION, BILLION = 10**6, 10**9
LARGEST_DATASET = 50 * MILLION  # images: what a driver of 32 GB lists, at some 500 bytes each
AHEAD = 2  # blocks read for each worker before it has taken them
PROBED = 0.04  # share of the partitions that a row is compared with: an assumption, it depends on the data
TITLES = {
    "datasets": "datasets",
    "originals_gb": "originals, GB",
    "rows_gb": "rows with thumbnails, GB",
    "vectors_gb": "vectors of 1,280 numbers, GB",
    "neighbours_gb": "30 neighbours each, GB",
    "embed_hours": "embedding, hours",
    "partitions": "partitions of a dataset",
    "graph_hours": "graph, hours",
}


@dataclass(frozen=True)
class Costs:
    """Seconds and bytes of one image or block."""

    start: float  # until Ray is there
    boot: float  # until a worker has its model
    compute: float  # of a worker for an image
    other: float  # CPU seconds of everything else for an image
    keep: float  # of the driver for a block, one after the other
    piece: float  # of the driver for a block in the one commit
    commit: float  # of the driver for the commit itself
    image_bytes: float  # read
    pair: float  # CPU seconds to compare two vectors


@dataclass(frozen=True)
class Cluster:
    workers: int
    cores: float  # of all machines
    bandwidth: float  # bytes a second from the bucket, of all machines


@dataclass(frozen=True)
class Outcome:
    seconds: float
    steady: float  # images a second between the first block and the last
    limit: str  # what holds it up: workers, bandwidth or driver


def measured(units: dict[str, Any] | None = None) -> Costs:
    """The costs that the run with one worker had."""
    found = units or json.loads(UNITS.read_text(encoding="utf-8"))
    one = found["runs"][0]
    compute = one["rest"] / (one["images"] - one["block"])
    boot = max(0.0, one["first"] - one["block"] * compute)
    # What everything else spends on images, in the time that workers do: the rest of its CPU time is starting.
    spent = found["cpu"]
    other = compute * spent["others"] / (spent["workers"] + spent["others"])
    driver = found["driver"]
    pieces = -(-one["images"] // one["block"])
    commit = max(0.0, one["commit"] - pieces * driver["piece"])
    return Costs(one["start"], boot, compute, other, driver["keep"], driver["piece"], commit, 100_000, driver["pair"])


def simulate(costs: Costs, cluster: Cluster, images: int, block: int) -> Outcome:
    """Embed `images` in blocks. Deterministic."""
    blocks = -(-images // block)
    # Where there are more busy processes than cores, all of them are slower.
    slower = max(1.0, cluster.workers * (costs.compute + costs.other) / (costs.compute * cluster.cores))
    busy = block * costs.compute * slower
    transfer = block * costs.image_bytes / cluster.bandwidth
    free = [costs.start + costs.boot] * min(cluster.workers, blocks)
    heapq.heapify(free)
    read, driver, first = costs.start, costs.start, 0.0
    taken: deque[float] = deque([costs.start] * (AHEAD * cluster.workers))  # when a block made room for another
    for _ in range(blocks):
        read = max(read, taken.popleft()) + transfer
        worker = heapq.heappop(free)
        taken.append(max(worker, read))
        done = max(worker, read) + busy
        heapq.heappush(free, done)
        driver = max(driver, done) + costs.keep
        first = first or driver
    steady = (images - block) / (driver - first) if blocks > 1 else images / busy
    rates = {
        "workers": cluster.workers / (costs.compute * slower),
        "bandwidth": cluster.bandwidth / costs.image_bytes,
        "driver": block / costs.keep,
    }
    return Outcome(driver + costs.commit + blocks * costs.piece, steady, min(rates, key=lambda name: rates[name]))


def knee(costs: Costs, bandwidth: float, block: int) -> int:
    """How many workers the bucket or the driver can feed; more are idle."""
    return int(min(bandwidth / costs.image_bytes, block / costs.keep) * costs.compute)


def scaling(costs: Costs, images: int = 10 * MILLION, block: int = 4096, bandwidth: float = 1.25e9) -> Table:
    """By workers, each with a core of its own and a quarter for readers; 1.25 GB/s is 10 Gbit/s."""
    table = Table("Where it stops", ("workers", "images/s", "of ideal", "hours", "limit"))
    alone = 1 / costs.compute
    for workers in (1, 8, 64, 256, 512, 1024):
        found = simulate(costs, Cluster(workers, workers * 1.25 * 8, bandwidth), images, block)
        share = found.steady / (workers * alone)
        table.add(str(workers), f"{found.steady:,.0f}", f"{share:.0%}", f"{found.seconds / 3600:.1f}", found.limit)
    return table


def plan(costs: Costs, sizes: dict[str, int], images: int, workers: int) -> dict[str, float]:
    """Storage in GB and times in hours for so many images, in datasets of `LARGEST_DATASET` at most."""
    datasets = -(-images // LARGEST_DATASET)
    each = images // datasets
    cluster = Cluster(workers, workers * 10.0, workers / 8 * 1.25e9)
    embedding = simulate(costs, cluster, each, 4096).seconds * datasets
    compared = each * (each * PROBED)
    graph = datasets * compared * costs.pair / (workers * 1.0)
    return {
        "datasets": datasets,
        "originals_gb": images * costs.image_bytes / 1e9,
        "rows_gb": images * sizes["row"] / 1e9,
        "vectors_gb": images * sizes["vector"] / 1e9,
        "neighbours_gb": images * 30 * 12 / 1e9,
        "embed_hours": embedding / 3600,
        "partitions": partitions(each),
        "graph_hours": graph / 3600,
    }


def run() -> Table:
    units = json.loads(UNITS.read_text(encoding="utf-8"))
    return scaling(measured(units))


def planned() -> Table:
    """The plans of docs/scale.md: 64 workers for ten million, 512 for a billion."""
    units = json.loads(UNITS.read_text(encoding="utf-8"))
    costs = measured(units)
    table = Table("Plans", ("what", "10 M images, 64 workers", "1 B images, 512 workers"))
    small, large = plan(costs, units["sizes"], 10 * MILLION, 64), plan(costs, units["sizes"], BILLION, 512)
    for name, title in TITLES.items():
        table.add(title, f"{small[name]:,.1f}", f"{large[name]:,.1f}")
    return table


def with_worker_rate(costs: Costs, images_per_second: float) -> Costs:
    """The same with another worker, such as a share of a GPU: an assumption, not a measurement."""
    return replace(costs, compute=1 / images_per_second, other=0.25 / images_per_second)


if __name__ == "__main__":
    for shown in (run(), planned()):
        print(shown.markdown())
