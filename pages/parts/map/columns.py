"""What is known of the images on a map, one column at a time, as planes in the order of the map's rows.

A column's key says where it is from: `label`, `split`, `trust`, `tag`, `tag:NAME`, `group:FINGERPRINT` of a clustering,
`found:FINGERPRINT` of a check, `meta:NAME`, or a fact of the file. Categories are codes, 0 for none; numbers and dates
are values, NaN for none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.errors import UnknownName
from pages.parts import cached
from pages.parts.map import planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.parts.cached import Columns
    from pages.parts.map.present import Known

CATEGORY, NUMBER, DATE = "category", "number", "date"
FACTS = {
    "width": "Width in pixels",
    "height": "Height in pixels",
    "nbytes": "File size in bytes",
    "format": "File format",
}
SEVERAL = "several tags"
GONE = "no longer in the dataset"


class UnknownColumn(UnknownName):
    noun = "column"


def options(columns: Columns, *, trust: bool, scored: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Key, title and kind of the columns that say something, but for groups, the most telling first.

    `scored` are fingerprint and title of what checks have found, see `derived.scored`.
    """
    found = [("label", "Label", CATEGORY)] if columns.labels else []
    found += [("split", "Split", CATEGORY)] if columns.splits else []
    found += [("tag", "Tag", CATEGORY)] if columns.tags else []
    found += [("trust", "Trust", NUMBER)] if trust else []
    found += [(f"found:{fingerprint}", title, NUMBER) for fingerprint, title in (scored or {}).items()]
    for name in columns.metadata.column_names:
        kind = kind_of(columns.metadata[name].type)
        found += [(f"meta:{name}", name, kind)] if kind else []
    return found + [(name, title, CATEGORY if name == "format" else NUMBER) for name, title in FACTS.items()]


def kind_of(of: pa.DataType) -> str | None:
    """How values of a type are shown; None for those that are not."""
    if pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of):
        return NUMBER
    if pa.types.is_date(of) or pa.types.is_timestamp(of):
        return DATE
    return None if pa.types.is_nested(of) or pa.types.is_binary(of) else CATEGORY


def column(now: Known, key: str) -> bytes:
    """The container of the column with that key. Raises `UnknownColumn`."""
    source, colon, name = key.partition(":")
    if colon:
        made = _NAMED[source](now, name) if source in _NAMED else None
    elif key in FACTS:
        made = _of_table(now, FACTS[key], now.columns.images[key])
    else:
        made = _SINGLE[key](now) if key in _SINGLE else None
    if made is None:
        raise UnknownColumn(key)
    return made


def settled(now: Known, key: str) -> bool:
    """Whether the column is the same for as long as the dataset is: groups may yet get their names."""
    source, _, name = key.partition(":")
    clusters = cached.read_clusters(now.dataset, name) if source == "group" else None
    return clusters is None or clusters.current


def coded(title: str, codes: NDArray[np.integer], names: pa.Array, unknown: str) -> bytes:
    """A category. `codes` (n,) number `names` from 1; those that occur are numbered anew, the most frequent first."""
    counts = np.bincount(codes, minlength=len(names) + 1)[1:]
    table = pa.table({"fewer": -counts, "name": names, "code": np.arange(1, len(names) + 1)})
    table = table.filter(pc.less(table["fewer"], 0)).sort_by([("fewer", "ascending"), ("name", "ascending")])
    order = table["code"].to_numpy()
    renumbered = np.zeros(len(names) + 1, np.min_scalar_type(max(len(order), 1)))
    renumbered[order] = np.arange(1, len(order) + 1)
    return planes.pack(
        len(codes),
        {"codes": renumbered[codes]},
        title=title,
        kind=CATEGORY,
        unknown=unknown,
        names=table["name"].to_pylist(),
        counts=counts[order - 1].tolist(),
    )


def _texts(now: Known, title: str, values: pa.Array, unknown: str) -> bytes:
    """A category of strings, row by row with the columns of `now`. An empty one says nothing."""
    found = _on_map(now, pc.if_else(pc.equal(values, ""), None, values)).dictionary_encode()
    codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False) + 1
    return coded(title, codes, found.dictionary, unknown)


def _of_table(now: Known, title: str, column: pa.ChunkedArray) -> bytes | None:
    """Whatever a column of a table holds; None for what is not shown."""
    kind, values = kind_of(column.type), column.combine_chunks()
    if kind is None:
        return None
    if kind == NUMBER:
        return _numbers(title, kind, _floats(_on_map(now, values)), "no value")
    if kind == DATE:
        moments = pc.cast(pc.cast(_on_map(now, values), pa.timestamp("us"), safe=False), pa.int64())
        return _numbers(title, kind, _floats(moments) / 1e6, "no date")
    if pa.types.is_boolean(column.type):
        return _texts(now, title, pc.if_else(values, "yes", "no"), "no value")
    return _texts(now, title, pc.cast(values, pa.string()), "no value")


def _of_metadata(now: Known, name: str) -> bytes | None:
    known = now.columns.metadata
    return _of_table(now, name, known[name]) if name in known.column_names else None


def _numbers(title: str, kind: str, values: NDArray[np.floating], unknown: str, **bounds: float) -> bytes:
    """A scale from the least to the greatest of `values` (n,), or between `bounds`; null where there is no number."""
    with np.errstate(over="ignore"):
        sent = values.astype(np.float64 if kind == DATE else np.float32)
    sent[~np.isfinite(sent)] = np.nan
    known = sent[np.isfinite(sent)]
    facts: dict[str, Any] = {"title": title, "kind": kind, "unknown": unknown, "low": None, "high": None}
    if len(known):
        facts |= {"low": float(known.min()), "high": float(known.max())}
    if kind == NUMBER and len(known) and bool((known == np.floor(known)).all()):
        facts["whole"] = True
    return planes.pack(len(sent), {"values": sent}, **{**facts, **bounds})


def _trust(now: Known) -> bytes | None:
    if now.trust is None:
        return None
    return _numbers("Trust", NUMBER, np.where(now.gone, np.nan, now.trust), "not judged", low=0, high=1)


def _tags(now: Known) -> bytes:
    """One tag an image; those with several say so."""
    tags = list(now.columns.tags)
    codes = np.zeros(len(now.rows), np.int32)
    for code, tag in enumerate(tags, start=1):
        tagged = _tagged(now, tag)
        codes[tagged] = np.where(codes[tagged] > 0, len(tags) + 1, code)
    return coded("Tag", codes, pa.array([*tags, SEVERAL]), "no tag")


def _one_tag(now: Known, tag: str) -> bytes | None:
    if tag not in now.columns.tags:
        return None
    answer = 1 + _tagged(now, tag).astype(np.int32)
    return coded(tag, np.where(now.gone, 0, answer), pa.array(["no", "yes"]), GONE)


def _tagged(now: Known, tag: str) -> NDArray[np.bool_]:
    """(n,) whether each image carries the tag"""
    ids = now.columns.tags[tag]
    tagged = np.isin(now.columns.ids, np.fromiter(ids, np.int64, len(ids)))
    found: NDArray[np.bool_] = np.append(tagged, False)[now.rows]  # row −1, for those that are gone, is the last
    return found


def _group(now: Known, fingerprint: str) -> bytes | None:
    """The groups of a clustering. They may be of other images than the map."""
    clusters = cached.read_clusters(now.dataset, fingerprint)
    if clusters is None or clusters.dataset != now.dataset.uuid:
        return None
    number = np.zeros(len(now.columns.ids) + 1, np.int32)  # of each row of `columns`; the last is row −1
    number[now.columns.find(clusters.ids)] = clusters.clustering.labels + 1
    number[-1] = 0
    return coded("Group", number[now.rows], pa.array(clusters.names.names, pa.string()), "in no group")


def _found(now: Known, fingerprint: str) -> bytes | None:
    """What a check has found, as a number. It may be of other images than the map."""
    scores = cached.scores(fingerprint)
    if scores is None or scores.dataset != now.dataset.uuid:
        return None
    value = np.full(len(now.columns.ids) + 1, np.nan, np.float32)  # of each row of `columns`; the last is row −1
    value[now.columns.find(scores.ids)] = scores.values
    value[-1] = np.nan
    return _numbers(scores.title, NUMBER, value[now.rows], "not looked at")


def _on_map(now: Known, values: pa.Array) -> pa.Array:
    """Values in the order of the map's rows, null for images that are gone."""
    return values.take(pa.array(now.rows, mask=now.gone))


def _floats(values: pa.Array) -> NDArray[np.float64]:
    """As float64, NaN for null."""
    found: NDArray[np.float64] = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


_SINGLE: dict[str, Callable[[Known], bytes | None]] = {
    "label": lambda now: _texts(now, "Label", now.columns.label, "no label"),
    "split": lambda now: _texts(now, "Split", now.columns.split, "no split"),
    "tag": _tags,
    "trust": _trust,
}
_NAMED: dict[str, Callable[[Known, str], bytes | None]] = {
    "tag": _one_tag,
    "group": _group,
    "found": _found,
    "meta": _of_metadata,
}
