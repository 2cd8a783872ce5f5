"""Parquet in the layout of the Hugging Face hub: `datasets.load_dataset(folder)` reads it, and so does Kindred.

    data/train-00000-of-00002.parquet … data/test-00000-of-00001.parquet  README.md

A row holds `image` {bytes, path}, `label` (a `ClassLabel`, null where there is none), `path`, `tags` and each metadata
column. How `datasets` marks images and classes is in the schema's metadata, as `Dataset.to_parquet` writes it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from embedding_core.export.archive import Member, Sink, cut, whole
from embedding_core.export.tables import free_names

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken

SHARD = 500 * 2**20  # bytes of originals in a file, as the hub advises
ROW_GROUP = 32 * 2**20  # bytes of originals that are held until they are written
ROWS = 1000  # of a row group, at most

_FIXED = ("image", "label", "path", "tags")
_VALUES = {"int64": "int64", "double": "float64", "bool": "bool", "string": "string"}


def members(taken: Taken) -> Iterator[Member]:
    """A file for each 500 MB of each split, and the card of the data set."""
    schema, classes = _schema(taken), taken.classes()
    splits = _splits(taken)
    for split, rows in splits.items():
        shards = list(_shards(rows, taken.rows["nbytes"].to_pylist()))
        for number, shard in enumerate(shards):
            path = f"data/{split}-{number:05d}-of-{len(shards):05d}.parquet"
            yield Member(path, _written(taken, shard, schema, classes))
    yield whole("README.md", _readme(taken, {split: len(rows) for split, rows in splits.items()}).encode())


def _splits(taken: Taken) -> dict[str, list[int]]:
    """Rows by split, under names that `datasets` takes: words joined by dots; `train` where there are no splits."""
    given = taken.optional("split")
    lone = "unsplit" if any(given) else "train"
    names: dict[str | None, str] = {}
    for split in sorted({one or None for one in given}, key=lambda one: (one is None, one or "")):
        plain = re.sub(r"\W", "_", split or lone, flags=re.ASCII)
        plain = plain + "_" if plain.casefold() == "all" else plain  # which `datasets` takes for every split
        tried, number = plain, 2
        while tried.casefold() in {name.casefold() for name in names.values()}:
            tried, number = f"{plain}_{number}", number + 1
        names[split] = tried
    found: dict[str, list[int]] = {name: [] for name in names.values()}
    for row, split in enumerate(given):
        found[names[split or None]].append(row)
    return found


def _shards(rows: Sequence[int], sizes: Sequence[int]) -> Iterator[list[int]]:
    shard: list[int] = []
    size = 0
    for row in rows:
        if shard and size + sizes[row] > SHARD:
            yield shard
            shard, size = [], 0
        shard.append(row)
        size += sizes[row]
    if shard:
        yield shard


def _schema(taken: Taken) -> pa.Schema:
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    fields = [pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))]
    if classes := taken.classes():
        features["label"] = {"names": classes, "_type": "ClassLabel"}
        fields.append(pa.field("label", pa.int64()))
    fields += [pa.field("path", pa.string()), pa.field("tags", pa.list_(pa.string()))]
    features["path"] = {"dtype": "string", "_type": "Value"}
    features["tags"] = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}
    names = free_names(taken.metadata.column_names, _FIXED)
    for name, field in zip(names, taken.metadata.schema, strict=True):
        fields.append(pa.field(name, field.type))
        if str(field.type) in _VALUES:
            features[name] = {"dtype": _VALUES[str(field.type)], "_type": "Value"}
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _written(taken: Taken, rows: Sequence[int], schema: pa.Schema, classes: Sequence[str]) -> Iterator[bytes]:
    """One file, a piece at a time: a row group is held, then written."""
    sink = Sink()
    number = {label: code for code, label in enumerate(classes)}
    # Images are compressed already, and none is there twice; the other columns are small.
    repeated = [name for name in schema.names if name != "image"]
    made = pq.ParquetWriter(
        pa.PythonFile(sink, "w"), schema, compression="none", use_dictionary=repeated, write_statistics=["path"]
    )
    with made as writer:
        waiting: list[tuple[int, bytes]] = []
        size = 0
        for row, content in taken.contents(rows):
            waiting.append((row, content))
            size += len(content)
            if size >= ROW_GROUP or len(waiting) >= ROWS:
                writer.write_table(_table(taken, waiting, schema, number))
                waiting, size = [], 0
                yield from cut(sink.take())
        if waiting:
            writer.write_table(_table(taken, waiting, schema, number))
            yield from cut(sink.take())
    yield from cut(sink.take())


def _table(taken: Taken, waiting: Sequence[tuple[int, bytes]], schema: pa.Schema, number: dict[str, int]) -> pa.Table:
    rows = pa.array([row for row, _ in waiting], pa.int64())
    said = taken.rows.select(["id", "path", "label"]).take(rows)
    paths = said["path"].to_pylist()
    images = [{"bytes": content, "path": path} for (_, content), path in zip(waiting, paths, strict=True)]
    columns: list[Any] = [images]
    if number:
        columns.append([None if label is None else number[label] for label in said["label"].to_pylist()])
    columns += [paths, [list(taken.tags.get(image, ())) for image in said["id"].to_pylist()]]
    columns += taken.metadata.take(rows).columns
    arrays = [
        pa.array(column, field.type) if isinstance(column, list) else column
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def _readme(taken: Taken, counts: dict[str, int]) -> str:
    """The card of the data set: which files are which split, for `datasets`, and a few words for people."""
    name = taken.dataset.name
    files = "\n".join(f"  - split: {split}\n    path: data/{split}-*" for split in counts)
    sizes = "\n".join(f"| {split} | {count:,} |" for split, count in counts.items())
    return f"""---
pretty_name: {json.dumps(name)}
task_categories:
- image-classification
configs:
- config_name: default
  data_files:
{files}
---

# {html.escape(name)}

{len(taken):,} images, version “{html.escape(taken.version)}”, in {len(taken.classes()):,} classes. Written by Kindred.

| split | images |
|---|---|
{sizes}

```python
from datasets import load_dataset

images = load_dataset("path/to/this/folder")
```
"""
