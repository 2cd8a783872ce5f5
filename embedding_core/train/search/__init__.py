"""Search for the parameters that train best: named parameters in, tried one after the other within a budget.

`searching` knows nothing of what is tried, `probing` tries probes.
"""
