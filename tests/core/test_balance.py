"""Counts, thin regions and what could go, and shortcuts: planted ones are named, chance is not."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedding_core import derived, neighbours, places
from embedding_core.embed import embed
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.ingest import add
from embedding_core.neighbours import NeighbourGraph
from embedding_core.quality.composition.association import association
from embedding_core.quality.composition.balance import Balance, balance, evenness, one_to_one
from embedding_core.quality.composition.columns import Column, classes, column
from embedding_core.quality.composition.cover import Cover, cover
from embedding_core.quality.composition.covering import greedy
from embedding_core.quality.composition.shortcuts import Shortcuts, shortcuts
from embedding_core.sources import open_source
from embedding_core.workspace import Workspace


def texts(name: str, *values: str | None) -> Column:
    found = classes(name, pa.array(list(values)))
    assert found is not None
    return found


def test_classes_are_counted_and_their_evenness_is_said() -> None:
    labels = texts("label", *["a"] * 6, *["b"] * 2, None, None)
    found = balance(10, labels, [])
    assert found.classes == (("a", 6), ("b", 2))
    assert found.unlabelled == 2
    assert found.evenness.ratio == 3
    assert found.evenness.entropy == pytest.approx(0.8113, abs=1e-4)
    assert evenness(np.array([5, 5, 0, 5])).effective == pytest.approx(3)
    assert "6 images, 3.0 times as many as b with 2" in found.words
    assert balance(2, texts("label", "a", None), []).classes == (("a", 1),)
    assert balance(3, None, []).words == "No image has a label."
    assert Balance.restored(found.arrays(), found.facts()) == found


def test_a_small_slice_is_told_by_itself_and_within_a_class() -> None:
    # Of 80 dogs and 80 cats half are at night, but for dogs, of whom 2 are.
    labels = texts("label", *["dog"] * 80, *["cat"] * 80)
    light = texts("light", *["night"] * 2, *["day"] * 78, *["night"] * 40, *["day"] * 40)
    camera = texts("camera", *["old"] * 4, *["new"] * 156)
    found = balance(160, labels, [light, camera])
    small = {(one.column, one.value, one.label) for one in found.small}
    assert small == {("light", "night", "dog"), ("camera", "old", None)}
    night = next(one for one in found.small if one.column == "light")
    assert (night.count, night.expected) == (2, 21)
    assert night.words == "light = night among dog: 2 images where about 21 would be expected."


def test_numbers_become_fifths_and_what_names_images_is_no_column() -> None:
    numbers = column("size", pa.array([float(one) for one in range(100)]))
    assert numbers is not None
    assert numbers.counts().tolist() == [20] * 5
    assert numbers.values[0].startswith("below")
    few = column("stars", pa.array([1, 2, 2, None, 3]))
    assert few is not None
    assert (few.values, few.codes.tolist()) == (("1", "2", "3"), [0, 1, 1, -1, 2])
    assert column("name", pa.array([f"image {one}" for one in range(40)])) is None
    assert column("same", pa.array(["x"] * 10)) is None
    assert column("nothing", pa.array([None] * 10)) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 7), st.integers(0, 2**31))
def test_the_greedy_cover_covers_all_and_is_near_the_best(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = min(3, n - 1)
    rows = np.array([rng.choice(np.delete(np.arange(n), one), k, replace=False) for one in range(n)], np.int32)
    near = rng.random((n, k)) < 0.6
    reach = np.eye(n, dtype=bool)
    for one, other in zip(np.repeat(np.arange(n), k)[near.ravel()], rows.ravel()[near.ravel()], strict=True):
        reach[one, other] = reach[other, one] = True
    order, covered = greedy(rows, near)
    assert [int(reach[order[: m + 1]].any(axis=0).sum()) for m in range(len(order))] == covered.tolist()
    assert covered[-1] == n
    # Each pick gains as much as any other would have.
    for m, picked in enumerate(order):
        left = ~reach[order[:m]].any(axis=0)
        assert (reach & left).sum(axis=1).max() == (reach[picked] & left).sum()
    best = next(m for m in range(1, n + 1) if any(reach[list(c)].any(axis=0).all() for c in combinations(range(n), m)))
    assert len(order) <= best * (1 + np.log(n))


def test_copies_can_go_and_what_is_alone_is_thin() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(8, 32))
    vectors = np.repeat(centres, 20, axis=0) + rng.normal(scale=0.02, size=(160, 32))
    vectors = np.concatenate([vectors, rng.normal(size=(1, 32))]).astype(np.float32)
    found = cover(np.arange(161), neighbours.graph(vectors), radius=0.9)
    assert len(found.kept()) == 9, "one of each heap of look-alikes, and the one that is alone"
    assert found.sparse().tolist() == [160]
    assert "times as far as usual" in found.reason(160)
    assert len(found.redundant()) + len(found.kept()) == 161
    assert len(found.kept(0.9)) == 8
    assert found.curve()[-1] == (9 / 161, 1.0)
    labels = texts("label", *["heap"] * 160, None)
    assert [(one.label, one.thin) for one in found.by_class(labels)] == [("heap", 0)]
    again = Cover.restored(found.arrays(), found.facts())
    assert np.array_equal(again.kept(0.5), found.kept(0.5))
    with pytest.raises(InvalidInput, match="0 to 1"):
        found.kept(1.5)
    with pytest.raises(InvalidInput, match="cosine"):
        cover(np.arange(161), neighbours.graph(vectors), radius=3)


def test_one_image_covers_itself() -> None:
    alone = NeighbourGraph(np.zeros((1, 0), np.int32), np.zeros((1, 0), np.float32))
    assert cover(np.arange(1), alone).kept().tolist() == [0]


def test_association_is_one_for_the_same_and_chance_is_held_against_it() -> None:
    rng = np.random.default_rng(1)
    labels = texts("label", *(f"class {one}" for one in rng.integers(0, 6, 600)))
    same = association(labels, texts("other", *(f"is {one}" for one in labels.codes)))
    assert same.v == pytest.approx(1)
    free = association(labels, texts("free", *(f"is {one}" for one in rng.integers(0, 5, 600))))
    assert free.v < 0.1
    assert free.bits < 0.02
    half = association(labels, texts("half", *(f"is {one % 2}" for one in labels.codes)))
    assert half.bits == pytest.approx(1, abs=0.02)


def planted(seed: int) -> tuple[NDArray[np.float32], Column, dict[str, Column]]:
    """Vectors that show the class and the background; the background goes with the class, four times of five."""
    rng = np.random.default_rng(seed)
    n = 600
    classes = rng.integers(0, 2, n)
    background = np.where(rng.random(n) < 0.8, classes, 1 - classes)
    hidden = np.where(rng.random(n) < 0.6, classes, 1 - classes)
    vectors = rng.normal(scale=0.5, size=(n, 24))
    vectors[:, 0] += 2 * background
    vectors[:, 1] += classes
    columns = {
        "background": texts("background", *np.where(background, "grass", "road").tolist()),
        "chance": texts("chance", *(f"v{one}" for one in rng.integers(0, 4, n))),
        "renamed": texts("renamed", *np.where(classes, "Hund", "Katze").tolist()),
        "hidden": texts("hidden", *np.where(hidden, "x", "y").tolist()),
    }
    return vectors.astype(np.float32), texts("label", *np.where(classes, "dog", "cat").tolist()), columns


def test_a_planted_shortcut_is_named_and_chance_is_not() -> None:
    vectors, labels, columns = planted(4)
    found = shortcuts(vectors, labels, list(columns.values()))
    by_name = {one.column: one for one in found.found}
    assert [one.column for one in found.suspects] == ["background"]
    assert by_name["background"].v == pytest.approx(0.6, abs=0.08)
    assert "background and label go together: V 0.6" in by_name["background"].words
    assert by_name["renamed"].same
    assert not by_name["chance"].together
    assert found.found[0].column == "renamed", "the strongest first"
    assert Shortcuts.restored(found.arrays(), found.facts()) == found


def test_what_goes_with_the_label_but_cannot_be_seen_is_no_shortcut() -> None:
    vectors, labels, columns = planted(5)
    blind = np.random.default_rng(0).normal(size=vectors.shape).astype(np.float32)
    (background,) = shortcuts(blind, labels, [columns["background"]]).found
    assert background.together
    assert not background.seen
    assert "does not show it" in background.words


def test_two_columns_are_one_to_one_only_when_both_ways() -> None:
    labels = texts("label", "a", "a", "b", "b", "c", None)
    assert one_to_one(labels, texts("renamed", "x", None, "y", "y", "z", "z"))
    assert not one_to_one(labels, texts("finer", "x", "w", "y", "y", "z", "z"))
    assert not one_to_one(labels, texts("coarser", "x", "x", "y", "y", "y", "y"))
    assert not one_to_one(labels, texts("of some", "x", "x", "y", "y", None, None)), "nothing is known of c"
    assert not one_to_one(texts("label", "a", "a"), texts("same", "x", "x")), "one class is no class"


def test_columns_that_are_the_label_by_construction_are_left_out_and_named(tmp_path: Path) -> None:
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("set")
    add(workspace, dataset, open_source(str(places.SAMPLE / "bug")))
    embed(dataset, registry.load("pixels"))
    ids = dataset.images()["id"].to_pylist()
    kinds = ["bug" if at % 3 else "bird" for at in range(len(ids))]
    said = {
        "kind": [*kinds[:-1], "bird" if kinds[-1] == "bug" else "bug"],  # which somebody has put right since
        "Label": ["x" if at % 2 else "y" for at in range(len(ids))],
        "art": ["Käfer" if kind == "bug" else "Vogel" for kind in kinds],
        "day": [f"d{at % 4}" for at in range(len(ids))],
    }
    splits = ["train" if kind == "bug" else "test" for kind in kinds]
    dataset.put_attributes(ids, labels=kinds, splits=splits, metadata=pa.table(said))
    workspace.update(dataset, label_source="column:kind")
    dataset = workspace.dataset("set")
    found = derived.balance(workspace, dataset).found
    assert set(found.left_out) == {"kind", "Label", "art"}
    assert {one.column for one in found.slices} == {"split", "day"}
    related = derived.shortcuts(workspace, dataset, dataset.embedding("pixels")).found
    assert not {one.column for one in related.found} & {"kind", "Label", "art"}
    assert next(one for one in related.found if one.column == "split").same, "a split by label is worth knowing"


def test_columns_of_other_images_are_refused() -> None:
    vectors, labels, _ = planted(6)
    with pytest.raises(InvalidInput, match="2 images"):
        shortcuts(vectors, labels, [Column("odd", np.zeros(2, np.int32), ("a", "b"))])
    with pytest.raises(InvalidInput, match="600 vectors for 5"):
        shortcuts(vectors, labels, [], rows=np.arange(5))


def test_counts_follow_the_labels_while_cover_stays(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    for name in ("bug", "bird"):
        shutil.copytree(places.SAMPLE / name, folder / name)
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("two")
    add(workspace, dataset, open_source(str(folder)))
    embed(dataset, registry.load("pixels"))
    embedding = dataset.embedding("pixels")
    first, covered = derived.balance(workspace, dataset), derived.cover(workspace, dataset, embedding)
    found = derived.shortcuts(workspace, dataset, embedding)
    assert {one.column for one in found.found.found} >= {"brightness", "colourfulness"}
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids[:3], labels=["fly"] * 3)
    assert derived.balance(workspace, dataset).found.evenness.classes == first.found.evenness.classes + 1
    assert derived.cover(workspace, dataset, embedding).fingerprint == covered.fingerprint
    assert derived.shortcuts(workspace, dataset, embedding).fingerprint != found.fingerprint
