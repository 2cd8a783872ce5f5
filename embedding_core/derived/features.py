"""Embeddings joined with a dataset's columns and image properties: which blocks there are, what each is worth."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from embedding_core.deciding.versions import NOW
from embedding_core.derived.balance import said_of
from embedding_core.derived.columns import PROPERTIES
from embedding_core.derived.components import judged_rows, state_of, vectors_of
from embedding_core.derived.encoders import flattered
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.labelled import held_out_if_any, labelled
from embedding_core.derived.looks import looks, looks_key
from embedding_core.errors import InvalidInput, UnknownName
from embedding_core.evaluate.joined.blocks import KINDS, Block, guess, parse
from embedding_core.evaluate.joined.features import EMBEDDING, OUTRIGHT, Asked, Features, join
from embedding_core.fingerprint import fingerprint
from embedding_core.ids import find
from embedding_core.quality.composition.columns import is_predicted
from embedding_core.records import silent
from embedding_core.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.joined.blocks import Kind
    from embedding_core.quality.photos.looks import Looks
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

KIND = "features"
REVISION = 3  # raised when the same columns come out otherwise
LOOKS = "image properties"  # name of their block
SPARSE = 0.05  # share of images with a value below which a column is left out


class UnknownColumn(UnknownName):
    noun = "column"


@dataclass(frozen=True, slots=True)
class Offered:
    """A column that could be a block, as the page lists it."""

    name: str
    kind: Kind  # what it is taken for
    different: int  # values
    missing: int
    examples: tuple[str, ...]
    why: str = ""  # why it is left out


def offered(dataset: Dataset, ids: NDArray[np.int64]) -> list[Offered]:
    """The metadata columns of these images (n,), and what each is taken for.

    Unless it is asked for, one that gives the label away is left out, since scores with it would prove nothing, and one
    that hardly an image has.
    """
    fixed, metadata = dataset.said_of(ids)
    labels = fixed["label"].to_pylist()
    same = set(said_of(dataset, ids).left_out) | {dataset.label_source.removeprefix("column:")}
    found = []
    for name in metadata.column_names:
        values = values_of(metadata[name])
        known = [value for value in values if value not in (None, "")]
        different = dict.fromkeys(map(str, known))
        kind: Kind = "leave" if name in same else guess(values)
        why = "It is the label by another name." if name in same else _why(kind, len(different))
        if kind == "category" and _tells(values, labels) >= OUTRIGHT:
            kind, why = "leave", "It gives the label away: each of its values goes with one label."
        if kind != "leave" and len(known) < SPARSE * len(values):
            kind, why = "leave", "Hardly an image has a value."
        if is_predicted(name):
            kind, why = "leave", "A model has predicted it from these images: it says nothing beyond them."
        examples = tuple(list(different)[:3])
        found.append(Offered(name, kind, len(different), len(values) - len(known), examples, why))
    return found


def join_features(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    columns: Sequence[str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    version: str = NOW,
    seed: int = 0,
    progress: Reporter = silent,
) -> Kept[Features]:
    """The vectors joined with `columns`, metadata and `LOOKS`; by default with all that are taken for something.

    `kinds` says what some columns are instead of what they are taken for. Raises `UnknownColumn`, `UnknownVersion` and
    `InvalidInput`.
    """
    chosen = chosen_of(offered(dataset, dataset.images()["id"].to_numpy()), columns, kinds)

    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    held = held_out_if_any(workspace, dataset, known)  # first: what is set aside is part of the key

    def find_it() -> Features:
        seen = looks(workspace, dataset, progress).found if LOOKS in chosen else None
        asked, why_not = None, flattered(embedding.card.id, "scores of its vectors")
        if len(known.classes) > 1 and not why_not:
            nobody = np.empty(0, np.int64)
            test, clusters = (nobody, nobody) if held is None else (held.test, held.clusters)
            asked = Asked(judged_rows(known, held, seed), known.codes, known.groups, test, clusters)
        unit = unit_rows(vectors_of(embedding, known))
        blocks = _blocks(dataset, known.ids, chosen, seen)
        return join(known.ids, unit, blocks, asked=asked, why_not=why_not, seed=seed, progress=progress)

    return keep(
        workspace,
        dataset,
        _key(workspace, dataset, embedding, chosen, version, seed),
        kind=KIND,
        parent=embedding.fingerprint,
        of=Features,
        find=find_it,
        asked={"columns": chosen, "version": version, "seed": seed},
    )


def features_key(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    columns: Sequence[str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    version: str = NOW,
    seed: int = 0,
) -> str:
    """The fingerprint of what `join_features` finds as things stand. Raises as it does."""
    chosen = chosen_of(offered(dataset, dataset.images()["id"].to_numpy()), columns, kinds)
    return _key(workspace, dataset, embedding, chosen, version, seed)


def read_features(workspace: Workspace, key: str) -> Kept[Features] | None:
    return read_kept(workspace, key, Features)


def chosen_of(
    known: Sequence[Offered], columns: Sequence[str] | None, kinds: Mapping[str, Kind] | None
) -> dict[str, Kind]:
    """Name → kind of the columns that are joined. Raises `UnknownColumn`, and `InvalidInput` for an unknown kind."""
    taken = {one.name: one.kind for one in known}
    for name, kind in (kinds or {}).items():
        if name not in taken:
            raise UnknownColumn(name, taken)
        if kind not in KINDS:
            raise InvalidInput(f"A column is one of {', '.join(KINDS)}, and {kind!r} is none of them.")
        taken[name] = kind
    wanted = [*(name for name, kind in taken.items() if kind != "leave"), LOOKS] if columns is None else list(columns)
    found: dict[str, Kind] = {}
    for name in wanted:
        if name == LOOKS:
            found[LOOKS] = "number"
        elif name not in taken:
            raise UnknownColumn(name, [*taken, LOOKS])
        elif taken[name] == "leave" and name not in (kinds or {}):
            # Asked for by name: then it is put in, as what it looks like.
            found[name] = "category"
        elif taken[name] != "leave":
            found[name] = taken[name]
    return found


def values_of(column: pa.ChunkedArray) -> list[object]:
    """Values (n,) of a metadata column; nested ones as text."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    values: list[object] = column.to_pylist()
    return [str(value) if isinstance(value, (list, dict, bytes)) else value for value in values]


def _blocks(dataset: Dataset, ids: NDArray[np.int64], chosen: Mapping[str, Kind], seen: Looks | None) -> list[Block]:
    _, metadata = dataset.said_of(ids)
    found = [
        Block(name, kind, {name: parse(values_of(metadata[name]), kind)})
        for name, kind in chosen.items()
        if name != LOOKS
    ]
    if seen is not None:
        rows = find(ids, seen.ids)
        measured = {}
        for name in PROPERTIES:
            numbers = np.where(rows >= 0, getattr(seen, name)[rows].astype(np.float64), np.nan)
            if np.isfinite(numbers).any():
                measured[f"image {name}"] = numbers
        if measured:
            found.append(Block(LOOKS, "number", measured))
    clash = {EMBEDDING} & {one.name for one in found}
    if clash:
        raise InvalidInput(f"A column is called {EMBEDDING!r}, as the block of vectors is. Rename it or leave it out.")
    return found


def _key(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    chosen: Mapping[str, Kind],
    version: str,
    seed: int,
) -> str:
    state = state_of(workspace, dataset, embedding, version)
    return fingerprint(KIND, REVISION, looks_key(dataset), state, columns=json.dumps(sorted(chosen.items())), seed=seed)


def _tells(values: Sequence[object], labels: Sequence[str | None]) -> float:
    """The share of labelled images whose label is the commonest among the others of their value; 0 without any."""
    counts: dict[object, Counter[str]] = defaultdict(Counter)
    for value, label in zip(values, labels, strict=True):
        if value not in (None, "") and label is not None:
            counts[value][label] += 1
    of_each = [sum(count.values()) for count in counts.values()]
    # One who is alone with a value has no others: that says nothing.
    right = sum(max(count.values()) for count, size in zip(counts.values(), of_each, strict=True) if size > 1)
    return right / max(sum(of_each), 1) if len({label for count in counts.values() for label in count}) > 1 else 0.0


def _why(kind: Kind, different: int) -> str:
    if kind != "leave":
        return ""
    return "It says the same of all images." if different < 2 else "Nearly every image has a value of its own."
