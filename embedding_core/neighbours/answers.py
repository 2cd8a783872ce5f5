"""What a search answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedding_core.vectors import read_only

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k most similar rows for each of q queries, best first, equals by row number.

    `similarity` is higher for what is more alike, whatever the metric:
    cosine in [-1, 1]; dot, the raw product; euclidean and manhattan, the distance negated, so at most 0; hamming,
    the share of equal bits in [0, 1]. `words` says one of them as people read it.
    """

    rows: NDArray[np.int32]  # (q, k) rows of the searched set
    similarity: NDArray[np.float32]  # (q, k), falling along each row
    metric: str
    recall: float = 1.0  # share of the true neighbours that such a search finds: 1 when exact, else measured

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_only(self.rows))
        object.__setattr__(self, "similarity", read_only(self.similarity))

    @property
    def k(self) -> int:
        return int(self.rows.shape[1])


@dataclass(frozen=True, slots=True)
class Ranks:
    """How near two rows are among all others."""

    second: int  # place of the second among the neighbours of the first, 1 … others
    first: int  # place of the first among the neighbours of the second
    others: int  # rows beside the one that is asked for
    similarity: float  # of the two, as `Neighbours.similarity`
    metric: str
