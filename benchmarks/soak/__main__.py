"""Soak the map for some minutes, and print what came of it."""

from __future__ import annotations

import argparse

from benchmarks.soak import MINUTES, run

parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
parser.add_argument("--minutes", type=float, default=MINUTES)
parser.add_argument("--seed", type=int, default=0)
asked = parser.parse_args()
print(run(asked.minutes, asked.seed).markdown())
