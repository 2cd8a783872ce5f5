"""Encoders, and ways to compare vectors, held against each other."""
