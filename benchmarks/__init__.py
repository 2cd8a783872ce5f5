"""The measured claims. `python -m benchmarks` runs all, `python -m benchmarks quality startup` some."""
