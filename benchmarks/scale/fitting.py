"""How a figure grows: the exponent of a power law through what was measured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def exponent(measured: Mapping[int, float]) -> float | None:
    """The p of figure = c · size^p by least squares on logarithms; None for fewer than two sizes.

    1 is proportional, 2 grows with the square. Raises `ValueError` for a figure that is not above 0.
    """
    if any(value <= 0 for value in measured.values()):
        raise ValueError(f"A power law goes through figures above 0, not {min(measured.values())}.")
    if len(measured) < 2:
        return None
    sizes, figures = np.log(list(measured)), np.log(list(measured.values()))
    return float(np.polyfit(sizes, figures, 1)[0])


def last_two(measured: Mapping[int, float]) -> float | None:
    """The exponent between the two largest sizes, where fixed costs matter least."""
    return exponent({size: measured[size] for size in sorted(measured)[-2:]})


def beyond(measured: Mapping[int, float], size: int) -> float | None:
    """What a larger `size` would take by the exponent between the two largest; None where there is none."""
    power = last_two(measured)
    if power is None:
        return None
    largest = max(measured)
    return measured[largest] * (size / largest) ** power
