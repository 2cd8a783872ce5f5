"""All that is known of a dataset's images at one moment, as columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.ids import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Columns:
    """All that is known of a dataset's n images but their bytes, row by row in the order of their paths."""

    dataset: str  # uuid
    images: pa.Table  # id, path, sha256, width, height, format, nbytes, origin
    label: pa.Array  # (n,) string, null where there is none
    split: pa.Array  # (n,) string
    metadata: pa.Table  # (n,) user's columns, but for id, path, and those that label and split repeat
    tags: Mapping[str, frozenset[int]]

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """(n,)"""
        return self.images["id"].to_numpy()

    @cached_property
    def paths(self) -> pa.Array:
        """(n,) string"""
        return self.images["path"].combine_chunks()

    @cached_property
    def labels(self) -> list[str]:
        """The labels that occur, in alphabetical order."""
        return sorted(name for name in self.label.unique().to_pylist() if name is not None)

    @cached_property
    def label_codes(self) -> NDArray[np.int64]:
        """(n,) the place in `labels`; −1 where there is none"""
        codes = pc.index_in(self.label, pa.array(self.labels, pa.string()))
        return codes.cast(pa.int64()).fill_null(-1).to_numpy()

    @cached_property
    def splits(self) -> list[str]:
        return sorted(name for name in self.split.unique().to_pylist() if name is not None)

    def only(self, rows: NDArray[np.int64]) -> Columns:
        """What is known of the images in these rows (m,), in that order."""
        return replace(
            self,
            images=self.images.take(rows),
            label=self.label.take(rows),
            split=self.split.take(rows),
            metadata=self.metadata.take(rows),
        )

    def rows(self, ids: Iterable[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows (m,) of these images, in the order asked for; those that are not there any more are left out."""
        found = self.find(np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), dtype=np.int64))
        return found[found >= 0]

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each of these images (m,); −1 for one that is not there any more."""
        return find(ids, self.ids, self._order)

    def labels_of(self, ids: NDArray[np.int64]) -> pa.Array:
        """The label of each of these images (m,); null where there is none, or not the image any more."""
        rows = self.find(ids)
        return self.label.take(pa.array(rows, mask=rows < 0))

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self.ids)

    def row(self, image: int) -> dict[str, Any] | None:
        """Everything about one image, as Python values; its tags under "tags"."""
        found = self.rows([image])
        if not len(found):
            return None
        at = int(found[0])
        facts = {name: self.images[name][at].as_py() for name in self.images.column_names}
        facts |= {"label": self.label[at].as_py(), "split": self.split[at].as_py()}
        facts["tags"] = [tag for tag, ids in self.tags.items() if image in ids]
        facts["metadata"] = {name: self.metadata[name][at].as_py() for name in self.metadata.column_names}
        return facts


def says(column: pa.ChunkedArray, text: pa.ChunkedArray) -> bool:
    """Whether the column says row by row what `text` says."""
    return pa.types.is_string(column.type) and bool(column.combine_chunks().equals(text.combine_chunks()))
