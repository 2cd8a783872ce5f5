"""What is freed is used again, and given back when asked to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from embedding_core import memory

# Page faults of filling 64 MB ten times, and the resident memory after it, with and without `give_back`.
SCRIPT = """
import resource, sys
import numpy as np, psutil
from embedding_core import memory
if "keep" in sys.argv: memory.keep_freed()
np.ones(2**26, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10): np.ones(2**26, np.uint8)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
held = psutil.Process().memory_info().rss
memory.give_back()
print(faults, held - psutil.Process().memory_info().rss)
"""


def filled(*arguments: str) -> tuple[int, int]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], check=True, capture_output=True, text=True)
    faults, returned = map(int, done.stdout.split())
    return faults, returned


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc hands memory back so eagerly")
def test_freed_memory_is_used_again_and_given_back_in_the_end() -> None:
    usual, _ = filled()
    faults, returned = filled("keep")
    assert faults < usual / 10
    assert returned > 2**25


def test_the_peak_is_at_least_what_was_held_at_once() -> None:
    held = bytearray(b"x") * (200 * 2**20)
    assert memory.peak_rss_mb() > len(held) / 2**20
