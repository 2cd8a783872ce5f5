"""Encoders: every card with its state, computing, choosing, removing, and why a download failed."""

from __future__ import annotations

from embedding_core.encoders import registry
from embedding_core.workspace import Workspace
from tests.pages import small

Served = tuple[Workspace, small.Remembering]


def test_every_encoder_says_what_it_is_and_how_far_it_is(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    small.embed(dataset, "efficientnet-lite0", 4)
    said = small.texts(small.open_page("encoders.py", dataset="birds", encoder="pixels"))
    for card in registry.CARDS.values():
        assert f"{card.dim:,} dimensions" in said, card.id
    assert "4 of 6 images" in said
    assert "6 images" in said
    assert said.count("in use") == 1


def test_computing_submits_the_job_and_shows_it(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    app = small.open_page("encoders.py", dataset="birds")
    app.button(key="encoders_compute_resnet18").click().run()
    assert not app.exception
    assert runner.jobs["job0"].kind == "prepare"
    assert runner.jobs["job0"].parameters == {"dataset": dataset.uuid, "encoder": "resnet18"}
    runner.becomes("job0", state="running", stage="reading", done=3, total=6)
    app.run()
    assert "Reading and embedding · 3 of 6" in [bar.text for bar in app.progress]
    assert "encoders_compute_resnet18" not in [button.key for button in app.button]


def test_a_failed_download_is_told_where_it_was_asked_for(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    job = runner.submit("prepare", {"dataset": dataset.uuid, "encoder": "resnet18"}, dataset=dataset.uuid)
    runner.becomes(job.id, state="failed", error="resnet18.pth could not be fetched.")
    app = small.open_page("encoders.py", dataset="birds")
    assert [error.value for error in app.error] == ["resnet18\\.pth could not be fetched\\."]
    assert app.button(key="encoders_compute_resnet18").label == "Compute"  # and can be tried again


def test_choosing_an_encoder_puts_it_into_the_link(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    small.embed(dataset, "efficientnet-lite0")
    app = small.open_page("encoders.py", dataset="birds", encoder="pixels")
    app.button(key="encoders_use_efficientnet-lite0").click().run()
    assert app.query_params["encoder"] == "efficientnet-lite0"
    assert app.selectbox(key="frame_encoder_efficientnet-lite0").value == "efficientnet-lite0"


def test_removing_asks_first_and_names_what_is_lost(served: Served) -> None:
    workspace, _ = served
    dataset = small.birds(workspace)
    app = small.open_page("encoders.py", dataset="birds")
    app.button(key="encoders_remove_pixels").click().run()
    assert "The 6 vectors of **birds**" in small.texts(app)
    assert len(dataset.encodings()) == 1


def test_an_encoder_that_a_link_names_but_nobody_ran_is_explained(served: Served) -> None:
    workspace, _ = served
    small.birds(workspace)
    app = small.open_page("map.py", dataset="birds", encoder="resnet18")
    assert "Not seen by ResNet\\-18 yet" in small.texts(app)
    assert "Go to Encoders" in [link.value for link in app.page_link]


def test_the_report_of_own_vectors_says_what_did_not_match(served: Served) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    job = runner.submit("import_vectors", {"dataset": dataset.uuid, "name": "mine"}, dataset=dataset.uuid)
    result = {
        "encoder": "own:mine",
        "matched": 4,
        "missing": 2,
        "unmatched": 1,
        "missing_examples": ["b/5.png"],
        "unmatched_examples": ["nowhere.png"],
    }
    runner.becomes(job.id, state="done", result=result)
    app = small.open_page("encoders.py", **{"dataset": "birds", "import": job.id})
    said = small.texts(app)
    assert "4 images now have vectors from mine." in said
    assert "1 row that matched no image" in said
    assert "nowhere.png" in said
