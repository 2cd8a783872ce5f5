"""Whether a finding is of what is there now: labels, splits, columns and known copies, changed and back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw

from embedding_core import derived
from embedding_core.derived import sides
from embedding_core.neighbours import partitions
from embedding_core.quality.drift import nearest
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Embedding, Workspace

EACH = 12  # pictures of a label


@pytest.fixture
def embedding(tmp_path: Path) -> tuple[Workspace, Dataset, Embedding]:
    """Round and square things; the first round one has a copy."""
    chance = np.random.default_rng(0)
    for label in ("round", "square"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(EACH):
            picture = Image.effect_noise((160, 120), float(chance.uniform(20, 90))).convert("RGB")
            x, y = chance.integers(5, 60, 2).tolist()
            colour = tuple(chance.integers(0, 255, 3).tolist())
            draw = ImageDraw.Draw(picture)
            (draw.ellipse if label == "round" else draw.rectangle)((x, y, x + 70, y + 50), fill=colour)
            picture.save(tmp_path / "set" / label / f"{number:02d}.png")
            if label == "round" and number == 0:
                picture.save(tmp_path / "set" / label / "copy.jpg", quality=90)
    workspace = Workspace.open(str(tmp_path / "workspace"))
    asked = {"name": "set", "source": str(tmp_path / "set"), "labels": "folders", "encoder": "pixels"}
    TASKS["add"](workspace, asked, silent, LOCAL)
    dataset = workspace.dataset("set")
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, splits=["train" if at % 3 else "test" for at in range(len(ids))])
    return workspace, dataset, dataset.embedding("pixels")


CHECKS: dict[str, Callable[[Workspace, Dataset, Embedding], object]] = {
    "outliers": derived.outliers,
    "labels": derived.label_issues,
    "next": lambda workspace, dataset, embedding: derived.choose_next(workspace, dataset, embedding, count=7, seed=2),
    "leakage": derived.find_leakage,
    "balance": lambda workspace, dataset, embedding: [
        derived.balance(workspace, dataset),
        derived.cover(workspace, dataset, embedding),
    ],
}


def holding(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> set[str]:
    """The kinds of which a stored finding is of now."""
    now = derived.Present(workspace, dataset, embedding)
    return {kind for kind in CHECKS if any(map(now.has, workspace.results.find(dataset.uuid, kind)))}


def test_what_enters_a_finding_and_has_changed_makes_it_of_the_past(
    embedding: tuple[Workspace, Dataset, Embedding],
) -> None:
    dataset = embedding[1]
    for check in ("leakage", *CHECKS):  # leakage looks for copies, which label issues go by
        CHECKS[check](*embedding)
    assert holding(*embedding) == set(CHECKS)

    (image, *_) = dataset.images()["id"].to_pylist()
    dataset.put_attributes([image], labels=["square"])
    assert holding(*embedding) == set()
    dataset.put_attributes([image], labels=["round"])
    assert holding(*embedding) == set(CHECKS), "as it was"

    (split,) = dataset.said_of(np.array([image]))[0]["split"].to_pylist()
    dataset.put_attributes([image], splits=["val"])
    assert holding(*embedding) == set(CHECKS) - {"leakage", "balance"}
    dataset.put_attributes([image], splits=[split])
    assert holding(*embedding) == set(CHECKS)


def test_copies_that_become_known_have_no_more_say_in_labels(embedding: tuple[Workspace, Dataset, Embedding]) -> None:
    dataset = embedding[1]
    before = derived.label_issues(*embedding)
    assert holding(*embedding) == {"labels"}
    assert derived.find_duplicates(*embedding).found.copies, "there is one, so this can fail"
    assert holding(*embedding) == set()
    after = derived.label_issues(*embedding)
    assert holding(*embedding) == {"labels"}
    assert after.fingerprint != before.fingerprint
    copies = [
        row
        for row, path in enumerate(dataset.images()["path"].to_pylist())
        if path in ("round/00.png", "round/copy.jpg")
    ]
    ids = dataset.images()["id"].to_numpy()[copies]
    rows = np.flatnonzero(np.isin(after.found.ids, ids))
    told = after.found.votes_given[rows] != before.found.votes_given[rows]
    assert told.any(), "a copy voted for its likeness"


def test_without_copies_a_search_for_them_changes_nothing(embedding: tuple[Workspace, Dataset, Embedding]) -> None:
    workspace, dataset, whole = embedding
    paths = dataset.images()["path"].to_pylist()
    alone = [
        image for image, path in zip(dataset.images()["id"].to_pylist(), paths, strict=True) if path != "round/copy.jpg"
    ]
    part = whole.of(np.array(sorted(alone)))
    before = derived.label_issues(workspace, dataset, part)
    assert not derived.find_duplicates(workspace, dataset, part).found.copies
    assert derived.label_issues(workspace, dataset, part).fingerprint == before.fingerprint


def test_counts_without_what_the_vectors_show_are_not_all(embedding: tuple[Workspace, Dataset, Embedding]) -> None:
    workspace, dataset = embedding[:2]
    derived.balance(workspace, dataset)
    assert holding(*embedding) == set()
    (stored,) = workspace.results.find(dataset.uuid, "balance")
    assert derived.Present(workspace, dataset, None).has(stored), "there are no vectors to show anything"
    derived.cover(*embedding)
    assert holding(*embedding) == {"balance"}


def test_a_column_that_leakage_minded_and_that_changed(embedding: tuple[Workspace, Dataset, Embedding]) -> None:
    dataset = embedding[1]
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, metadata=pa.table({"shoot": [f"s{at % 5}" for at in range(len(ids))]}))
    derived.find_leakage(*embedding, column="shoot")
    assert "leakage" in holding(*embedding)
    dataset.put_attributes(ids, metadata=pa.table({"shoot": [f"s{at % 4}" for at in range(len(ids))]}))
    assert "leakage" not in holding(*embedding)


def test_a_comparison_is_of_the_past_when_either_set_has_changed(
    embedding: tuple[Workspace, Dataset, Embedding], tmp_path: Path
) -> None:
    workspace, dataset = embedding[:2]
    TASKS["add"](workspace, {"name": "other", "source": str(tmp_path / "set"), "encoder": "pixels"}, silent, LOCAL)
    first = workspace.dataset("other")
    asked = {"dataset": first.uuid, "other": "set", "encoder": "pixels"}
    fingerprint = TASKS["drift"](workspace, asked, silent, LOCAL)["fingerprint"]

    def holds() -> bool:
        now = workspace.dataset("set")
        (stored,) = workspace.results.find(now.uuid, "new")
        assert stored.fingerprint == fingerprint
        return present.has(stored) and derived.Present(workspace, now, now.embedding("pixels")).has(stored)

    present = derived.Present(workspace, dataset, dataset.embedding("pixels"))  # one that has looked before
    assert holds()
    (image, *_) = first.images()["id"].to_pylist()
    first.put_attributes([image], labels=["square"])
    assert holds(), "labels do not enter"
    Image.effect_noise((160, 120), 50).convert("RGB").save(tmp_path / "set" / "new.png")
    TASKS["add"](workspace, {"name": "other", "source": str(tmp_path / "set"), "encoder": "pixels"}, silent, LOCAL)
    assert not holds(), "the first set has an image more"
    workspace.delete(workspace.dataset("other"))
    assert not holds(), "the first set is not there any more"


def test_a_comparison_of_splits_is_of_the_past_when_one_image_is_in_another(
    embedding: tuple[Workspace, Dataset, Embedding],
) -> None:
    workspace, dataset, vectors = embedding
    image, *others = dataset.images()["id"].to_pylist()
    dataset.put_attributes([image, *others], splits=["test", *(["train", "test"] * 12)])
    asked = {"dataset": dataset.uuid, "splits": ["train", "test"], "encoder": "pixels"}
    TASKS["drift"](workspace, asked, silent, LOCAL)
    (stored,) = workspace.results.find(dataset.uuid, "new")
    assert derived.Present(workspace, dataset, vectors).has(stored)
    dataset.put_attributes([image], splits=["train"])
    assert not derived.Present(workspace, dataset, vectors).has(stored)
    dataset.put_attributes([image], splits=["test"])
    assert derived.Present(workspace, dataset, vectors).has(stored), "as it was"


def test_what_holds_and_says_a_number_of_every_image_can_be_drawn(
    embedding: tuple[Workspace, Dataset, Embedding],
) -> None:
    workspace, dataset, vectors = embedding
    (image, *_) = dataset.images()["id"].to_pylist()
    dataset.put_attributes([image], labels=["lonely"])  # of which nothing can be said
    kept = [derived.outliers(*embedding), derived.label_issues(*embedding)]
    titles = dict(zip([one.fingerprint for one in kept], ["Outlier score", "Doubt about label"], strict=True))
    assert derived.scored(derived.Present(*embedding)) == titles
    odd, doubt = (derived.read_scores(workspace, fingerprint) for fingerprint in titles)
    assert odd is not None and doubt is not None
    assert (odd.dataset, odd.title) == (dataset.uuid, "Outlier score")
    assert (odd.values == kept[0].found.score).all() and (odd.ids == vectors.ids).all()
    assert doubt.ids[np.isnan(doubt.values)].tolist() == [image]

    dataset.put_attributes([image], labels=["round"])
    assert derived.scored(derived.Present(*embedding)) == {}
    again = derived.outliers(*embedding)
    assert derived.scored(derived.Present(*embedding)) == {again.fingerprint: "Outlier score"}
    assert derived.read_scores(workspace, derived.find_duplicates(*embedding).fingerprint) is None


def test_partitions_that_are_kept_serve_a_comparison(
    embedding: tuple[Workspace, Dataset, Embedding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "EXACT", 0)
    workspace, dataset, vectors = embedding
    dataset.put_attributes(dataset.images()["id"].to_pylist(), splits=[*(["train", "test"] * 12), "train"])
    splits = derived.find_drift(workspace, sides.parts(dataset, "pixels", "splits", ["train", "test"]))
    assert not workspace.results.find(dataset.uuid, "partitions"), "those of a part are nobody else's"
    itself = derived.find_drift(workspace, sides.pair(dataset, dataset, "pixels"))
    assert len(workspace.results.find(dataset.uuid, "partitions", vectors.fingerprint)) == 1
    assert not len(itself.found.new()) and np.abs(itself.found.distance).max() < 1e-5
    assert len(splits.found.ids) == 12
    monkeypatch.setattr(partitions, "partition", None)  # nobody needs to make them again
    derived.find_drift(workspace, sides.pair(dataset, dataset, "pixels"), seed=1)
