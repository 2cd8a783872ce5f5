"""Compare: encoders, and metrics, held against each other on the same images."""
