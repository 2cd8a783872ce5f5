"""Versions of a dataset: which there are, how two differ, what the one is worth against the other, taking one away."""
