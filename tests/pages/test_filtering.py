"""Filters at work: each kind of condition against numpy, in words, and through the widgets of a page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from pages.parts import cached, filter_bar, filtering, filters, groups, table
from pages.parts.cached import Columns
from pages.parts.map.present import Known, Present, present
from tests.pages import small

COUNT = 24
START = datetime(2024, 2, 28, 12, tzinfo=UTC)
SIZES = [float(number) if number % 3 else None for number in range(COUNT)]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        yield workspace


def filled(workspace: Workspace) -> Dataset:
    """24 birds. In the order of their numbers: a label less, a tag, numbers with gaps, dates, hostile names."""
    dataset = small.birds(workspace, count=COUNT)
    ids = dataset.image_ids([f"{'ab'[number % 2]}/{number}.png" for number in range(COUNT)])
    metadata = {
        "size": pa.array(SIZES),
        "taken": pa.array([START + timedelta(days=number) for number in range(COUNT)], pa.timestamp("us", "UTC")),
        "**kind**": [f"kind {number % 5}" if number % 7 else "" for number in range(COUNT)],
        "serial": [f"serial {number:02}" for number in range(COUNT)],
        "same": [7] * COUNT,
        "nothing": pa.array([None] * COUNT, pa.float64()),
        "Label": ["nest"] * COUNT,
    }
    dataset.put_attributes(ids, metadata=pa.table(metadata))
    dataset.put_attributes(ids[:1], labels=[None])
    dataset.tag("odd", [int(image) for image in ids[1::2]])
    return workspace.dataset("birds")


def known(dataset: Dataset, drawn: derived.MapResult | None = None) -> Known:
    return Known(drawn, dataset, dataset.token)


def numbers(now: Known, text: str) -> list[int]:
    """The numbers in the paths of what passes."""
    rows = filtering.rows(now, filters.parse(text))
    return sorted(int(path.split("/")[1][:-4]) for path in now.columns.paths.take(pa.array(rows)).to_pylist())


def those(holds: Any) -> list[int]:
    return [number for number in range(COUNT) if holds(number)]


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
    assert sorted(passing.tolist()) == sorted(groups.members(found, 1).tolist())


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


# -- widgets on Data --------------------------------------------------------------------------------------------


def box(app: AppTest, base: str, kind: str = "multiselect") -> Any:
    """The widget whose key begins so."""
    (found,) = (one for one in app.get(kind) if one.key.rpartition("_")[0] == f"filter_{base}")
    return found


def written(app: AppTest) -> str:
    found = app.query_params.get("filter", "")
    return found if isinstance(found, str) else "".join(found)


def shown(app: AppTest) -> str:
    return next(one.value for one in app.caption if " image" in str(one.value))


def test_widgets_show_what_a_link_filters(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds", filter="label=a|;path~png;tag=odd|gone")
    assert box(app, "label").value == ["a", ""]
    assert "(no label)" in box(app, "label").options
    assert box(app, "tag").value == ["odd", "gone"]
    assert box(app, "text", "text_input").value == "png"
    assert [one for one in app.button if one.key.startswith("filter_off")] == [], "the widgets say it"


def test_a_widget_keeps_its_key_while_it_is_used_and_gets_another_when_the_url_changes(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds")
    first = box(app, "label").key
    box(app, "label").select("a").run()
    assert written(app) == "label=a"
    box(app, "label").select("b").run()
    assert written(app) == "label=a|b"
    assert box(app, "label").key == first
    app.button(key="filter_clear").click().run()
    assert written(app) == ""
    assert box(app, "label").key != first, "what still reports the old value must not bring it back"
    assert box(app, "label").value == []
    assert shown(app) == "24 images"


def test_the_text_is_searched_for_as_it_is_without_blanks_around(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds")
    box(app, "text", "text_input").input("  b/1 ").run()
    assert written(app) == "path~b%2F1"
    assert shown(app) == f"{len(those(lambda n: n % 2 and str(n)[0] == '1'))} of 24 images"


def test_a_condition_that_no_widget_shows_has_a_chip(workspace: Workspace) -> None:
    filled(workspace)
    link = "label!=a;split=[1..2];width=[50..];meta:**kind**=kind 1;gone=x;path=x"
    app = small.open_page("data.py", dataset="birds", filter=link)
    chips = {one.key: one.label for one in app.button if one.key.startswith("filter_off")}
    assert set(chips) == {f"filter_off_{key}" for key in ("label", "split", "width", "meta:**kind**", "gone", "path")}
    assert chips["filter_off_label"] == "Label is not a"
    assert chips["filter_off_meta:**kind**"] == r"\*\*kind\*\* is kind 1"
    assert box(app, "label").placeholder == "All but 1"
    app.button(key="filter_off_label").click().run()
    assert "label" not in written(app)
    assert "width=[50.0..]" in written(app)


def test_a_split_of_a_dataset_without_splits_has_a_chip(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), splits=[None] * 6)
    app = small.open_page("data.py", dataset="birds", filter="split=train")
    assert app.button(key="filter_off_split").label == "Split is train"
    assert shown(app) == "6 of 6 images"


def test_a_range_has_two_fields_each_of_which_may_be_empty(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds", filter="meta:size=[4.5..]")
    app.selectbox(key="filter_column").set_value("meta:size").run()
    low, high = box(app, "meta:size_From", "number_input"), box(app, "meta:size_To", "number_input")
    assert (low.value, high.value, high.placeholder) == (5, None, "23")  # whole numbers all of them
    high.set_value(11).run()
    assert written(app) == "meta:size=[4.5..11.0]"
    box(app, "meta:size_From", "number_input").set_value(None).run()
    assert written(app) == "meta:size=[..11.0]"
    assert shown(app) == f"{len([n for n in range(12) if n % 3])} of 24 images"


def test_dates_have_calendars_and_a_day_counts_to_its_end(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds")
    app.selectbox(key="filter_column").set_value("meta:taken").run()
    to = box(app, "meta:taken_To", "date_input")
    assert (to.value, to.min, to.max) == (None, date(2024, 2, 28), date(2024, 3, 22))
    to.set_value(date(2024, 3, 1)).run()
    assert shown(app) == "3 of 24 images", "28 and 29 February and all of 1 March"
    assert box(app, "meta:taken_To", "date_input").value == date(2024, 3, 1)
    box(app, "meta:taken_From", "date_input").set_value(date(2024, 2, 29)).run()
    assert shown(app) == "2 of 24 images"
    assert app.button(key="filter_off_meta:taken").label == r"taken 2024\-02\-29 to 2024\-03\-01"


@pytest.mark.parametrize(
    "text", ["meta:taken=[-1e+300..1e+300]", "meta:size=[1e+300..]", "width=[5.5..2.0]", "trust=[9.0..]"]
)
def test_no_link_breaks_a_widget(workspace: Workspace, text: str) -> None:
    dataset = filled(workspace)
    derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    app = small.open_page("data.py", dataset="birds", filter=text)
    app.selectbox(key="filter_column").set_value(text.partition("=")[0]).run()
    assert not app.exception
    assert written(app) == text


def test_every_column_can_be_chosen_and_names_are_text(workspace: Workspace) -> None:
    dataset = filled(workspace)
    derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    app = small.open_page("data.py", dataset="birds")
    column = app.selectbox(key="filter_column")
    assert column.options.count("Label (metadata)") == 1, "and not mistaken for the label"
    for key in (
        "trust",
        "width",
        "format",
        *(f"meta:{name}" for name in cached.columns(dataset).metadata.column_names),
    ):
        app.selectbox(key="filter_column").set_value(key).run()
        assert not app.exception, key
        said = small.texts(app)
        assert ("All values are the same here: 7." in said) == (key == "meta:same")
        assert ("No image has a value here." in said) == (key == "meta:nothing")
    app.selectbox(key="filter_column").set_value("meta:**kind**").run()
    assert box(app, "meta:**kind**").label == r"\*\*kind\*\*"


def test_of_many_names_the_most_frequent_are_offered_and_others_can_be_typed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_bar, "MOST", 10)
    filled(workspace)
    app = small.open_page("data.py", dataset="birds", filter="meta:serial=serial 23")
    app.selectbox(key="filter_column").set_value("meta:serial").run()
    serial = box(app, "meta:serial")
    assert serial.options == [*(f"serial {number:02}" for number in range(10)), "serial 23"]
    assert serial.proto.accept_new_options
    assert "14 others" in serial.help
    serial.set_value(["serial 23", "serial 15"]).run()
    assert not app.exception
    assert shown(app) == "2 of 24 images"


# -- other pages ------------------------------------------------------------------------------------------------


def test_clusters_show_only_what_passes(workspace: Workspace) -> None:
    dataset = filled(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    labels = dict(zip(cached.columns(dataset).ids.tolist(), cached.columns(dataset).label.to_pylist(), strict=True))
    app = small.open_page("clusters.py", dataset="birds", filter="label=b")
    for number in range(3):
        count = sum(labels[image] == "b" for image in groups.members(found, number).tolist())
        cards = [one for one in app.button if one.key == f"clusters_open_{number}"]
        assert len(cards) == (1 if count else 0)
        assert f"{count} image" in small.texts(app) or not count
    assert app.button(key="filter_off_label").label == "Label is b"
    app.button(key="filter_clear").click().run()
    assert "filter" not in app.query_params


def test_narrowed_groups_keep_their_numbers_and_show_faces_that_passed(workspace: Workspace) -> None:
    dataset = filled(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    typical = {int(found.ids[row]) for rows in found.clustering.exemplars for row in rows}
    passed = np.array([image for image in found.ids.tolist() if image not in typical], np.int64)
    narrow = groups.narrowed(found, passed)
    for number in range(3):
        left = set(groups.members(found, number).tolist()) - typical
        assert set(groups.members(narrow, number).tolist()) == left
        faces = {int(narrow.ids[row]) for row in narrow.clustering.exemplars[number]}
        assert faces <= left
        assert len(faces) == min(3, len(left))
