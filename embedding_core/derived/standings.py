"""What is to be weighed when an encoder is chosen: quality, and what it costs on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedding_core.derived.speeds import read_speed
from embedding_core.encoders import registry
from embedding_core.evaluate.comparison import pareto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.encoders.base import EncoderCard
    from embedding_core.evaluate.comparison.found import Comparison
    from embedding_core.workspace import Dataset, Workspace

MIXED = 0.5  # CKA above which two spaces hold much the same


@dataclass(frozen=True, slots=True)
class Cost:
    """What an encoder costs, on this machine and for this dataset."""

    encoder: str
    name: str
    dim: int
    images_per_second: float | None  # measured; None where it was not, or cannot be run here
    device: str  # that it was measured on
    size_mb: float  # of weights; 0 for vectors that someone brought
    memory_mb: float  # of the vectors of all images, in float32
    needs_download: bool
    offline: bool  # it can be run here and now
    licence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which encoder to take, by place in the comparison."""

    take: int | None  # None without labels
    said: str
    unbeaten: tuple[int, ...]  # none is as good, as fast and as small, and better in one


def cost(workspace: Workspace, dataset: Dataset, card: EncoderCard, count: int) -> Cost:
    """Of an encoder that has embedded, or would embed, `count` images. Reads only."""
    speed = read_speed(workspace, dataset, card)
    return Cost(
        card.id,
        card.name,
        card.dim,
        None if speed is None else speed.images_per_second,
        "" if speed is None else speed.device,
        card.size_mb,
        card.dim * 4 * count / 1e6,
        card.needs_download,
        registry.available_offline(card.id),
        card.licence,
    )


def verdict(found: Comparison, costs: Sequence[Cost]) -> Verdict:
    """Weigh the encoders of a comparison, `costs` (m,) in its order."""
    if not found.labelled:
        return Verdict(None, "Without labels nothing says which encoder is better.", ())
    candidates = [
        pareto.Candidate(one.name, found.accuracy(at), one.images_per_second, one.size_mb)
        for at, one in enumerate(costs)
    ]
    take, said = pareto.take(candidates, found.differences())
    return Verdict(take, said, tuple(pareto.unbeaten(candidates)))


def alike(found: Comparison, names: Sequence[str]) -> str:
    """Which two see the images most alike, and which least, in plain words; empty for one encoder."""
    pairs = found.pairs(found.overlap)
    if not pairs:
        return ""
    (low, *least), (high, *most) = pairs[0], pairs[-1]
    one, other = (names[at] for at in most)
    k = f"{high:.0%}"
    cka = float(found.cka[most[0], most[1]])
    said = (
        f"{one} and {other} agree on {k} of each image's 10 nearest look-alikes; as wholes their spaces are "
        f"{'much' if cka > MIXED else 'little'} alike (CKA {max(cka, 0.0):.2f})."
    )
    if len(pairs) == 1:
        return said
    first, second = (names[at] for at in least)
    share = f"{low:.0%}"
    return f"Most alike: {said} Least alike: {first} and {second}, with {share} (CKA {_at(found, least):.2f})."


def _at(found: Comparison, pair: Sequence[int]) -> float:
    return max(float(found.cka[pair[0], pair[1]]), 0.0)
