"""How far a share can be trusted that was counted on a few."""

from __future__ import annotations


def jeffreys(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval in [0, 1] for the share that `hits` of `of` stand for; (0, 1) of nothing.

    Jeffreys' interval, the middle of a Beta distribution; where all or none were hits it ends there. Brown, Cai &
    DasGupta 2001, "Interval estimation for a binomial proportion".
    """
    from scipy.special import betaincinv

    if of == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits + 0.5, of - hits + 0.5, tail))
    high = 1.0 if hits == of else float(betaincinv(hits + 0.5, of - hits + 0.5, 1 - tail))
    return low, high
