"""Outliers: images unlike all others."""
