"""One dataset: images, what is said of them, and their vectors. Reads lazily, writes batch by batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from embedding_core.errors import ImageRefused, UnknownImage
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.records import ImageRecord, Reason, Rejected
from embedding_core.workspace import attributes as attribute_rows
from embedding_core.workspace.claims import Claims
from embedding_core.workspace.decisions import Decisions
from embedding_core.workspace.embedding import Embedding
from embedding_core.workspace.originals import original
from embedding_core.workspace.schema import IMAGE_COLUMNS, IMAGES, REJECTED, TAGS
from embedding_core.workspace.store import Store, id_filters, quoted
from embedding_core.workspace.vectors import Encoding, Vectors
from embedding_core.workspace.versions import Versions

FRAGMENTS = 64  # of a table, up to which reads are as fast as of one; merging writes all originals anew


@dataclass(frozen=True)
class Dataset:
    """A handle: what the catalogue says, and methods that read and write the dataset's tables."""

    uuid: str
    name: str
    description: str
    created: float
    label_source: str
    split_source: str
    _store: Store = field(repr=False, compare=False)

    def table(self, kind: str) -> str:
        return f"{kind}_{self.uuid}"

    # -- reading, what follows, what people decide ------------------------------------------------------------

    @property
    def count(self) -> int:
        return self._store.count(self.table("images"))

    @property
    def token(self) -> str:
        """Changes whenever images, attributes or tags do, not with decisions. Names a state in caches."""
        versions = (self._store.version(self.table(kind)) for kind in ("images", "attributes", "tags"))
        return ":".join([self.uuid, *map(str, versions)])

    @property
    def images_token(self) -> str:
        """Changes whenever images do; what is said of them does not enter."""
        return f"{self.uuid}:{self._store.version(self.table('images'))}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the images' identities and contents; labels, splits and tags do not enter."""
        return _images_fingerprint(self._store, self.table("images"), self._store.version(self.table("images")))

    def images(self) -> pa.Table:
        """id, path, sha256, width, height, format, nbytes, origin; sorted by path."""
        return self._store.select(self.table("images"), IMAGE_COLUMNS).sort_by("path")

    def said_of(self, ids: NDArray[np.int64]) -> tuple[pa.Table, pa.Table]:
        """What is said of these images (n,), in one read: label and split, and every further column that came along.

        Row by row with `ids`, null where nothing is known.
        """
        table = self.table("attributes")
        rows = attribute_rows.align(self._store.select(table, sorted(self._store.schema(table).names)), ids)
        fixed = ["label", "split"]
        return rows.select(fixed), attribute_rows.unescape(rows.drop_columns(["id", *fixed]))

    def ids(self) -> dict[str, int]:
        """Path → id of all images."""
        rows = self._store.select(self.table("images"), ["path", "id"])
        return dict(zip(rows["path"].to_pylist(), rows["id"].to_pylist(), strict=True))

    def paths(self) -> dict[int, str]:
        """Id → path, likewise."""
        return {image: path for path, image in self.ids().items()}

    def attributes(self) -> pa.Table:
        """id, path, label, split; row by row with `images()`, null where nothing is known."""
        return self._attributes(["id", "label", "split"])

    def metadata(self) -> pa.Table:
        """id, path and every further column that came with the images; row by row with `images()`."""
        names = sorted(name for name in self._store.schema(self.table("attributes")).names if name.startswith("m_"))
        return attribute_rows.unescape(self._attributes(["id", *names]))

    def _attributes(self, names: list[str]) -> pa.Table:
        images = self._store.select(self.table("images"), ["id", "path"]).sort_by("path")
        rows = attribute_rows.align(self._store.select(self.table("attributes"), names), images["id"].to_numpy())
        return rows.set_column(0, "id", images["id"]).add_column(1, "path", images["path"])

    def thumbnails(self, ids: Iterable[int]) -> dict[int, bytes]:
        """Thumbnails by id; ids that are not there are left out."""
        rows = self._store.select_ids(self.table("images"), ["id", "thumbnail"], ids)
        return dict(zip(rows["id"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True))

    def pictures(self, ids: Iterable[int]) -> dict[int, tuple[str, bytes]]:
        """SHA-256 and thumbnail by id, in one read; ids that are not there are left out."""
        rows = self._store.select_ids(self.table("images"), ["id", "sha256", "thumbnail"], ids).to_pylist()
        return {row["id"]: (row["sha256"], row["thumbnail"]) for row in rows}

    def first(self, count: int) -> pa.Table:
        """id, path and sha256 of the `count` images that come first by path."""
        rows = self._store.select(self.table("images"), ["id", "path", "sha256"])
        return rows.take(pc.select_k_unstable(rows, count, [("path", "ascending")])) if len(rows) else rows

    def image(self, image_id: int) -> dict[str, object]:
        """The columns of `images()` for one image. Raises `UnknownImage`."""
        rows = self._store.select_ids(self.table("images"), IMAGE_COLUMNS, [image_id]).to_pylist()
        if not rows:
            raise UnknownImage(str(image_id))
        row: dict[str, object] = rows[0]
        return row

    def described(self, ids: Iterable[int]) -> pa.Table:
        """The columns of `images()` for these images, in no particular order; ids that are not there are left out."""
        return self._store.select_ids(self.table("images"), IMAGE_COLUMNS, ids)

    def content(self, image_id: int) -> bytes:
        """The original file's bytes. Raises `UnknownImage`, or `ImageRefused` when a file that stayed has changed."""
        data = self.contents([image_id]).get(image_id)
        if data is None:
            raise UnknownImage(str(image_id))
        if isinstance(data, ImageRefused):
            raise data
        return data

    def contents(self, ids: Sequence[int]) -> dict[int, bytes | ImageRefused]:
        """The original files' bytes by id; for a file that stayed and has gone or changed, the refusal that says so.

        Ids that are not there are left out.
        """
        rows = self._store.select_ids(self.table("images"), ["id", "sha256", "nbytes", "origin"], ids).to_pylist()
        found: dict[int, bytes | ImageRefused] = {row["id"]: original(row) for row in rows if row["origin"]}
        kept = [row["id"] for row in rows if not row["origin"]]
        found.update(self._store.blobs(self.table("images"), "content", kept))
        return found

    def labelled(self, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        """Path and label by id; ids that are not there are left out."""
        paths = self._store.select_ids(self.table("images"), ["id", "path"], ids).to_pylist()
        rows = self._store.select_ids(self.table("attributes"), ["id", "label"], ids).to_pylist()
        labels = {row["id"]: row["label"] for row in rows}
        return {row["id"]: (row["path"], labels.get(row["id"])) for row in paths}

    def tags(self) -> dict[str, frozenset[int]]:
        """Tag → ids of the images that carry it."""
        rows = self._store.select(self.table("tags"), ["tag", "id"]).sort_by("tag")
        runs = pc.run_end_encode(rows["tag"].combine_chunks())
        parts = np.split(rows["id"].to_numpy(), runs.run_ends.to_numpy()[:-1])
        # Without any tag there is one part of nothing.
        return {tag: frozenset(ids.tolist()) for tag, ids in zip(runs.values.to_pylist(), parts, strict=False)}

    @property
    def left_out(self) -> int:
        """How many files were refused."""
        return self._store.count(self.table("rejected"))

    @property
    def rejected_token(self) -> str:
        """Changes whenever files are refused or forgiven."""
        return f"{self.uuid}:{self._store.version(self.table('rejected'))}"

    def rejected(self) -> list[Rejected]:
        rows = self._store.select(self.table("rejected"), REJECTED.names).sort_by("path").to_pylist()
        return [Rejected(row["path"], Reason(row["reason"]), row["detail"]) for row in rows]

    @property
    def vectors(self) -> Vectors:
        """The vectors of this dataset, by encoder."""
        return Vectors(self.uuid, self.name, self._store)

    def encodings(self) -> list[Encoding]:
        """The encoders that this dataset has vectors from."""
        return self.vectors.encodings()

    def embedding(self, encoder_id: str) -> Embedding:
        """The vectors from one encoder. Raises `NotEmbedded` when there are none."""
        return self.vectors.embedding(encoder_id)

    @property
    def decisions(self) -> Decisions:
        """The log of what was decided on images. It changes nothing here: `deciding.versions` says what follows."""
        return Decisions(self.uuid, self._store)

    @property
    def versions(self) -> Versions:
        """The versions that were frozen under names."""
        return Versions(self.uuid, self._store)

    @property
    def claims(self) -> Claims:
        """Which cases someone has before their eyes."""
        return Claims(self.uuid, self._store)

    # -- writing ------------------------------------------------------------------------------------------------

    def image_ids(self, paths: Sequence[str]) -> list[int]:
        """The ids of these paths, old and new: 52 bits of a hash over dataset and path, the next one on a collision.

        They fit in an int64 and, exactly, in a browser's number.
        """
        known = self.ids()
        taken = {image: path for path, image in known.items()}
        ids = []
        for path in paths:
            image, salt = known.get(path), 0
            while image is None:
                candidate = _hashed(self.uuid, path, salt)
                if taken.setdefault(candidate, path) == path:
                    image = candidate
                salt += 1
            ids.append(image)
        return ids

    def put_images(self, ids: Sequence[int], records: Sequence[ImageRecord]) -> None:
        """Insert or replace images; vectors of replaced ones go. Two atomic commits, safe to repeat."""
        if not records:
            return
        self.vectors.forget(ids)
        columns: dict[str, list[object]] = {name: [getattr(one, name) for one in records] for name in IMAGES.names[1:]}
        self._store.upsert(self.table("images"), "id", pa.table({"id": list(ids), **columns}, schema=IMAGES))

    def put_attributes(
        self,
        ids: Sequence[int],
        *,
        labels: Sequence[str | None] | None = None,
        splits: Sequence[str | None] | None = None,
        metadata: pa.Table | None = None,
    ) -> None:
        """Set labels, splits and metadata columns of these images; what is not given stays. New columns first, then
        one atomic commit.

        `metadata` has one row per id, in the same order, without an id column.
        """
        rows = pa.table({"id": pa.array(ids, pa.int64())})
        if labels is not None:
            rows = rows.append_column("label", pa.array(labels, pa.string()))
        if splits is not None:
            rows = rows.append_column("split", pa.array(splits, pa.string()))
        if metadata is not None:
            for name in metadata.column_names:
                rows = rows.append_column(attribute_rows.stored_name(name), metadata[name])
        table = self.table("attributes")
        stored = self._store.schema(table)
        old = self._store.select(table, stored.names)
        if attribute_rows.changed(stored, rows):
            self._store.replace(table, attribute_rows.merge(old, rows))
            return
        # Rows alone, not the table, so that two processes that add images at once keep each other's.
        self._store.widen(table, [field for field in rows.schema if field.name not in stored.names])
        self._store.upsert(table, "id", attribute_rows.completed(old, rows))

    def tag(self, tag: str, ids: Iterable[int]) -> None:
        """Put a tag on images. Tagging twice is tagging once."""
        new = sorted(set(map(int, ids)) - self.tags().get(tag, frozenset()))
        self._store.append(self.table("tags"), pa.table({"tag": [tag] * len(new), "id": new}, schema=TAGS))

    def untag(self, tag: str, ids: Iterable[int] | None = None) -> None:
        """Take a tag from these images, or from all."""
        for where in ["true"] if ids is None else id_filters(ids):
            self._store.delete(self.table("tags"), f"tag = {quoted(tag)} AND {where}")

    def put_rejected(self, rejected: Sequence[Rejected]) -> None:
        """Remember refused files; a path refused again replaces its earlier reason."""
        rows = {one.path: {"path": one.path, "reason": str(one.reason), "detail": one.detail} for one in rejected}
        self._store.upsert(self.table("rejected"), "path", pa.Table.from_pylist(list(rows.values()), schema=REJECTED))

    def forgive(self, paths: Sequence[str]) -> None:
        """Forget that these paths were refused."""
        if paths and self._store.count(self.table("rejected")):
            self._store.delete(self.table("rejected"), f"path IN ({','.join(map(quoted, paths))})")

    def tidy(self) -> None:
        """Merge the small fragments that batch-wise writing leaves, once there are many."""
        for table in [*map(self.table, ("images", "attributes", "tags")), *self.vectors.tables()]:
            self._store.tidy(table, above=FRAGMENTS)


def _hashed(uuid: str, path: str, salt: int) -> int:
    key = f"{uuid}\0{path}\0{salt}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") >> 12


@lru_cache(maxsize=64)
def _images_fingerprint(store: Store, table: str, version: int) -> str:
    """Cached by the table's version, which every commit changes."""
    rows = store.select(table, ["id", "sha256"]).sort_by("id")
    content = digest(rows["id"].to_numpy().tobytes() + "".join(rows["sha256"].to_pylist()).encode())
    return fingerprint("images", 1, content)
