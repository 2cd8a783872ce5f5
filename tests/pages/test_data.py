"""Data: order, pages, picking, and the refused files. Filters have tests of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from embedding_core.records import Reason, Rejected
from embedding_core.workspace import Workspace
from pages.parts import cached, table
from pages.parts.cached import Columns
from tests.pages import small


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        yield workspace


def paths(columns: Columns, rows: np.ndarray) -> list[str]:
    return columns.paths.take(pa.array(rows)).to_pylist()


def test_orders_are_stable_and_put_the_unknown_last(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    dataset.put_attributes([int(cached.columns(dataset).ids[0])], labels=[None])
    columns = cached.columns(dataset)
    rows = np.arange(6)
    assert paths(columns, table.ordered(columns, rows, "Label"))[-1] == "a/0.png"
    assert paths(columns, table.ordered(columns, rows, "Largest file"))[0] == "b/5.png"
    assert paths(columns, table.ordered(columns, rows, "wingspan ↓"))[0] == "b/5.png"
    assert paths(columns, table.ordered(columns, rows, "wingspan ↑"))[0] == "a/0.png"
    assert table.ordered(columns, rows, "Path").tolist() == rows.tolist()
    assert table.ordered(columns, rows[:0], "Label").tolist() == []


def test_a_column_that_became_the_label_is_not_shown_twice(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    ids = dataset.images()["id"].to_pylist()
    label = dataset.attributes()["label"]
    dataset.put_attributes(ids, metadata=pa.table({"kind": label, "other": [*label.to_pylist()[1:], "c"]}))
    assert cached.columns(dataset).metadata.column_names == ["kind", "other", "wingspan"]
    dataset.put_attributes(ids, labels=label.to_pylist())  # as `relabel` does
    dataset = workspace.update(dataset, label_source="column:kind")
    assert cached.columns(dataset).metadata.column_names == ["other", "wingspan"]
    dataset.put_attributes(ids[:1], labels=["changed"])
    assert "kind" in cached.columns(dataset).metadata.column_names


def test_a_link_opens_the_same_filter_and_the_table(workspace: Workspace) -> None:
    small.birds(workspace)
    app = small.open_page("data.py", dataset="birds", filter="label=a", data_view="Table", data_sort="Largest file")
    assert "3 of 6 images" in small.texts(app)
    frame = app.dataframe[0].value
    assert frame["Path"].tolist() == ["a/4.png", "a/2.png", "a/0.png"]
    assert frame["wingspan"].tolist() == [40.0, 20.0, 0.0]
    assert frame["Image"][0].startswith("/api/thumbnail/")


def test_a_metadata_column_named_like_one_of_ours_hides_nothing(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, metadata=pa.table({"Path": ["nest"] * 6}))
    frame = small.open_page("data.py", dataset="birds", data_view="Table").dataframe[0].value
    assert frame["Path"][0] == "a/0.png"
    assert frame["Path (metadata)"][0] == "nest"


def test_all_that_pass_the_filter_become_the_selection(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    app = small.open_page("data.py", dataset="birds", filter="label=a")
    app.button(key="data_all").click().run()
    kept = workspace.selections.get(app.query_params["selection"])
    assert kept is not None
    assert kept.how == "filter: Label is a"
    columns = cached.columns(dataset)
    assert sorted(paths(columns, columns.rows(kept.ids))) == ["a/0.png", "a/2.png", "a/4.png"]


def test_nothing_passes_a_filter(workspace: Workspace) -> None:
    small.birds(workspace)
    app = small.open_page("data.py", dataset="birds", filter="path~nowhere")
    assert "No image passes these filters" in small.texts(app)
    app.button(key="data_unfilter").click().run()
    assert "6 images" in small.texts(app)


def test_never_more_than_a_page_is_drawn(workspace: Workspace) -> None:
    small.birds(workspace, count=130)
    app = small.open_page("data.py", dataset="birds", data_view="Table", data_page="3")
    assert len(app.dataframe[0].value) == 10


def test_refused_files_are_grouped_by_reason_and_stay_text(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    dataset.put_rejected(
        [
            Rejected("<b>x</b>.png", Reason.MARKUP, "Begins with <svg."),
            Rejected("e.png", Reason.EMPTY, "The file has 0 bytes."),
            Rejected("f.png", Reason.EMPTY, "The file has 0 bytes."),
        ]
    )
    app = small.open_page("data.py", dataset="birds", data_tab="Rejected")
    frame = app.dataframe[0].value
    assert "**3 files** left out" in small.texts(app)
    assert frame["File"].tolist() == ["<b>x</b>.png", "e.png", "f.png"]
    assert frame["Why"].tolist()[1] == "Empty files"


def test_nothing_was_refused(workspace: Workspace) -> None:
    small.birds(workspace)
    app = small.open_page("data.py", dataset="birds", data_tab="Rejected")
    assert "Nothing was left out" in small.texts(app)
