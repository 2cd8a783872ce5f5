"""Images that do not belong are found, also when they come several at once, and each says why."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from embedding_core import derived, neighbours, places
from embedding_core.errors import InvalidInput
from embedding_core.quality.outliers.finding import find_outliers
from embedding_core.quality.outliers.found import Outliers
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.core import photographs
from tests.core.test_label_issues import average_precision
from tests.core.test_probing import clouds

Vectors = NDArray[np.float32]


def found(vectors: Vectors, labels: list[str | None] | None = None) -> Outliers:
    graph = neighbours.graph(vectors, 30)
    return find_outliers(np.arange(len(vectors)) + 500, vectors, graph, labels or [None] * len(vectors))


def noise(folder: Path, count: int, seed: int) -> Path:
    """Pictures of soft noise: nothing like a drawing on white."""
    folder.mkdir()
    chance = np.random.default_rng(seed)
    for number in range(count):
        coarse = chance.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((160, 160), Image.Resampling.BICUBIC).save(folder / f"noise{number:02d}.png")
    return folder


def add(workspace: Workspace, name: str, source: Path) -> None:
    TASKS["add"](workspace, {**photographs.ADD, "name": name, "source": str(source)}, silent, LOCAL)


def mixed(workspace: Workspace, name: str, foreign: Path) -> tuple[Vectors, list[str | None], NDArray[np.bool_]]:
    """Vectors of a dataset with images from elsewhere, its labels, and which images are from elsewhere."""
    add(workspace, name, foreign)
    dataset = workspace.dataset(name)
    embedding = dataset.embedding(photographs.ENCODER)
    inside = {path.name for path in foreign.iterdir()}
    path = dataset.paths()
    strange = np.array([Path(path[image]).name in inside for image in embedding.ids.tolist()])
    return embedding.matrix(), derived.labels_of(dataset, embedding.ids), strange


def test_pictures_of_noise_among_the_sample_come_first(tmp_path: Path) -> None:
    workspace = Workspace.open(str(tmp_path / "workspace"))
    add(workspace, "sample", places.SAMPLE)
    vectors, labels, strange = mixed(workspace, "sample", noise(tmp_path / "noise", 12, seed=1))
    assert strange.sum() == 12
    bare = found(vectors)
    assert average_precision(strange, bare.score) > 0.95
    chance = np.random.default_rng(0)
    names = sorted({label for label in labels if label is not None})
    hidden = [str(chance.choice(names)) if odd else label for label, odd in zip(labels, strange, strict=True)]
    among = found(vectors, hidden)
    assert average_precision(strange, among.score) > 0.95
    assert strange[among.flagged].mean() > 0.6
    assert among.flagged[strange].mean() > 0.6


@photographs.needed
def test_animals_and_cars_among_photographs_of_clothes_come_first(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(Path(photographs.BENCH) / "cifar10.parquet", columns=["image"])["image"]
    folder = tmp_path / "animals"
    folder.mkdir()
    for row in np.random.default_rng(0).choice(len(table), 25, replace=False).tolist():
        picture = Image.open(io.BytesIO(table[row].as_py()["bytes"])).convert("RGB")
        picture.resize((256, 256), Image.Resampling.BICUBIC).save(folder / f"cifar{row}.png")
    vectors, labels, strange = mixed(photographs.workspace(tmp_path_factory), photographs.NAME, folder)
    assert strange.sum() == 25
    assert average_precision(strange, found(vectors).score) > 0.85
    chance = np.random.default_rng(0)
    hidden = [
        str(chance.choice(["hat", "shoes", "skirt"])) if odd else one for one, odd in zip(labels, strange, strict=True)
    ]
    assert average_precision(strange, found(vectors, hidden).score) > 0.85


def test_a_handful_that_are_alike_do_not_excuse_each_other() -> None:
    vectors, _ = clouds(600, spread=0.15)
    strange = np.zeros(600, bool)
    strange[:15] = True
    vectors[strange] = np.eye(24)[20] + np.random.default_rng(1).normal(0, 0.02, (15, 24))
    judged = found(vectors)
    assert average_precision(strange, judged.score) == 1.0
    assert judged.flagged[strange].all()


def test_one_at_home_among_all_may_be_a_stranger_in_its_class() -> None:
    vectors, codes = clouds(400, spread=0.15)
    labels: list[str | None] = [f"class {code}" for code in codes]
    labels[4] = "class 1"  # it lies amid class 0
    assert found(vectors).ranked[0] != 4
    judged = found(vectors, labels)
    assert judged.ranked[0] == 4
    assert judged.reason(4).startswith("Nothing like the other 100 images of class 1: ")
    (case,) = [case for case in judged.cases() if case.ids == (504,)]
    assert case.suggestion is not None
    assert case.suggestion.act == "remove"
    assert len(case.evidence) == len(case.said) == 5
    assert case.said[0].startswith("class 0, ")
    first = int(judged.ids[judged.nearest[4, 0]])
    assert "nearest is a/b.png, " in judged.reason(4, {first: "a/b.png"})


def test_more_images_than_are_sampled_are_judged_alike() -> None:
    vectors, _ = clouds(2500, spread=0.2)
    strange = np.zeros(2500, bool)
    strange[::250] = True
    vectors[strange] = np.eye(24)[20] + np.random.default_rng(1).normal(0, 0.2, (10, 24))
    judged = found(vectors)
    assert average_precision(strange, judged.score) > 0.99
    np.testing.assert_array_equal(judged.score, found(vectors).score)


def test_what_was_found_is_kept_whole_and_the_line_moves() -> None:
    vectors, codes = clouds(100)
    judged = found(vectors, [f"class {code}" for code in codes])
    again = Outliers.restored(judged.arrays(), judged.facts())
    for name, array in judged.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert again.at(-10).flagged.all()
    assert len(again.at(-10).cases()) == 100


def test_images_that_are_all_the_same_are_no_outliers() -> None:
    judged = found(np.ones((30, 4), np.float32))
    assert not judged.flagged.any()


def test_too_few_images_are_refused() -> None:
    with pytest.raises(InvalidInput, match="20 images or more, and here are 8"):
        found(clouds(8)[0])
