"""Write a synthetic dataset, unless it is there already."""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

from benchmarks.synthetic import workspace

parser = argparse.ArgumentParser(prog="python -m benchmarks.synthetic", description=__doc__)
parser.add_argument("--images", type=int, default=100_000)
parser.add_argument("--into", type=Path, default=workspace.PLACE, help="folder of the workspace")
asked = parser.parse_args()
print(f"{workspace.ensure(asked.images, asked.into)!r} in {asked.into}")
print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB")
