"""Measure some tools with some numbers of points, and print the report."""

from __future__ import annotations

import argparse

from benchmarks.drawing import POINTS, peers, run
from benchmarks.drawing.tools import OURS

parser = argparse.ArgumentParser(prog="python -m benchmarks.drawing", description=__doc__)
parser.add_argument("--tools", nargs="+", default=(OURS, *peers.PEERS), choices=(OURS, *peers.PEERS))
parser.add_argument("--points", nargs="+", type=int, default=POINTS)
asked = parser.parse_args()
print(run(asked.points, asked.tools).markdown())
