"""Start: the first visit, one click to the sample, a job from its first image to the map, and what datasets can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedding_core.errors import UnknownDataset
from embedding_core.records import Actor, Reason, Rejected
from embedding_core.workspace import Workspace
from tests.pages import small

Served = tuple[Workspace, small.Remembering]


def test_a_first_visit_explains_itself_and_offers_the_sample(served: Served) -> None:
    app = small.open_app()
    assert not app.exception
    assert app.title[0].value == "See how your images relate"
    assert "draws a map" in small.texts(app)
    assert app.button(key="start_sample").label == "Try the sample"
    assert "711 emoji of 22 kinds" in small.texts(app), "groups are what is found without labels"
    assert "Datasets" not in small.texts(app)


def test_one_click_on_the_sample_submits_everything_and_shows_it_under_way(served: Served) -> None:
    _, runner = served
    app = small.open_app()
    app.button(key="start_sample").click().run()
    assert not app.exception
    job = runner.jobs["job0"]
    assert job.kind == "prepare"
    assert job.parameters["source"] == "sample"
    assert app.query_params["job"] == "job0"
    assert "Preparing Emoji sample" in small.texts(app)


def test_a_job_is_found_again_by_its_address_with_stage_count_and_time_left(served: Served) -> None:
    workspace, runner = served
    small.birds(workspace, encoder=None)
    job = runner.submit("prepare", {"name": "birds", "source": "sample"}, dataset="birds")
    runner.becomes(job.id, state="running", stage="reading", done=300, total=711, seconds_left=42.0)
    app = small.open_app(job=job.id)
    assert app.progress[0].text == "Reading and embedding · 300 of 711 · 42 seconds left"
    assert app.progress[0].value == 42  # 300 / 711
    images = [html.value for html in app.html if "thumbnail" in html.value]
    assert images[0].count("<img") == 6  # those that have been stored


def test_cancelling_says_what_is_kept_and_goes_on_with_the_same_work(served: Served) -> None:
    workspace, runner = served
    small.birds(workspace)
    wanted = {"name": "birds", "source": "sample"}
    job = runner.submit("prepare", wanted, dataset="birds")
    app = small.open_app(job=job.id)
    app.button(key="start_cancel").click().run()
    assert "was cancelled" in small.texts(app)
    assert "6 images had been read and are kept." in small.texts(app)
    app.button(key="start_retry").click().run()
    assert runner.jobs["job1"].parameters == wanted
    assert app.query_params["job"] == "job1"


def test_a_failed_job_shows_its_reason_as_text(served: Served) -> None:
    _, runner = served
    job = runner.submit("prepare", {"name": "birds", "source": "/nowhere"}, dataset="birds")
    runner.becomes(job.id, state="failed", error="The folder *nowhere* is not there.")
    app = small.open_app(job=job.id)
    assert app.error[0].value == "The folder \\*nowhere\\* is not there\\."
    app.button(key="start_again").click().run()
    assert "job" not in app.query_params
    assert app.title[0].value == "See how your images relate"


def finish(runner: small.Remembering, job_id: str, dataset: str) -> None:
    rejected = [{"path": "x.jpg", "reason": "empty: The file has 0 bytes."}]
    result = {"dataset": dataset, "encoder": "pixels", "map": "f" * 64, "rejected": rejected}
    runner.becomes(job_id, state="done", result=result)


def test_whoever_started_and_watched_it_is_taken_to_the_map(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    small.birds(workspace, "newer")
    dataset.put_rejected([Rejected("a/empty.png", Reason.EMPTY, "The file is empty.")])
    job = runner.submit("prepare", {"name": "birds"}, dataset="birds")
    app = small.open_app(job=job.id)
    finish(runner, job.id, dataset.uuid)
    app.run()
    assert not app.exception
    assert "job" not in app.query_params
    assert app.query_params["dataset"] == "birds"
    assert app.query_params["encoder"] == "pixels"
    assert [one.value for one in app.toast] == ["1 file left out. *Data*, *Rejected* says why."]
    assert not [title for title in app.title if title.value == "See how your images relate"]


def test_someone_else_is_offered_the_map(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    job = runner.submit("prepare", {"name": "birds"}, dataset="birds", actor=Actor("ada", "Ada"))
    app = small.open_app(job=job.id)
    finish(runner, job.id, dataset.uuid)
    app.run()
    assert "birds is ready" in small.texts(app)
    assert "1 file left out: 1 empty files." in small.texts(app)
    assert app.button(key="start_open").label == "Open the map"


def test_nothing_usable_is_said_with_reasons(served: Served) -> None:
    workspace, runner = served
    dataset = workspace.create("birds")
    job = runner.submit("prepare", {"name": "birds"}, dataset="birds")
    rejected = [{"path": f"{n}.jpg", "reason": "truncated: Ends early."} for n in range(3)]
    runner.becomes(job.id, state="done", result={"dataset": dataset.uuid, "rejected": rejected})
    app = small.open_app(job=job.id)
    assert "No usable image was found" in small.texts(app)
    assert "3 files left out: 3 cut off before the end." in small.texts(app)


def test_a_path_on_the_server_is_asked_for_only_below_named_folders(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, runner = served
    assert "start_path" not in [field.key for field in small.open_app().text_input]
    monkeypatch.setenv("KINDRED_DATA_ROOTS", str(tmp_path))
    app = small.open_app()
    app.text_input(key="start_path").set_value(f"{tmp_path}/holiday.zip")
    app.button(key="start_path_add").click().run()
    assert runner.jobs["job0"].parameters["name"] == "holiday"
    assert runner.jobs["job0"].parameters["from_browser"] is True


def test_a_card_says_what_is_in_a_dataset_and_what_has_been_computed(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace, "*birds*")
    small.embed(dataset, "efficientnet-lite0", 4)
    app = small.open_app()
    said = small.texts(app)
    assert "\\*birds\\*" in said
    assert "6 images · 2 labels from folders · train / val" in said
    assert "EfficientNet\\-Lite0 4 of 6" in said
    assert app.button(key=f"start_map_{dataset.uuid}").label == "Open the map"


def test_a_dataset_without_vectors_is_prepared_by_one_click(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace, encoder=None)
    app = small.open_app()
    app.button(key=f"start_draw_{dataset.uuid}").click().run()
    assert runner.jobs["job0"].parameters == {"dataset": dataset.uuid, "encoder": "efficientnet-lite0"}


def in_dialog(action: str) -> small.AppTest:
    """The dialog of an action on the newest dataset, open in a page of its own."""

    def page(action: str) -> None:
        from pages.parts import manage, server, state

        state.begin()
        datasets = server.workspace().datasets()
        if datasets:
            next(act for name, act in manage.ACTIONS.items() if action in name)(datasets[0])

    app = small.AppTest.from_function(page, default_timeout=30, args=(action,)).run()
    assert not app.exception, app.exception[0].value
    return app


def test_a_dataset_is_renamed_and_the_link_follows(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    app = in_dialog("Rename")
    app.text_input(key=f"manage_name_{dataset.uuid}").set_value("gulls")
    app.text_area(key=f"manage_about_{dataset.uuid}").set_value("By the sea")
    app.button(key="manage_rename").click().run()
    assert app.query_params["dataset"] == "gulls"
    assert workspace.dataset("gulls").description == "By the sea"


def test_a_taken_name_is_refused_in_the_dialog(served: Served) -> None:
    workspace, _ = served
    small.birds(workspace, "gulls")
    dataset = small.birds(workspace)
    app = in_dialog("Rename")
    app.text_input(key=f"manage_name_{dataset.uuid}").set_value("gulls")
    app.button(key="manage_rename").click().run()
    assert "exists already" in app.error[0].value
    assert {one.name for one in workspace.datasets()} == {"gulls", "birds"}


def test_deleting_names_what_is_lost_and_then_loses_it(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    dataset.tag("odd", dataset.images()["id"].to_pylist()[:1])
    job = runner.submit("prepare", {"dataset": dataset.uuid, "encoder": "pixels"}, dataset=dataset.uuid)
    app = in_dialog("Delete")
    said = small.texts(app)
    assert "- 6 images" in said
    assert "- 1 tag" in said
    assert "pixels (6)" in said
    assert workspace.dataset("birds").count == 6  # nothing has happened yet
    app.button(key="manage_delete").click().run()
    assert workspace.datasets() == []
    assert runner.get(job.id).state == "cancelled"
    assert "dataset" not in app.query_params


def test_labels_are_taken_from_another_place_without_touching_vectors(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    before = dataset.embedding("pixels").fingerprint
    app = in_dialog("Labels")
    app.selectbox(key="manage_labels").select("none")
    app.button(key="manage_relabel").click().run()
    assert not app.exception
    assert set(dataset.attributes()["label"].to_pylist()) == {None}
    assert set(dataset.attributes()["split"].to_pylist()) == {"train", "val"}
    assert dataset.embedding("pixels").fingerprint == before


def test_growing_turns_the_drop_zone_to_the_dataset(served: Served) -> None:
    workspace, _ = served
    small.birds(workspace)
    app = small.open_app(into="birds")
    assert "More images for birds" in small.texts(app)
    app.button(key="start_back").click().run()
    assert "into" not in app.query_params
    assert app.title[0].value == "See how your images relate"


def test_labels_join_by_the_drop_zone(served: Served) -> None:
    workspace, _ = served
    small.birds(workspace)
    app = small.open_app(into="birds", task="labels")
    assert "Labels for birds" in small.texts(app)


def test_a_deleted_dataset_in_the_url_is_not_an_error(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    app = small.open_app(dataset="birds")
    workspace.delete(dataset)
    app.run()
    assert not app.exception
    with pytest.raises(UnknownDataset):
        workspace.dataset("birds")
