"""Memory of `add --embed` as the images grow in number: it is to stay flat. Images of CIFAR-10, a row of Parquet each.

The larger number takes minutes; `--up-to 5000` takes less.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.embed import add, warm
from benchmarks.outside import checked
from benchmarks.peers import answer
from benchmarks.report import Bar, Headline, Report, Table, data
from benchmarks.surroundings import BENCH, quick, up_to

FEW, MANY = 1_000, 60_000
FLAT = 200.0  # MB more for all those images


def run() -> Report:
    table = Table(
        "Memory of `add --embed`",
        ("images", "memory, MB", "seconds", "images/s"),
        note="Resident, of the process and its children, looked at from outside every 50 ms. Images a second by the "
        "command's own clock, start left out.",
    )
    source = data("cifar10.parquet")
    if source is None:
        print("  cifar10.parquet: not there (set KINDRED_BENCH_DATA), left out")
        return Report([table])
    sizes = (200, 600) if quick() else (FEW, min(up_to(MANY), MANY))
    peaks = []
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        warm(Path(folder))
        for n in sizes:
            part = _first(source, n, Path(folder))
            done = checked(add("images", part, Path(folder) / f"workspace-{n}"))
            peaks.append(done.peak_mb)
            table.add(n, done.peak_mb, done.seconds, float(answer(done)["images_per_second"]))
    grown = peaks[1] - peaks[0]
    bar = Bar(f"memory of {sizes[1]:,} images above that of {sizes[0]:,}", grown, FLAT, "MB")
    line = Headline(
        f"memory to embed {sizes[0]:,} and {sizes[1]:,} images", {}, tuple(f"{one:,.0f} MB" for one in peaks)
    )
    return Report([table], [bar], [line])


def _first(source: Path, n: int, folder: Path) -> Path:
    """A Parquet of the first `n` rows, in groups as small as the source's."""
    part = folder / f"{n}.parquet"
    rows = pq.read_table(source).slice(0, n)
    pq.write_table(rows, part, row_group_size=1_000)
    return part
