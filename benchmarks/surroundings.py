"""Where and on what is measured: the folders, the machine, the larger data, and how much is asked for."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BENCH = ROOT / ".bench"  # what benchmarks make and keep; git ignores it
LIBRARIES = ("torch", "openvino", "streamlit", "lancedb", "umap-learn", "scikit-learn", "numpy", "pillow")
QUICK, UP_TO = "KINDRED_BENCH_QUICK", "KINDRED_BENCH_UP_TO"


def quick() -> bool:
    """Whether small sizes will do, to see that everything runs. What comes out is kept apart from the results."""
    return bool(os.environ.get(QUICK))


def up_to(usual: int) -> int:
    """The largest number of images or points that is asked for."""
    return int(os.environ.get(UP_TO) or usual)


def data(name: str) -> Path | None:
    """A file of the larger data, or None when KINDRED_BENCH_DATA does not name a folder that has it."""
    folder = os.environ.get("KINDRED_BENCH_DATA")
    found = Path(folder) / name if folder else None
    return found if found and found.exists() else None


def facts() -> dict[str, Any]:
    """The machine, by name of what is said of it, and the versions that ran on it."""
    return {
        "processor": _processor(),
        "bf16": has_bf16(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": "none used",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


def machine() -> str:
    """Processor, cores, memory, system and versions, in one line."""
    here = facts()
    libraries = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    return (
        f"{here['processor']}, {here['cores']} cores, {here['memory_gb']:.0f} GB, no GPU used; {here['system']}, "
        f"Python {here['python']}; {libraries}"
    )


def has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself."""
    flags = next((line for line in _cpuinfo() if line.startswith("flags")), "").split()
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags)


def _processor() -> str:
    named = (line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name"))
    name = next(named, platform.processor() or platform.machine())
    return name + (" with AVX-512 BF16" if has_bf16() else "")


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
