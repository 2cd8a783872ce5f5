"""The tables of a workspace, column by column."""

from __future__ import annotations

import pyarrow as pa

LAYOUT = 1  # raise it when an older Kindred could no longer read what is written here

# Marks the column that `Store.upsert` goes by. Lance then sees that two processes insert the same key at once; without,
# both rows would stay. A key is never null.
_KEY = {"lance-schema:unenforced-primary-key": "true"}


def key(name: str, kind: pa.DataType) -> pa.Field:
    """The column by which rows of a table are told apart."""
    return pa.field(name, kind, nullable=False, metadata=_KEY)


META = pa.schema([key("key", pa.string()), ("value", pa.string())])

CATALOGUE = pa.schema(
    [
        key("uuid", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("created", pa.float64()),  # seconds since the epoch
        ("label_source", pa.string()),  # what the labels were taken from: folders, column:X, none, …
        ("split_source", pa.string()),
    ]
)

IMAGES = pa.schema(
    [
        key("id", pa.int64()),
        ("path", pa.string()),
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("nbytes", pa.int64()),
        ("origin", pa.string()),  # absolute path of a file that stays where it is, else null
        ("thumbnail", pa.binary()),
        # A blob column: scans never touch the bytes, and one image is read without its neighbours.
        pa.field("content", pa.large_binary(), metadata={"lance-encoding:blob": "true"}),
    ]
)
IMAGE_COLUMNS = [name for name in IMAGES.names if name not in ("thumbnail", "content")]

ATTRIBUTES = pa.schema([key("id", pa.int64()), ("label", pa.string()), ("split", pa.string())])

TAGS = pa.schema([("tag", pa.string()), ("id", pa.int64())])

REJECTED = pa.schema([key("path", pa.string()), ("reason", pa.string()), ("detail", pa.string())])

ENCODINGS = pa.schema(
    [
        key("key", pa.string()),
        ("dataset", pa.string()),
        ("encoder", pa.string()),
        ("table", pa.string()),
        ("card", pa.string()),
    ]
)

RESULTS = pa.schema(
    [
        key("fingerprint", pa.string()),
        ("kind", pa.string()),  # graph, projection, clustering, names
        ("dataset", pa.string()),
        ("parent", pa.string()),  # fingerprint of the embedding it came from
        ("parameters", pa.string()),  # JSON
        ("seconds", pa.float64()),
        ("created", pa.float64()),
        ("arrays", pa.large_binary()),  # npz without pickle
    ]
)

MODELS = pa.schema(
    [
        key("id", pa.string()),
        ("dataset", pa.string()),
        ("kind", pa.string()),  # probe, ensemble, encoder
        ("name", pa.string()),
        ("facts", pa.string()),  # JSON
        ("nbytes", pa.int64()),
        ("created", pa.float64()),
        ("content", pa.large_binary()),
    ]
)

SELECTIONS = pa.schema(
    [
        key("hash", pa.string()),
        ("dataset", pa.string()),
        ("name", pa.string()),  # empty until someone names it
        ("how", pa.string()),
        ("projection", pa.string()),
        ("created", pa.float64()),
        ("ids", pa.list_(pa.int64())),
    ]
)

JOBS = pa.schema(
    [
        key("id", pa.string()),
        ("kind", pa.string()),
        ("dataset", pa.string()),
        ("state", pa.string()),
        ("created", pa.float64()),
        ("record", pa.string()),  # the whole job as JSON
    ]
)


# Of each dataset. An older Kindred leaves these tables alone, and its orphans are swept like others: LAYOUT stays.
DECISIONS = pa.schema(
    [
        key("id", pa.string()),
        ("at", pa.float64()),  # seconds since the epoch
        ("actor", pa.string()),
        ("who", pa.string()),
        ("action", pa.string()),
        ("ids", pa.list_(pa.int64())),
        ("value", pa.string()),
        ("finding", pa.string()),
        ("case", pa.string()),
        ("reason", pa.string()),
        ("score", pa.float64()),
    ]
)

VERSIONS = pa.schema(
    [
        key("name", pa.string()),
        ("created", pa.float64()),
        ("facts", pa.string()),  # JSON: who, note, counts, state
        ("arrays", pa.large_binary()),  # npz without pickle: ids, codes of labels and splits, tags
    ]
)

CLAIMS = pa.schema(
    [
        key("case", pa.string()),
        ("actor", pa.string()),  # who has it before their eyes; empty when nobody has
        ("until", pa.float64()),  # seconds since the epoch, when others may have it
        ("skipped", pa.float64()),  # when someone last passed it over; 0 never
    ]
)


def vectors(dim: int) -> pa.Schema:
    """The table of one dataset's vectors from one encoder of `dim` dimensions."""
    return pa.schema(
        [
            key("id", pa.int64()),
            ("sha256", pa.string()),  # of the image that was embedded: a changed image is missing again
            ("vector", pa.list_(pa.float32(), dim)),
        ]
    )


# What processes on other machines have written and nobody has committed yet, a row a block of images.
STAGED = pa.schema(
    [
        key("block", pa.string()),
        ("encoder", pa.string()),  # fingerprint of its card
        ("ids", pa.list_(pa.int64())),
        ("pieces", pa.list_(pa.string())),  # Lance's description of each file, as JSON
    ]
)


def parts(dim: int) -> pa.Schema:
    """Vectors of length 1 in the order of their partitions, for the length of a computation."""
    return pa.schema([("partition", pa.int32()), ("id", pa.int64()), ("vector", pa.list_(pa.float32(), dim))])


def nearest(k: int) -> pa.Schema:
    """The k most similar other images of each image, best first; −1 where there are fewer."""
    return pa.schema(
        [("id", pa.int64()), ("others", pa.list_(pa.int64(), k)), ("similarity", pa.list_(pa.float32(), k))]
    )
