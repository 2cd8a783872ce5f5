"""Leakage: what belongs together across splits, what it feigns, and a split without it."""
