"""Filters at work: each kind of condition against numpy, and in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from pages.parts import filter_bar, filtering, filters, table
from pages.parts.cached import Columns
from pages.parts.map.present import Known, Present, present
from tests.pages import small
from tests.pages.aviary import COUNT, SIZES, START, filled, those


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        yield workspace


def known(dataset: Dataset, drawn: derived.MapResult | None = None) -> Known:
    return Known(drawn, dataset, dataset.token)


def numbers(now: Known, text: str) -> list[int]:
    """The numbers in the paths of what passes."""
    rows = filtering.rows(now, filters.parse(text))
    return sorted(int(path.split("/")[1][:-4]) for path in now.columns.paths.take(pa.array(rows)).to_pylist())


# -- which images pass ------------------------------------------------------------------------------------------


def test_names_and_no_value(workspace: Workspace) -> None:
    now = known(filled(workspace))
    assert numbers(now, "label=a") == those(lambda n: n % 2 == 0 and n)
    assert numbers(now, "label=") == [0]
    assert numbers(now, "label=|a") == those(lambda n: n % 2 == 0)
    assert numbers(now, "label!=a") == those(lambda n: n % 2 or n == 0)
    assert numbers(now, "label!=") == list(range(1, COUNT))
    assert numbers(now, "label=a|b|never") == list(range(1, COUNT))
    assert numbers(now, "label=never") == []
    assert numbers(now, "tag=odd") == those(lambda n: n % 2)
    assert numbers(now, "tag:odd=no") == those(lambda n: n % 2 == 0)
    assert numbers(now, "meta:%2A%2Akind%2A%2A=kind 1") == those(lambda n: n % 7 and n % 5 == 1)
    assert numbers(now, "meta:%2A%2Akind%2A%2A=") == those(lambda n: n % 7 == 0)


def test_ranges_with_both_ends_and_without(workspace: Workspace) -> None:
    now = known(filled(workspace))
    given = {number: size for number, size in enumerate(SIZES) if size is not None}
    assert numbers(now, "meta:size=[4.0..11.0]") == [n for n in given if 4 <= n <= 11]
    assert numbers(now, "meta:size=[4.5..]") == [n for n in given if n >= 4.5]
    assert numbers(now, "meta:size=[..4.0]") == [n for n in given if n <= 4]
    assert numbers(now, "width=[50..]") == those(lambda n: 40 + n >= 50)
    moment = (START + timedelta(days=3)).timestamp()
    assert numbers(now, f"meta:taken=[{moment}..]") == those(lambda n: n >= 3)
    assert numbers(now, f"meta:taken=[{moment + 0.5}..]") == those(lambda n: n >= 4)


def test_a_part_of_the_path_in_capitals_or_not(workspace: Workspace) -> None:
    now = known(filled(workspace))
    assert numbers(now, "path~B/1") == those(lambda n: n % 2 and str(n).startswith("1"))
    assert numbers(now, "path~.*") == []


def test_all_conditions_must_hold(workspace: Workspace) -> None:
    now = known(filled(workspace))
    assert numbers(now, "label=b;width=[50..];path~1;tag=odd") == those(lambda n: n % 2 and n >= 10 and "1" in str(n))


@pytest.mark.parametrize(
    "text",
    [
        *("", "gone=x", "meta:gone=[1..]", "group:0000=x", "tag:gone=yes", "trust=[..0.1]", "split~x", "path=x"),
        *("label=[1..2]", "width=cat", "width!=cat", "meta:taken~x"),
    ],
)
def test_what_does_not_fit_its_column_lets_all_pass(workspace: Workspace, text: str) -> None:
    assert numbers(known(filled(workspace)), text) == list(range(COUNT))


def test_labels_that_there_are_not_filter_nothing(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=[None] * 6, splits=[None] * 6)
    assert filtering.passing(known(dataset), filters.parse("label=a;split!=train;tag=odd")).all()


def test_trust_is_that_of_each_image_whatever_the_order_of_the_map(workspace: Workspace) -> None:
    dataset = filled(workspace)
    drawn = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    trust = np.linspace(0, 1, COUNT - 4).astype(np.float32)
    others = np.random.default_rng(0).permutation(drawn.ids)[: len(trust)]  # in another order, and not all
    one = replace(drawn, ids=others, projection=replace(drawn.projection, points=np.eye(len(trust), 2), trust=trust))
    now = known(dataset, one)
    mask = filtering.passing(now, filters.parse("trust=[..0.5]"))
    assert set(now.columns.ids[mask].tolist()) == set(others[trust <= 0.5].tolist())
    assert filter_bar.choices(now, "trust").high == 1


def test_on_a_map_what_has_left_the_dataset_never_passes(workspace: Workspace) -> None:
    dataset = filled(workspace)
    drawn = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    left = drawn.ids[:3].tolist()
    dataset._store.delete(dataset.table("images"), f"id IN ({','.join(map(str, left))})")
    now = present(drawn.fingerprint)
    assert isinstance(now, Present)
    there = ~np.isin(drawn.ids, left)
    for text in ("", "path~png", "label!=never", "width=[1..]", "gone=x"):
        assert filtering.passing(now, filters.parse(text)).tolist() == there.tolist(), text
    paths = dict(zip(now.columns.ids.tolist(), now.columns.paths.to_pylist(), strict=True))
    wanted = [image in paths and "a/" in paths[image] for image in drawn.ids.tolist()]
    assert filtering.passing(now, filters.parse("path~a/")).tolist() == wanted


def test_groups_filter_by_name(workspace: Workspace) -> None:
    dataset = filled(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    now = known(dataset)
    wanted = filters.Filters((filters.Condition(f"group:{found.fingerprint}", names=(found.names.names[1],)),))
    passing = now.columns.ids[filtering.rows(now, wanted)]
    assert sorted(passing.tolist()) == sorted(found.ids[found.clustering.labels == 1].tolist())


def test_another_label_is_another_answer(workspace: Workspace) -> None:
    dataset = filled(workspace)
    assert numbers(known(dataset), "label=") == [0]
    dataset.put_attributes(dataset.image_ids(["a/0.png"]), labels=["a"])
    assert numbers(known(dataset), "label=") == []


def test_sixty_thousand_images_are_filtered_and_sorted_within_half_a_second() -> None:
    n = 60_000
    rng = np.random.default_rng(0)
    images = pa.table(
        {
            "id": rng.permutation(n).astype(np.int64),
            "path": [f"label {number % 50}/image {number:05d}.jpg" for number in range(n)],
            "sha256": ["0" * 64] * n,
            "width": pa.array(rng.integers(10, 4000, n), pa.int32()),
            "height": pa.array(rng.integers(10, 4000, n), pa.int32()),
            "nbytes": rng.integers(0, 10**6, n),
        }
    )
    label = pa.array([f"label {number % 50}" for number in range(n)])
    split = pa.array(["train" if number % 5 else "val" for number in range(n)])
    now = Known(None, None, "sixty thousand")  # type: ignore[arg-type]
    now.__dict__["columns"] = Columns("uuid", images, label, split, pa.table({}), {"seen": frozenset(range(30_000))})
    begun = time.perf_counter()
    wanted = filters.parse("path~image 0;label=label 1|label 2;split=train;tag=seen")
    rows = table.ordered(now.columns, filtering.rows(now, wanted), "Fewest pixels")
    everything = table.ordered(now.columns, filtering.rows(now, filters.Filters()), "Label")
    seconds = time.perf_counter() - begun
    assert 0 < len(rows) < 2400
    assert len(everything) == n
    assert seconds < 0.5


# -- in words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "all images"),
        ("label=cat", "Label is cat"),
        ("label=a|b|c|d|e", "Label is a or b or c or 2 more"),
        ("split!=test|", "Split is not test or no split"),
        ("meta:size=", "size is no value"),
        ("width=[1200..]", "Width in pixels from 1,200"),
        ("nbytes=[..1234567]", "File size in bytes up to 1,234,567"),
        ("meta:size=[0.25..1e-7]", "size 0.25 to 1e-07"),
        ("meta:taken=[1709121600.0..1709251199.999]", "taken 2024-02-28 to 2024-02-29"),
        ("path~tower;label=cat", "Path contains “tower”, Label is cat"),
        ("group:0123=birds", "Group is birds"),
        ("meta:a%3Ab=x", "a:b is x"),
        ("what=x", "what is x"),
    ],
)
def test_conditions_in_words(workspace: Workspace, text: str, said: str) -> None:
    assert filtering.said(known(filled(workspace)), filters.parse(text)) == said
