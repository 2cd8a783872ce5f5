"""How often a rerun of a page reads from the workspace: each table's version at most once, and no rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from embedding_core import derived
from embedding_core.derived import sides
from embedding_core.records import ImageRecord, Reason, Rejected
from embedding_core.workspace import Workspace
from embedding_core.workspace.store import Store
from pages.parts import filters, state
from pages.parts.filters import Condition, Filters
from tests.pages import small
from tests.pages.aviary import filled

READS = ("names", "select", "batches", "blobs", "count", "schema")  # of rows, or of what is known of them
WITH_DRAWER = ("map.py", "similar.py", "clusters.py", "curate.py", "data.py")
PAGES = ["start.py", "map.py", "similar.py", "clusters.py", "curate.py", "data.py", "encoders.py"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the tables have been asked: `version images_…`, `select images_…`."""
    found: Counter[str] = Counter()

    def counting(method: str) -> None:
        real = getattr(Store, method)

        def counted(store: Store, *arguments: Any, **named: Any) -> Any:
            found[f"{method} {arguments[0] if arguments else ''}"] += 1
            return real(store, *arguments, **named)

        monkeypatch.setattr(Store, method, counted)

    for method in ("version", *READS):
        counting(method)
    return found


@pytest.fixture
def everything(workspace: Workspace) -> dict[str, str]:
    """The URL of a view with all that there is: filters, a selection, an open image; maps and groups are there."""
    dataset = filled(workspace)
    embedding = dataset.embedding("pixels")
    derived.draw_map(workspace, dataset, embedding, method="pca")
    groups = derived.find_clusters(workspace, dataset, embedding, k=3)
    derived.outliers(workspace, dataset, embedding)
    derived.find_drift(workspace, sides.pair(small.birds(workspace, "before", count=12), dataset, "pixels"))
    ids = dataset.images()["id"].to_numpy()
    chosen = workspace.selections.keep(dataset.uuid, ids[:9], how="lasso")
    group = Condition(f"group:{groups.fingerprint}", names=groups.names.names)
    conditions = Condition("label", names=("a",)), Condition("width", low=41.0), group
    wanted = filters.text(Filters(conditions))
    dataset.put_rejected([Rejected("song.mp3", Reason.TEXT, "These are notes.")])
    view = {
        "selection": chosen.hash,
        "filter": wanted,
        "image": str(ids[4]),
        "data_tab": "Rejected",
        "curate_tab": "New",
    }
    return {"dataset": "birds", **view}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("view", ["plain", "everything"])
def test_a_rerun_reads_each_version_at_most_once_and_no_rows(
    everything: dict[str, str], asked: Counter[str], page: str, view: str
) -> None:
    app = small.open_page(page, **(everything if view == "everything" else {"dataset": "birds"}))
    asked.clear()
    app.run()
    assert not app.exception
    if view == "everything" and page == "data.py":
        assert "**1 file** left out" in small.texts(app), "the tab is open"
    if view == "everything" and page == "curate.py":
        assert "“before”" in small.texts(app), "the tab is open"
    if view == "everything" and page in WITH_DRAWER:
        assert any(one.key == "detail_similar" for one in app.button), "the image is open"
        assert "9 images" in small.texts(app), "the selection is there"
    often = {what: times for what, times in asked.items() if times > 1}
    assert not often, "a version is a listing, and of a bucket a request"
    assert [what for what in asked if not what.startswith("version ")] == []
    assert "version catalogue" in asked, "or what others commit would not be seen"


def test_the_next_run_sees_what_another_process_has_committed(everything: dict[str, str]) -> None:
    app = small.open_page("data.py", dataset="birds")
    other = Workspace.open().dataset("birds")
    zebra = ImageRecord("zebra.png", "f" * 64, 40, 30, "PNG", 1000, b"thumb", b"zebra")
    other.put_images(other.image_ids([zebra.path]), [zebra])
    assert "24 images" in small.texts(app)
    app.run()
    assert "25 images" in small.texts(app)


def test_work_that_ends_during_a_run_is_seen_in_that_run(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the page would say what was there before, and nobody would draw it again, since no work is under way."""
    workspace, runner = served
    dataset = small.birds(workspace)
    app = small.open_page("map.py", dataset="birds")
    assert "No map of these images yet" in small.texts(app)
    job = runner.submit("map", {"dataset": dataset.uuid}, dataset=dataset.uuid)
    begin = state.announcements

    def ends() -> list[str]:
        """When this run has looked at the results already."""
        if runner.get(job.id).active:
            assert not workspace.results.find(dataset.uuid, "map")
            other = Workspace.open()
            derived.draw_map(other, other.dataset("birds"), other.dataset("birds").embedding("pixels"), method="pca")
            assert not workspace.results.find(dataset.uuid, "map"), "they are held"
            runner.becomes(job.id, state="done")
        return begin()

    monkeypatch.setattr(state, "announcements", ends)
    app.run()
    assert not app.exception
    assert "No map of these images yet" not in small.texts(app)
    assert any(str(one.value).startswith("##### Typical images") for one in app.markdown)
