"""Every stage from 1,000 images to as many as are asked for: time, memory, and how they grow.

`python -m benchmarks scale --up-to 1000000` goes as far as a million; by default it is 100,000.
"""

from __future__ import annotations

import json
import sys

from benchmarks.outside import Ran, ran
from benchmarks.peers import answer
from benchmarks.report import Cell, Figure, Headline, Report, Table
from benchmarks.scale.fitting import beyond, exponent, last_two
from benchmarks.scale.stages import STAGES, prepare
from benchmarks.surroundings import BENCH, quick, up_to

PLACE = BENCH / "scale"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
USUAL = 100_000
LIMIT = 7_200  # seconds for one stage
NOTE = (
    "Each stage in a process of its own; the clock runs while it works, not while it is started or given its input. "
    "Vectors have 1,280 dimensions: 60 Gaussian groups in 20 of them, seed 0. Stored in commits of 1,024; the graph "
    "has 30 neighbours, KMeans chooses how many groups, search is cosine over all and the median of 5. Images are 500 "
    "photographs, again and again. What is *not measured* is worked out from the two largest sizes that were."
)


def run() -> Report:
    sizes = (500, 2_000) if quick() else tuple(size for size in SIZES if size <= up_to(USUAL))
    PLACE.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        prepare(size, PLACE)
    seconds: dict[str, dict[int, float]] = {name: {} for name in STAGES}
    memory: dict[str, dict[int, tuple[float, float]]] = {name: {} for name in STAGES}
    trouble: dict[tuple[str, int], str] = {}
    for name, stage in STAGES.items():
        for size in sizes:
            if stage.most is not None and size > stage.most:
                continue
            command = [sys.executable, "-m", "benchmarks.scale.one", name, str(size), str(PLACE)]
            done = ran(command, timeout=LIMIT)
            if done.status != 0:
                trouble[name, size] = _why(done)
                print(f"  {name}, {size:,}: {trouble[name, size]}", flush=True)
                continue
            one = answer(done)
            seconds[name][size] = one["seconds"]
            memory[name][size] = (done.peak_mb, done.peak_mb - one["before_mb"])
            print(f"  {name}, {size:,}: {one['seconds']:.3g} s, {done.peak_mb:.0f} MB", flush=True)
    heads = tuple(f"{size:,}" for size in sizes)
    times = Table("Seconds of every stage", ("stage", *heads, "exponent", "of the last two"), note=NOTE)
    peaks = Table(
        "Memory of every stage, MB",
        ("stage", *heads),
        note="Of the process, at most; and how much more that is than when the stage began.",
    )
    for name, stage in STAGES.items():
        cells = [trouble.get((name, size)) or _second(seconds[name], size) for size in sizes]
        times.add(stage.title, *cells, *map(_power, (exponent(seconds[name]), last_two(seconds[name]))))
        peaks.add(stage.title, *[trouble.get((name, size)) or memory[name].get(size) for size in sizes])
    return Report([times, peaks, *_trust(sizes)], headlines=_headlines(seconds, memory))


def _second(measured: dict[int, float], size: int) -> Cell:
    if size in measured:
        return measured[size]
    guessed = beyond(measured, size)
    return None if guessed is None else Figure(guessed, "about {:,.0f}", measured=False)


def _power(found: float | None) -> Cell:
    return None if found is None else Figure(found, "{:.2f}")


def _trust(sizes: tuple[int, ...]) -> list[Table]:
    table = Table("Trustworthiness of the maps", tuple(f"{size:,}" for size in sizes))
    files = [PLACE / f"trust-{size}.json" for size in sizes]
    if not all(file.exists() for file in files):
        return []
    table.add(*[Figure(json.loads(file.read_text(encoding="utf-8")), "{:.3f}") for file in files])
    return [table]


def _headlines(
    seconds: dict[str, dict[int, float]], memory: dict[str, dict[int, tuple[float, float]]]
) -> list[Headline]:
    """What vectors that are there take, all stages together, at the largest size."""
    names = [name for name, stage in STAGES.items() if stage.most is None]
    largest = max((size for name in names for size in seconds[name]), default=0)
    if not all(largest in seconds[name] for name in names):
        return []
    whole = sum(seconds[name][largest] for name in names)
    peak = max(memory[name][largest][0] for name in names)
    power = exponent({size: sum(seconds[name][size] for name in names) for size in seconds["map"]})
    grows = () if power is None else (f"grows with n^{power:.2f}",)
    what = f"store, read, graph, map, clusters and a search of {largest:,} × 1280"
    return [Headline(what, {}, (f"{whole:,.0f} s", f"{peak:,.0f} MB", *grows))]


def _why(done: Ran) -> str:
    if done.status is None:
        return f"> {LIMIT} s"
    lines = [line for line in done.errors.splitlines() if line.strip()]
    return f"failed: {lines[-1][:160] if lines else done.status}"
