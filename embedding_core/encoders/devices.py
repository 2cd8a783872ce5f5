"""What this machine has to compute on."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path

from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest

DEVICES = ("cuda", "mps", "cpu")

_DRIVERS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")  # NVIDIA, the same under WSL, AMD


def best_device() -> str:
    """cuda where there is one, else Apple's mps, else cpu. Imports torch only where one of the first two may be."""
    if not _may_have_gpu():
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def checked_device(device: str) -> str:
    """The device. Raises `InvalidInput` for one that there is not, in general or on this machine."""
    if device not in DEVICES:
        raise InvalidInput(f"A device is one of {', '.join(DEVICES)}, not {device!r}.")
    if device != "cpu" and device != best_device():
        raise InvalidInput(f"This machine has no {device}; its best device is {best_device()}.")
    return device


def _may_have_gpu() -> bool:
    """Whether it is worth the seconds that torch takes to look."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return sys.platform != "linux" or any(Path(driver).exists() for driver in _DRIVERS)


@cache
def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself (AVX-512 BF16 or AMX). Others emulate it, slower than float32.

    Read from Linux's list of features; false on macOS, and on arm64, where the gain from bfloat16 is not measured.
    """
    return not _features().isdisjoint({"avx512_bf16", "amx_bf16"})


def cores() -> int:
    """How many processors this process may use, where OMP_NUM_THREADS names fewer, so many."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    named = os.environ.get("OMP_NUM_THREADS", "")
    return min(found, int(named)) if named.isdigit() and int(named) > 0 else found


@cache
def processor() -> str:
    """16 hex digits that stand for the kind of processor and how much of it there is."""
    words = " ".join(sorted(_features()))
    return digest(f"{platform.system()} {platform.machine()} {cores()} {words}".encode())[:16]


def _features() -> frozenset[str]:
    """The words of the first processor's name and features, as Linux lists them; elsewhere what Python knows."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n", 1)[0]
    except OSError:
        return frozenset({platform.processor()})
    wanted = ("model name", "flags", "Features", "CPU part")
    return frozenset(word for line in first.splitlines() if line.startswith(wanted) for word in line.split())
