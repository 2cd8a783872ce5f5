"""Datasets of any size that a seed makes: points that look like a map, small drawings, and a workspace of both.

`python -m benchmarks.synthetic --images 1000000 --into .bench/workspace` writes one.
"""
