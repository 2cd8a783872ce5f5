"""Search for the 50 nearest of one query, against faiss, LanceDB and scikit-learn.

Each runs in a process of its own and they take turns, query by query, so that what disturbs the machine disturbs all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from benchmarks import peers
from benchmarks.report import Bar, Figure, Headline, Report, Table
from benchmarks.search.vectors import mixture, unit
from benchmarks.surroundings import quick

QUERIES, WARM = 60, 5  # queries that count, and others before them
EXACT_BOUND = 1.3  # times faiss's flat index, up to 100,000
INDEX_BOUND, RECALL_BOUND = 15.0, 0.95  # ms and recall@10 of the index at 1,000,000
HERE = Path(__file__).parent
FAISS = ("faiss-cpu", "numpy")
TITLES = {
    "kindred_exact": "Kindred, exact",
    "kindred_index": "Kindred, index",
    "faiss_flat": "faiss flat",
    "faiss_hnsw": "faiss HNSW",
    "faiss_ivf": "faiss IVF",
    "lancedb_flat": "LanceDB flat",
    "lancedb_hnsw": "LanceDB IVF_HNSW_SQ",
    "sklearn_brute": "scikit-learn",
}
SMALL = ("faiss_flat", "kindred_exact", "faiss_hnsw", "sklearn_brute")
SETS = (  # rows, dimensions, who takes part
    (10_000, 1280, SMALL),
    (50_000, 1280, ("faiss_flat", "kindred_exact", "sklearn_brute")),
    (100_000, 1280, (*SMALL, "lancedb_flat", "lancedb_hnsw")),
    (1_000_000, 384, ("faiss_flat", "kindred_index", "faiss_ivf")),  # HNSW takes a quarter of an hour to build
)


@dataclass(slots=True)
class Runner:
    """A contestant's process, what it said of itself, and its answers."""

    name: str
    process: subprocess.Popen[str]
    facts: dict[str, float | str] = field(default_factory=dict)
    ms: list[float] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    memory_mb: float = 0.0

    @property
    def median(self) -> float:
        return float(np.median(self.ms[WARM:]))

    def ask(self, query: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{query}\n")
        self.process.stdin.flush()
        answer = self.heard()
        self.ms.append(answer["ms"])
        self.rows.append(answer["rows"])

    def heard(self) -> dict:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{self.name} ended with {self.process.wait()}")


def run() -> Report:
    report = Report([])
    for n, d, names in SETS[:1] if quick() else SETS:
        _measure(report, n, d, names)
    return report


def _measure(report: Report, n: int, d: int, names: tuple[str, ...]) -> None:
    table = Table(
        f"Search in {n:,} × {d}, one query, k = 50",
        ("", "median, ms", "95th percentile, ms", "times faiss flat", "recall@10", "recall@50", "build, s", "MB"),
        note="A mixture of 2,000 overlapping Gaussians; queries are further draws. Recall is against faiss's flat "
        "index, memory the process's when it is ready, build to the first answer, without reading the vectors.",
    )
    with tempfile.TemporaryDirectory() as folder:
        vectors = unit(mixture(n + QUERIES + WARM, d))
        np.save(f"{folder}/queries.npy", vectors[n:])
        np.save(f"{folder}/vectors.npy", vectors[:n])
        del vectors
        runners: list[Runner] = []
        try:
            runners += (_started(name, Path(folder)) for name in names)  # one builds after the other
            for query in range(WARM + QUERIES):
                for one in runners:
                    one.ask(query)
        finally:
            for one in runners:
                one.process.kill()
                one.process.wait()
    flat, ours = runners[0], next(one for one in runners if one.name.startswith("kindred"))
    for one in runners:
        _add(table, one, flat)
    report.tables.append(table)
    if ours.name == "kindred_exact":
        name = f"{n:,} × {d}: exact, times as long as faiss flat"
        report.bars.append(Bar(name, ours.median / flat.median, EXACT_BOUND, "×"))
    else:
        report.bars.append(Bar(f"{n:,} × {d}: a query through the index", ours.median, INDEX_BOUND, "ms"))
        report.bars.append(Bar(f"{n:,} × {d}: its recall@10", _recall(ours, flat, 10), RECALL_BOUND, least=True))
    ratios = {TITLES[one.name]: one.median / ours.median for one in runners if one is not ours}
    took = [f"{ours.median:.1f} ms", f"recall@10 {_recall(ours, flat, 10):.3f}"]
    report.headlines.append(Headline(f"search: {n:,} × {d}, {TITLES[ours.name]}", ratios, took))


def _started(name: str, folder: Path) -> Runner:
    executable = peers.python(*FAISS) if name.startswith("faiss") else Path(sys.executable)
    threads = str(os.cpu_count())
    process = subprocess.Popen(
        [str(executable), str(HERE / "contestant.py"), name, f"{folder}/vectors.npy", f"{folder}/queries.npy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Threads that spin after their work would disturb whoever is asked next.
        env={**os.environ, "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "passive", "SEARCH_SCRATCH": str(folder)},
    )
    one = Runner(name, process)
    one.facts = one.heard()
    one.memory_mb = psutil.Process(process.pid).memory_info().rss / 2**20
    print(f"    {name}: built in {one.facts['build']:.1f} s", flush=True)
    return one


def _add(table: Table, one: Runner, flat: Runner) -> None:
    title = TITLES[one.name]
    if "partitions" in one.facts:
        title += f" ({one.facts['partitions']} partitions, says recall {one.facts['recall said']:.3f})"
    table.add(
        title,
        one.median,
        float(np.quantile(one.ms[WARM:], 0.95)),
        Figure(one.median / flat.median, "{:.2g}×"),
        *(Figure(_recall(one, flat, k), "{:.3f}") for k in (10, 50)),
        float(one.facts["build"]),
        round(one.memory_mb),
    )


def _recall(one: Runner, flat: Runner, k: int) -> float:
    shares = [len({*mine[:k]} & {*true[:k]}) / k for mine, true in zip(one.rows, flat.rows, strict=True)]
    return float(np.mean(shares[WARM:]))
