"""The report of a dataset under an encoder: all that is stored of it, as one HTML file or PDF that needs nothing else."""
