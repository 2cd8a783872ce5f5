"""The report of a dataset under an encoder: what is stored of it, as one file that needs nothing else."""
