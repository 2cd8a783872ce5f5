"""An embedding of a dataset: a lazy handle on vectors in the workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard
from embedding_core.errors import InvalidInput, NotEmbedded, TooLarge, UnknownImage
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.ids import distinct, find
from embedding_core.vectors import read_only
from embedding_core.workspace.spread import Spread
from embedding_core.workspace.store import Store

MATRIX_LIMIT = 6 * 2**30  # bytes that `matrix` may take


@dataclass(frozen=True, eq=False)
class Embedding:
    """The vectors of n images from one encoder. `ids` gives the order of every array derived from it."""

    ids: NDArray[np.int64]  # (n,) in the order of the images' paths
    contents: NDArray[np.uint64]  # (n,) the first 64 bits of the SHA-256 of what was embedded of each
    card: EncoderCard
    fingerprint: str
    _store: Store = field(repr=False)
    _table: str = field(repr=False)
    part_of: str = ""  # fingerprint of the embedding of all images that it was taken from; empty for that itself

    def __len__(self) -> int:
        return len(self.ids)

    def batches(self, size: int = 4096) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Pairs of ids (b,) and vectors (b, d), in storage order; memory stays flat in n."""
        wanted = np.sort(self.ids)
        for batch in self._store.batches(self._table, ["id", "vector"], size):
            ids = batch["id"].to_numpy()
            at = np.searchsorted(wanted, ids).clip(max=max(len(wanted) - 1, 0))
            keep = wanted[at] == ids if len(wanted) else np.zeros(len(ids), dtype=bool)
            if keep.any():
                yield ids[keep], _vectors(batch["vector"], self.card.dim)[keep]

    def rows(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors (m, d) of these images, in the order asked for. Raises `UnknownImage`."""
        found = self._store.select_ids(self._table, ["id", "vector"], ids)
        position = {image: row for row, image in enumerate(found["id"].to_pylist())}
        absent = [image for image in ids if int(image) not in position]
        if absent:
            raise UnknownImage(str(absent[0]))
        order = [position[int(image)] for image in ids]
        return _vectors(found["vector"].combine_chunks(), self.card.dim)[order]

    def matrix(self, places: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """All vectors (n, d), row i belonging to `ids[i]`, read-only. Raises `TooLarge` above 6 GB.

        With `places` (n,) the vector of `ids[i]` lies in row `places[i]` instead.
        """
        size = len(self.ids) * self.card.dim * 4
        if size > MATRIX_LIMIT:
            raise TooLarge(
                f"The vectors take {size / 2**30:.1f} GB and at most {MATRIX_LIMIT / 2**30:.0f} GB are read at once. "
                "Go through them with batches()."
            )
        order = self.order
        ascending = self.ids[order]
        matrix = np.empty((len(self.ids), self.card.dim), dtype=np.float32)
        to = order if places is None else places[order]
        for ids, vectors in self.batches():
            matrix[to[np.searchsorted(ascending, ids)]] = vectors
        matrix.flags.writeable = False
        return matrix

    def of(self, ids: NDArray[np.int64]) -> Embedding:
        """The vectors of a part of the images, whatever the order of `ids` (m,); those without one are left out.

        Its fingerprint is over the encoder, the images and their contents: it stays when the dataset grows, and what
        follows from it, graph and maps and clusters, is its own. Of all images it is this embedding itself. Raises
        `NotEmbedded` when none of them has a vector.
        """
        kept = find(self.ids, distinct(ids)) >= 0
        if not kept.any():
            raise NotEmbedded(
                f"None of the {len(ids):,} images has a vector from {self.card.name}. Embed them, or choose others."
            )
        if kept.all():
            return self
        some, contents = read_only(self.ids[kept]), read_only(self.contents[kept])
        name = fingerprint("part", 1, self.card.fingerprint, digest(some.tobytes() + contents.tobytes()))
        return replace(self, ids=some, contents=contents, fingerprint=name, part_of=self.part_of or self.fingerprint)

    def spread(self) -> Spread:
        """The same vectors for many machines. Raises `InvalidInput` for a part: they read the whole table."""
        if self.part_of:
            raise InvalidInput("A cluster reads the vectors of all images. Leave the version out, or use this machine.")
        return Spread(self._store, self._table, self.card.dim)

    def positions(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Rows (m,) of these images in `ids`. Raises `UnknownImage`."""
        wanted = np.asarray(list(ids), dtype=np.int64)
        found = np.searchsorted(self.ids, wanted, sorter=self.order).clip(max=max(len(self.ids) - 1, 0))
        positions: NDArray[np.int64] = self.order[found] if len(self.ids) else np.empty(0, np.int64)
        if len(positions) != len(wanted) or (self.ids[positions] != wanted).any():
            raise UnknownImage(str(wanted[0]))
        return positions

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """What sorts `ids` (n,)."""
        return np.argsort(self.ids)


def _vectors(column: pa.Array, dim: int) -> NDArray[np.float32]:
    values: NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, dim)
