"""How alike a query and many rows are, to within a stated error and as fast as memory is read.

A search takes those that may be among the best from here and compares them exactly, so no error reaches an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.vectors import checked, read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Part = slice | NDArray[np.int64]  # which of the rows

_SMALL, _LARGE = 1e-15, 1e15  # lengths between which float32 holds products and squares
_NEAR = 2**18  # entries of a block that the processor's cache holds, 1 MB


@dataclass(frozen=True, eq=False)
class Estimates:
    """The vectors of a set, and what makes comparing them quick.

    One copy of the vectors serves all metrics: cosine and euclidean are had from products and lengths. Hamming has its
    own bits, a 32nd of the vectors, made when it is first asked for.
    """

    vectors: NDArray[np.float32]  # (n, d)

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", read_only(checked(self.vectors)))

    def of(
        self, metric: str, query: NDArray[np.float32], part: Part
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A number (m,) for each row in `part`, higher for what is more alike, and its error, (m,).

        The number is not the similarity, but in the same order. The error holds with near certainty: a rounded sum of d
        terms errs by about sqrt(d) roundings, of which four times are taken (Higham & Mary 2019, "A new approach to
        probabilistic rounding error analysis"). It is infinite where float32 holds no product.
        """
        if metric == "hamming":
            equal = self._equal_bits(query, part)
            return equal, np.zeros_like(equal)
        norm = float(np.linalg.norm(query.astype(np.float64)))
        if metric == "cosine" and norm > 0:
            query, norm = (query.astype(np.float64) / norm).astype(np.float32), 1.0
        unit = np.float32((4 * np.sqrt(len(query)) + 4) * 2.0**-24)
        lengths = self.lengths[part]
        if norm and not _SMALL < norm < _LARGE:
            return np.zeros_like(lengths), np.full_like(lengths, np.inf)
        with np.errstate(over="ignore", invalid="ignore"):  # of rows that are made certain candidates below
            if metric == "cosine":
                likeness = self._products(query, part) * self.inverse[part]
                error = np.full(len(lengths), unit)
            elif metric == "dot":
                likeness = self._products(query, part)
                error = lengths * np.float32(unit * norm)
            elif metric == "euclidean":
                likeness = self._products(query, part) - lengths * lengths / 2
                error = (lengths + np.float32(norm)) ** 2 * (unit / 2)
            else:
                likeness = self._negated_steps(query, part)
                error = likeness * -unit
        strange = self._strange_in(part, len(lengths))
        if len(strange):
            likeness[strange], error[strange] = 0, np.inf
        return likeness, error

    @cached_property
    def middle(self) -> NDArray[np.float64]:
        """The mean (d,) of the vectors, where hamming cuts values to high or low."""
        return np.asarray(self.vectors.mean(axis=0, dtype=np.float64))

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """(n,) of the vectors; infinite where float32 does not hold it."""
        with np.errstate(over="ignore"):
            return np.asarray(np.sqrt(np.einsum("nd,nd->n", self.vectors, self.vectors)))

    @cached_property
    def inverse(self) -> NDArray[np.float32]:
        """1 / length (n,), 0 for a row of zeros."""
        return np.divide(1, self.lengths, out=np.zeros_like(self.lengths), where=self.lengths > 0)

    @cached_property
    def _strange(self) -> NDArray[np.int64]:
        """The places of rows that are too long or too short for float32, rows of zeros among them."""
        return np.flatnonzero(~((self.lengths > _SMALL) & (self.lengths < _LARGE)))

    def _strange_in(self, part: Part, count: int) -> NDArray[np.int64]:
        """The places within `part` of such rows."""
        if not len(self._strange):
            return self._strange
        if isinstance(part, slice):
            start, stop, _ = part.indices(len(self.vectors))
            return self._strange[(self._strange >= start) & (self._strange < stop)] - start
        return np.flatnonzero(np.isin(part, self._strange))

    def _products(self, query: NDArray[np.float32], part: Part) -> NDArray[np.float32]:
        if isinstance(part, slice):
            return np.asarray(self.vectors[part] @ query)
        found = np.empty(len(part), np.float32)
        size = max(1, _NEAR // len(query))
        for start in range(0, len(part), size):
            np.dot(self.vectors[part[start : start + size]], query, out=found[start : start + size])
        return found

    def _negated_steps(self, query: NDArray[np.float32], part: Part) -> NDArray[np.float32]:
        """The negated sum of all differences (m,), block by block within the processor's cache."""
        rows = self.vectors[part] if isinstance(part, slice) else part
        found, ones = np.empty(len(rows), np.float32), np.full(len(query), -1, np.float32)
        size = max(1, _NEAR // len(query))
        room = np.empty((min(size, len(rows)), len(query)), np.float32)
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            some = some if isinstance(part, slice) else self.vectors[some]
            apart = np.subtract(some, query, out=room[: len(some)])
            np.dot(np.abs(apart, out=apart), ones, out=found[start : start + size])
        return found

    @cached_property
    def _bits(self) -> NDArray[np.uint64]:
        """(n, ceil(d / 64)) whether each value lies above its dimension's mean."""
        n, d = self.vectors.shape
        bits = np.zeros((n, -(-d // 64)), np.uint64)
        size = max(1, _NEAR // d)
        for start in range(0, n, size):
            bits[start : start + size] = self._packed(self.vectors[start : start + size])
        return bits

    def _packed(self, rows: NDArray[np.float32]) -> NDArray[np.uint64]:
        packed = np.packbits(rows > self.middle, axis=1)
        return np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)

    def _equal_bits(self, query: NDArray[np.float32], part: Part) -> NDArray[np.float32]:
        rows, asked = self._bits[part], self._packed(query[None])
        found = np.empty(len(rows), np.float32)
        size = max(1, _NEAR // rows.shape[1])
        for start in range(0, len(rows), size):
            differ = np.bitwise_count(rows[start : start + size] ^ asked)
            found[start : start + size] = len(query) - differ.sum(axis=1, dtype=np.float32)
        return found
