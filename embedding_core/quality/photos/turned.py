"""Photographs that lie on their side or on their head, told by the embedding: pixels alone cannot say what is up.

Copies of a sample of the set, turned by quarters, teach a probe what its upright pictures look like to the encoder.
Those that look least upright are turned themselves: one is found when a turned copy of it is taken for upright far more
readily, and is nearer to the rest of the set. The second look makes the difference: among 3,781 photographs of clothing
with 38 of them turned, the probe alone was right in fewer than half of what it named.

A sample that is itself turned by half, or things without an upside, such as cells or parts on a table, cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.quality.probing.probe import fit_probe
from embedding_core.records import silent
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.probing.probe import Probe
    from embedding_core.records import Progress

    Encode = Callable[[NDArray[np.int64], int], NDArray[np.float32]]  # rows (m,), quarters → (m, d)

SAMPLE = 150  # pictures that teach each of two probes; a picture is not judged by the probe that it has taught
FEWEST = 60  # pictures from which this is tried
SUSPECTS = 0.05  # share of the set that gets the second look
MOST = 2_000  # of them
REFERENCE = 20_000  # pictures that stand for the rest of the set
NEAREST = 10  # of them
QUARTERS = (1, 2, 3)  # counter-clockwise


@dataclass(frozen=True, eq=False, slots=True)
class Turned:
    """How much speaks for each of n pictures being turned, and which turn would set it upright."""

    ids: NDArray[np.int64]  # (n,)
    evidence: NDArray[np.float32]  # (n,) below 0: upright; NaN where it was never in doubt
    turns: NDArray[np.int16]  # (n,) degrees clockwise that would set it upright; 0 where it was never in doubt

    def __post_init__(self) -> None:
        for name in ("ids", "evidence", "turns"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids, "evidence": self.evidence, "turns": self.turns}

    def facts(self) -> dict[str, Any]:
        return {"suspects": int(np.count_nonzero(np.isfinite(self.evidence)))}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(arrays["ids"], arrays["evidence"], arrays["turns"])


def turned(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    encode: Encode,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Turned:
    """Look for turned pictures among those with these vectors (n, d).

    `encode` gives the vectors of some rows' pictures turned by so many quarters. It is asked for some 900 pictures and
    three for each suspect. Of fewer than `FEWEST` pictures nothing is said.
    """
    n = len(ids)
    evidence, turns = np.full(n, np.nan, np.float32), np.zeros(n, np.int16)
    if n < FEWEST:
        return Turned(ids, evidence, turns)
    unit = unit_rows(vectors)
    shuffled = np.random.default_rng(seed).permutation(n)
    taught = np.split(shuffled[: 2 * min(SAMPLE, n // 4)], 2)
    progress("turning", 0, 2)
    probes = [_taught(unit, rows, encode) for rows in taught]
    upright = _judged(unit, np.arange(n), probes, taught)
    suspects = np.argsort(upright)[: min(MOST, max(1, int(n * SUSPECTS)))]
    progress("turning", 1, 2)
    reference = unit[np.sort(shuffled[:REFERENCE])]
    as_is = _nearness(unit[suspects], reference)
    usual = _nearness(unit[taught[0]], reference)
    scale = float(np.std(usual)) or 1.0
    gains = np.empty((len(QUARTERS), len(suspects)))
    for number, quarters in enumerate(QUARTERS):
        copies = unit_rows(encode(suspects, quarters))
        odds = _judged(copies, suspects, probes, taught) - upright[suspects]
        gains[number] = odds / 5 + (_nearness(copies, reference) - as_is) / scale
    evidence[suspects] = gains.max(axis=0)
    turns[suspects] = 360 - 90 * np.array(QUARTERS)[gains.argmax(axis=0)]
    progress("turning", 2, 2)
    return Turned(ids, evidence, turns)


def _taught(unit: NDArray[np.float32], rows: NDArray[np.int64], encode: Encode) -> Probe:
    """A probe that tells how these rows' pictures have been turned: class 0 not at all."""
    copies = [unit[rows], *(unit_rows(encode(rows, quarters)) for quarters in QUARTERS)]
    # Copies of one picture stay together, or else the probe is calibrated on what it has seen.
    groups = np.tile(np.arange(len(rows)), len(copies))
    return fit_probe(np.concatenate(copies), np.repeat(np.arange(len(copies)), len(rows)), groups=groups)


def _odds(probe: Probe, unit: NDArray[np.float32]) -> NDArray[np.float64]:
    """The logarithm of the odds (m,) that a picture is upright."""
    share = probe.probabilities(unit)[:, 0].astype(np.float64).clip(1e-6, 1 - 1e-6)
    odds: NDArray[np.float64] = np.log(share / (1 - share))
    return odds


def _judged(
    unit: NDArray[np.float32], rows: NDArray[np.int64], probes: list[Probe], taught: list[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """The odds (m,) by the probes that the picture has not taught, on average."""
    odds = np.stack([_odds(probe, unit) for probe in probes])
    own = np.stack([np.isin(rows, taught_by) for taught_by in taught])
    judged: NDArray[np.float64] = np.where(own, 0, odds).sum(axis=0) / (~own).sum(axis=0)
    return judged


def _nearness(unit: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean cosine similarity (m,) to the nearest of the reference but for the very nearest, which may be itself."""
    similar = unit @ reference.T
    k = min(NEAREST + 1, similar.shape[1])
    nearest = np.sort(np.partition(similar, -k, axis=1)[:, -k:], axis=1)
    nearness: NDArray[np.float64] = nearest[:, : max(1, k - 1)].mean(axis=1).astype(np.float64)
    return nearness
