"""Tables of figures, and the machine that they were measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
FAILS = "**does not hold**"
LIBRARIES = ("torch", "streamlit", "lancedb", "umap-learn", "scikit-learn", "pillow")


@dataclass
class Table:
    """One benchmark: a title, what is compared, and rows of figures."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    note: str = ""

    def add(self, *cells: str) -> None:
        self.rows.append(cells)
        print("  " + " · ".join(cells), flush=True)

    def markdown(self) -> str:
        lines = [f"## {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines += [f"| {' | '.join(self.columns)} |", f"|{'---|' * len(self.columns)}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join(lines) + "\n"


def verdict(holds: bool) -> str:
    """Whether a bound holds, as a cell. `python -m benchmarks` ends with 1 when one does not."""
    return "holds" if holds else FAILS


@dataclass
class Report:
    """Several tables that belong together."""

    tables: list[Table]

    def markdown(self) -> str:
        return "\n".join(table.markdown() for table in self.tables)


def machine() -> str:
    """Processor, cores, memory, system and versions, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, no GPU used; {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}; {libraries}"
    )


def data(name: str) -> Path | None:
    """A file of the larger data, or None when KINDRED_BENCH_DATA does not name a folder that has it."""
    folder = os.environ.get("KINDRED_BENCH_DATA")
    found = Path(folder) / name if folder else None
    return found if found and found.exists() else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    flags = next((line for line in lines if line.startswith("flags")), "")
    return name + (" with AVX-512 BF16" if "avx512_bf16" in flags else "")
