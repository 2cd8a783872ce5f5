"""Curate: cards and their states, running checks, a tab's figures and ways on, the review in the URL, decisions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived, splits
from embedding_core.derived.kept import keep
from embedding_core.quality.leakage.finding import Leakage
from embedding_core.quality.photos.finding import Photos
from embedding_core.records import Actor
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages.parts.curate import findings
from pages.parts.curate.finding import Subject
from tests.pages import checking, small

ADA = Actor("visitor-ada", "Ada")


REAL = dict(findings.FINDINGS)


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"duplicates": checking.DUPLICATES, "labels": checking.LABELS})


def curate(**query: str) -> AppTest:
    return small.open_page("curate.py", dataset="birds", **query)


def component(app: AppTest, name: str) -> dict[str, Any] | None:
    shown = [one.proto for one in app.get("bidi_component") if one.proto.component_name == name]
    return json.loads(shown[0].json) if shown else None


def test_nothing_run_yet_offers_everything(served: tuple[Workspace, small.Remembering], birds: Dataset) -> None:
    app = curate()
    assert "Nothing has been looked for yet" in small.texts(app)
    app.button(key="curate_all").click().run()
    jobs = list(served[1].jobs.values())
    assert [job.kind for job in jobs] == ["duplicates", "label_issues"]
    assert all(job.parameters["dataset"] == birds.uuid and job.parameters["encoder"] == "pixels" for job in jobs)
    assert small.texts(app).count("Running") == 2


def test_a_check_that_wants_labels_says_so(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[None] * len(ids))
    assert "two different ones at least" in small.texts(curate())


def test_a_failed_check_says_why_and_can_be_run_again(
    served: tuple[Workspace, small.Remembering], birds: Dataset
) -> None:
    runner = served[1]
    job = runner.submit("duplicates", {"dataset": birds.uuid}, dataset=birds.uuid)
    runner.becomes(job.id, state="failed", error="The disk is full.")
    app = curate()
    assert "The disk is full" in small.texts(app)
    app.button(key="curate_run_duplicates").click().run()
    assert len(runner.jobs) == 2


def test_a_card_counts_cases_and_decisions(workspace: Workspace, birds: Dataset) -> None:
    kept = checking.store(workspace, birds)
    (image, *_) = kept.found.ids.tolist()
    case = checking.labels(kept.found, Subject(birds, _columns(birds)))[0]
    birds.decisions.add([decided(ADA, Action.KEEP, [image], finding="labels", case=case.key)])
    app = curate()
    n = len(kept.found.ids)
    assert f"{n} cases" in small.texts(app)
    assert "1 decided" in small.texts(app)
    assert app.button(key="curate_review_labels").label == f"Review {n - 1}"


def test_a_case_whose_image_is_removed_before_another_one_needs_no_decision(
    workspace: Workspace, birds: Dataset
) -> None:
    kept = checking.store(workspace, birds)
    n, (image, *_) = len(kept.found.ids), kept.found.ids.tolist()
    birds.decisions.add([decided(ADA, Action.REMOVE, [image], finding="photos", case="another")])
    assert curate().button(key="curate_review_labels").label == f"Review {n - 1}"
    tab = curate(curate_tab="Labels")
    assert f"1 of {n} cases decided" in small.texts(tab)
    assert tab.button(key="curate_review").label == f"Review {n - 1} cases"


def test_leakage_without_a_split_offers_one(
    served: tuple[Workspace, small.Remembering], birds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"leakage": REAL["leakage"]})
    ids = birds.images()["id"].to_pylist()
    birds.put_attributes(ids, splits=[None] * len(ids))
    assert "It wants a split" in small.texts(curate())
    app = curate(curate_tab="Leakage")
    app.button(key="curate_split").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "split"
    assert job.parameters["apply"]
    assert sum(job.parameters["shares"].values()) == pytest.approx(1)


def test_a_split_is_replaced_only_after_a_second_word_and_can_be_brought_back(
    served: tuple[Workspace, small.Remembering], birds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"leakage": REAL["leakage"]})
    workspace, runner = served
    images = birds.images()["id"].to_numpy()
    birds.put_attributes(images.tolist(), splits=["train", "test"] * (len(images) // 2))
    _leaked(workspace, birds)
    app = curate(curate_tab="Leakage")
    app.button(key="curate_split_another").click().run()
    assert not runner.jobs, "pressing it once asks"
    assert "There is one from file names: **test 35 · train 35**" in small.texts(app)
    app.button(key="curate_split_keep").click().run()
    assert not runner.jobs
    app.button(key="curate_split_another").click().run()
    app.button(key="curate_split_replace").click().run()
    (job,) = runner.jobs.values()
    assert job.kind == "split" and job.parameters["apply"]
    before = birds.attributes()["split"].to_pylist()
    new = [None, *["val"] * (len(images) - 1)]
    splits.set_split(workspace, birds, images.tolist(), new, source="made without leakage", actor=ADA)
    for tab in ("Decisions", "Leakage"):
        app = curate(curate_tab=tab)
        assert "Ada replaced the split test 35 · train 35" in small.texts(app), tab
    (back,) = [one for one in app.button if one.label == "Bring it back"]
    back.click().run()
    assert birds.attributes()["split"].to_pylist() == before


def test_files_that_crashed_the_decoder_are_named_with_what_to_do(
    workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"labels": replace(checking.LABELS, decodes=True)})
    checking.store(workspace, birds)
    assert "crashed the decoder" not in small.texts(curate(curate_tab="Labels"))
    derived.remember_crashed(workspace, birds, ["a/2.png"])
    app = curate(curate_tab="Labels")
    assert [one.label for one in app.expander] == ["1 file crashed the decoder and was left out"]
    assert "a/2\\.png" in small.texts(app) and "check again" in small.texts(app)
    app.button(key="curate_crashed_select").click().run()
    selected = workspace.selections.get(app.query_params["selection"])
    assert selected is not None and selected.ids.tolist() == [birds.ids()["a/2.png"]]


def test_changed_images_are_said(workspace: Workspace, birds: Dataset) -> None:
    checking.store(workspace, birds)
    birds.put_images(*_another(birds))
    app = curate()
    assert "Images or vectors have changed since" in small.texts(app)
    assert app.button(key="curate_run_labels").label == "Check again"


def test_a_tab_shows_the_worst_and_selects_all(workspace: Workspace, birds: Dataset) -> None:
    kept = checking.store(workspace, birds)
    app = curate(curate_tab="Labels")
    assert "labels are in doubt" in small.texts(app)
    shown = component(app, "kindred_gallery")
    assert shown is not None
    first = shown["items"][0]
    assert first["id"] == int(kept.found.ids[0])
    assert (first["badge"], first["detail"][:15]) == ("→ b", "It looks like b")
    app.button(key="curate_select").click().run()
    selected = workspace.selections.get(app.query_params["selection"])
    assert selected is not None
    assert set(selected.ids.tolist()) == set(kept.found.ids.tolist())


def test_groups_are_cards(workspace: Workspace, birds: Dataset) -> None:
    checking.store(workspace, birds, "duplicates", each=3)
    cards = small.cards(curate(curate_tab="Duplicates"))
    assert cards[0]["name"] == "3 images"
    assert len(cards[0]["faces"]) == 3


def test_a_link_opens_the_review_and_the_button_makes_that_link(workspace: Workspace, birds: Dataset) -> None:
    kept = checking.store(workspace, birds)
    app = curate()
    assert component(app, "kindred_review") is None
    app.button(key="curate_review_labels").click().run()
    assert app.query_params["review"] == "labels"
    for opened in (app, curate(review="labels")):
        shown = component(opened, "kindred_review")
        assert shown is not None
        assert (shown["key"], shown["mode"], shown["labels"]) == (kept.fingerprint, "review", ["a", "b"])
        assert shown["address"] == f"/api/review/{birds.uuid}/labels/"
        assert [act[2] for act in shown["acts"]] == ["L", "K", "R", "U"]


def test_a_link_to_a_review_that_is_not_there(workspace: Workspace, birds: Dataset) -> None:
    app = curate(review="labels")
    assert component(app, "kindred_review") is None
    assert "review" not in app.query_params


def test_moving_the_line_asks_yes_or_no(workspace: Workspace, birds: Dataset) -> None:
    checking.store(workspace, birds)
    app = curate(curate_tab="Labels")
    app.button(key="curate_ask").click().run()
    shown = component(app, "kindred_review")
    assert shown is not None
    assert (shown["mode"], shown["title"]) == ("calibrate", "Is this label wrong?")
    assert [act[0] for act in shown["acts"]] == ["yes", "no", "unsure"]
    assert shown["wanted"] == 0.9


def test_a_moved_line_is_kept_with_the_dataset_and_finds_less(workspace: Workspace, birds: Dataset) -> None:
    kept = checking.store(workspace, birds)
    n = len(kept.found.ids)
    derived.move_line(workspace, birds, "labels", derived.ONLY, 0.5, ADA)
    app = curate(curate_tab="Labels")
    assert f"{n // 2}" in small.texts(app).split(" labels are in doubt")[0]
    assert "Moved by Ada" in small.texts(app)
    shown = component(curate(review="labels"), "kindred_review")
    assert shown is not None and shown["key"] == f"{kept.fingerprint}@0.5"
    app.button(key="curate_unmove").click().run()
    assert f"{n}" in small.texts(app).split(" labels are in doubt")[0]
    assert not derived.moved_lines(workspace, birds.uuid, "labels")


def test_decisions_are_listed_and_lead_to_versions(workspace: Workspace, birds: Dataset) -> None:
    assert "Nothing decided yet" in small.texts(curate(curate_tab="Decisions"))
    ids = birds.images()["id"].to_pylist()
    birds.decisions.add([decided(ADA, Action.REMOVE, ids[:2], finding="duplicates", reason="the same image")])
    birds.decisions.add([decided(ADA, Action.RELABEL, ids[2:3], value="c")])
    app = curate(curate_tab="Decisions")
    values = {one.label: one.value for one in app.metric}
    assert (values["Images now"], values["Removed"], values["Relabelled"]) == (str(len(ids) - 2), "2", "1")
    log = app.dataframe[0].value
    assert log["What"].tolist() == ["relabelled → c", "removed"]
    assert log["Who"].tolist() == ["Ada", "Ada"]
    app.button(key="curate_select_removed").click().run()
    assert app.query_params["selection"]
    app.button(key="curate_before").click().run()
    assert app.title[0].value == "Versions"
    assert "Did it help?" in small.texts(app)


def test_a_split_without_leaks_is_shown_and_can_be_replaced_as_well(
    served: tuple[Workspace, small.Remembering], birds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"leakage": replace(REAL["leakage"], goes_by="")})
    workspace, _ = served
    ids = birds.images()["id"].to_numpy()
    birds.put_attributes(ids.tolist(), splits=["train", "test"] * (len(ids) // 2))
    assert "test 35 · train 35" in small.texts(curate(curate_tab="Leakage")), "before it is looked for"
    _leaked(workspace, birds, rows=())
    app = curate(curate_tab="Leakage")
    assert "Nothing found" in small.texts(app)
    assert "test 35 · train 35" in small.texts(app)
    assert app.button(key="curate_split_another")


def test_checks_that_are_out_of_date_are_checked_again_not_the_others(
    workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"photos": REAL["photos"], "new": REAL["new"]})
    ids = birds.images()["id"].to_numpy()
    found = Photos(ids, ("dark",), np.arange(len(ids), dtype=np.float32)[None], (10.0,))
    keep(workspace, birds, "e" * 64, kind="photos", parent=birds.fingerprint, of=Photos, find=lambda: found)
    assert curate().button(key="curate_all").label == "Check 1 again"


def _columns(dataset: Dataset) -> Any:
    from pages.parts import cached

    return cached.columns(dataset)


def _leaked(workspace: Workspace, dataset: Dataset, rows: Sequence[int] = (0, 1)) -> None:
    """Two images of one group in two splits, or none, as the check keeps it."""
    ids = dataset.images()["id"].to_numpy()
    embedding = dataset.embedding("pixels")
    found = Leakage(
        ids=ids,
        splits=(np.arange(len(ids)) % 2).astype(np.int8),
        rows=np.array(rows, np.int64),
        starts=np.zeros(len(rows) // 2, np.int64),
        kinds=np.zeros(len(rows) // 2, np.int16),
        scores=np.zeros(len(rows) // 2, np.float32),
        names=("test", "train"),
        kind_names=("duplicate",),
        train="train",
        test="test",
        feigned=None,
    )
    asked = {"column": None, "seed": 0}
    keep(
        workspace,
        dataset,
        "e" * 64,
        kind="leakage",
        parent=embedding.fingerprint,
        of=Leakage,
        find=lambda: found,
        asked=asked,
    )


def _another(dataset: Dataset) -> tuple[list[int], list[Any]]:
    from embedding_core.records import ImageRecord

    ids = dataset.image_ids([*dataset.images()["path"].to_pylist(), "c/new.png"])
    return ids[-1:], [ImageRecord("c/new.png", "f" * 64, 10, 10, "PNG", 10, b"thumb", b"new")]


def test_every_check_has_a_task_and_keys_of_its_own() -> None:
    taken = {"s", "z", "?"}
    for kind, one in REAL.items():
        assert one.kind == kind
        assert one.task in TASKS
        assert one.looks_for.endswith(".")
        keys = [act.key.lower() for act in one.acts]
        assert len(set(keys)) == len(keys) and not taken & set(keys), kind


def test_what_the_review_loads_is_there_and_reads_no_picture() -> None:
    code = (
        "import sys, pages.parts.routes, pages.parts.curate.findings; "
        "print([name for name in ('torch', 'sklearn', 'scipy', 'cv2', 'skimage') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=small.FRAME.parent.parent, check=True
    )
    assert found.stdout.strip() == "[]", found.stdout + found.stderr


def test_changed_labels_are_said_and_what_was_found_before_them_holds_again(
    workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"outliers": REAL["outliers"]})
    derived.outliers(workspace, birds, birds.embedding("pixels"))
    assert "have changed since" not in small.texts(curate())
    (image, *_) = birds.images()["id"].to_pylist()
    (label,) = birds.said_of(np.array([image]))[0]["label"].to_pylist()
    birds.put_attributes([image], labels=["another"])
    app = curate()
    assert "Labels have changed since" in small.texts(app)
    assert app.button(key="curate_run_outliers").label == "Check again"
    assert "Labels have changed since this was looked for." in small.texts(curate(curate_tab="Outliers"))
    birds.put_attributes([image], labels=[label])
    assert "have changed since" not in small.texts(curate())


@pytest.mark.parametrize("whole", [True, False])
def test_what_an_older_revision_has_found_is_out_of_date_or_not_there(
    workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"photos": REAL["photos"]})
    ids = birds.images()["id"].to_numpy()
    found = Photos(ids, ("dark",), np.arange(len(ids), dtype=np.float32)[None], (10.0,))
    workspace.results.put(
        "e" * 64,
        kind="photos",
        dataset=birds.uuid,
        parent=birds.fingerprint,
        arrays=found.arrays() if whole else {"ids": ids},
        parameters={"asked": {}, "facts": found.facts()},
        seconds=0.0,
    )
    app = curate()
    assert not app.exception
    assert ("The rules of this check have changed since" in small.texts(app)) is whole
    assert ("Not run yet" in small.texts(app)) is not whole
