"""Wrong labels, found where they were made wrong: on the sample, on photographs, and on clouds of points."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core import derived, neighbours, places
from embedding_core.errors import InvalidInput
from embedding_core.quality.labels import finding as label_judging
from embedding_core.quality.labels.finding import judge_labels
from embedding_core.quality.labels.found import LabelIssues, Share
from embedding_core.quality.labels.votes import votes
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.core import photographs
from tests.core.test_probing import clouds


def flipped(labels: list[str], seed: int, share: float = 0.05) -> tuple[list[str], NDArray[np.bool_]]:
    """The labels with a share of them exchanged for another one at random, and which they are (n,)."""
    chance = np.random.default_rng(seed)
    names = sorted(set(labels))
    wrong = np.zeros(len(labels), bool)
    wrong[chance.choice(len(labels), round(share * len(labels)), replace=False)] = True
    others = [[name for name in names if name != label] for label in labels]
    return [
        str(chance.choice(other)) if bad else label for label, other, bad in zip(labels, others, wrong, strict=True)
    ], wrong


def average_precision(wrong: NDArray[np.bool_], score: NDArray[np.float32]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(wrong, score))


def judged(vectors: NDArray[np.float32], labels: list[str | None], **settings: object) -> LabelIssues:
    groups = settings.get("groups")
    assert groups is None or isinstance(groups, np.ndarray)
    graph = neighbours.graph(vectors, 30)
    return judge_labels(np.arange(len(labels)) + 1000, vectors, graph, labels, groups=groups)


def embedded(folder: Path, source: Path | str) -> tuple[NDArray[np.float32], list[str]]:
    """Vectors (n, d) of the default encoder, and labels."""
    workspace = Workspace.open(str(folder / "workspace"))
    asked = {"name": "set", "source": str(source), "labels": "auto", "encoder": photographs.ENCODER}
    TASKS["add"](workspace, asked, silent, LOCAL)
    return of_set(workspace.dataset("set"))


def of_set(dataset: Dataset) -> tuple[NDArray[np.float32], list[str]]:
    embedding = dataset.embedding(photographs.ENCODER)
    return embedding.matrix(), [label or "" for label in derived.labels_of(dataset, embedding.ids)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[NDArray[np.float32], list[str]]:
    return embedded(tmp_path_factory.mktemp("sample"), places.SAMPLE)


def test_exchanged_labels_of_the_sample_are_found_better_than_by_a_probe_alone(
    sample: tuple[NDArray[np.float32], list[str]],
) -> None:
    from embedding_core.quality.probing.probe import out_of_fold

    vectors, labels = sample
    ours, margins, recalls = [], [], []
    for seed in range(3):
        given, wrong = flipped(labels, seed)
        found = judged(vectors, list(given))
        ours.append(average_precision(wrong, found.score))
        recalls.append(wrong[found.ranked[: 2 * wrong.sum()]].sum() / wrong.sum())
        probable = out_of_fold(vectors, found.codes)
        own = probable[np.arange(len(wrong)), found.codes]
        probable[np.arange(len(wrong)), found.codes] = -1
        margins.append(average_precision(wrong, probable.max(axis=1) - own))
        assert found.share.low <= 0.05 <= found.share.high
    assert np.mean(ours) > 0.6, ours
    assert np.mean(ours) > np.mean(margins) + 0.1, (ours, margins)
    assert np.mean(recalls) > 0.7, recalls


@photographs.needed
def test_exchanged_labels_of_photographs_are_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    vectors, labels = of_set(photographs.workspace(tmp_path_factory).dataset(photographs.NAME))
    reached, recalls = [], []
    for seed in range(3):
        given, wrong = flipped(labels, seed)
        found = judged(vectors, list(given))
        reached.append(average_precision(wrong, found.score))
        recalls.append(wrong[found.ranked[: 2 * wrong.sum()]].sum() / wrong.sum())
        right = [
            found.names[code] == label
            for code, label in zip(found.suggested[wrong], np.array(labels)[wrong], strict=True)
        ]
        assert np.mean(right) > 0.8
        assert found.share.low <= 0.05 <= found.share.high
        assert wrong[found.flagged].mean() > 0.7
    assert np.mean(reached) > 0.88, reached
    assert np.mean(recalls) > 0.935, recalls


def test_a_wrong_label_is_flagged_with_the_right_one_and_five_who_say_so() -> None:
    vectors, codes = clouds(400, spread=0.15)
    labels: list[str | None] = [f"class {code}" for code in codes]
    labels[8] = "class 3"  # it is of class 0
    found = judged(vectors, labels)
    assert found.flagged.nonzero()[0].tolist() == [8]
    (case,) = found.cases()
    assert case.ids == (1008,)
    assert case.suggestion is not None
    assert (case.suggestion.act, case.suggestion.label) == ("relabel", "class 0")
    assert len(case.evidence) == len(case.said) == 5
    assert {labels[image - 1000] for image in case.evidence} == {"class 0"}
    assert case.reason.startswith("Labelled class 3, and rather class 0")
    assert len(found.at(0.005).cases()) > 1, "the line moves without computing again"


def test_copies_with_the_same_wrong_label_do_not_vouch_for_each_other() -> None:
    vectors, codes = clouds(400, spread=0.3)
    labels: list[str | None] = [f"class {code}" for code in codes]
    copies = [0, *range(396, 400)]
    vectors[copies] = vectors[0] + np.random.default_rng(0).normal(0, 1e-3, (5, 24))
    for row in copies:
        labels[row] = "class 1"
    groups = np.full(400, -1)
    groups[copies] = 0
    alone, together = judged(vectors, labels), judged(vectors, labels, groups=groups)
    assert together.flagged[copies].all()
    assert (together.score[copies] > alone.score[copies]).all()
    assert not np.isin(together.witnesses[copies], copies).any()


def test_images_without_a_label_and_classes_of_a_few_are_not_judged() -> None:
    vectors, codes = clouds(300, spread=0.15)
    labels: list[str | None] = [f"class {code}" for code in codes]
    labels[0], labels[1] = None, "seen once"
    found = judged(vectors, labels)
    assert 0 not in found.ranked
    assert found.ranked[-1] == 1
    assert not found.flagged[[0, 1]].any()
    assert "Too few images are labelled seen once" in found.reason(1)
    assert found.share.labelled == 298


def test_what_was_found_is_kept_whole() -> None:
    vectors, codes = clouds(120)
    found = judged(vectors, [f"class {code}" for code in codes])
    again = LabelIssues.restored(found.arrays(), found.facts())
    assert again.share == found.share
    assert again.names == found.names
    for name, array in found.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert again.cases() == found.cases()


def test_with_very_many_classes_the_discriminant_alone_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = clouds(400, spread=0.15)
    labels: list[str | None] = [f"class {code}" for code in codes]
    labels[8] = "class 3"
    monkeypatch.setattr(label_judging, "_SLOW", 1)
    assert judged(vectors, labels).flagged.nonzero()[0].tolist() == [8]


def test_too_few_labels_are_refused_with_what_to_do() -> None:
    vectors = clouds(40)[0]
    with pytest.raises(InvalidInput, match="label NAME --labels folders"):
        judged(vectors, [None] * 40)
    with pytest.raises(InvalidInput, match="two at least need 5 images each, and 1 of 1 have them"):
        judged(vectors, ["one"] * 40)


def test_votes_weigh_by_likeness_and_leave_out_who_has_no_label() -> None:
    vectors, codes = clouds(60, classes=2)
    graph = neighbours.graph(vectors, 10)
    heard = votes(graph, codes, 2)
    np.testing.assert_allclose(heard.sum(axis=1), 1, rtol=1e-5)
    assert (heard.argmax(axis=1) == codes).mean() > 0.9
    silenced = np.where(np.arange(60) == graph.rows[0, 0], -1, codes)
    assert votes(graph, silenced, 2)[0, codes[graph.rows[0, 0]]] < heard[0, codes[graph.rows[0, 0]]] + 1e-6
    nobody = votes(graph, codes, 2, groups=np.zeros(60, int))
    np.testing.assert_allclose(nobody, np.broadcast_to(np.bincount(codes) / 60, (60, 2)), rtol=1e-5)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ((0.0, 0.0, 0.05), "3 of 40 labels are worth a look. .* at most 2 are wrong, so expect 1 or more .* right."),
        (
            (0.1, 0.05, 0.2),
            "3 of 40 labels are worth a look. .* about 4 are wrong \\(2 to 8\\), so there may well be more .*\\.",
        ),
        ((0.5, 0.25, 0.75), "3 of 40 labels are worth a look. .* \\(10 to 30\\), so there are more than these\\."),
    ],
)
def test_what_is_flagged_and_what_is_wrong_are_said_together(share: tuple[float, float, float], said: str) -> None:
    vectors, codes = clouds(40, spread=0.15)
    labels: list[str | None] = [f"class {code}" for code in codes]
    found = judged(vectors, labels)
    found = replace(found, share=Share(*share, looked_at=10, labelled=40))
    third = float(np.sort(found.score)[-3])
    assert re.fullmatch(said, found.at(third).said), found.at(third).said


def test_where_more_labels_are_wrong_than_lie_above_the_line_another_fits() -> None:
    vectors, codes = clouds(40, spread=0.15)
    found = judged(vectors, [f"class {code}" for code in codes])
    strict = replace(found, line=float(np.sort(found.score)[-3]))
    for share, fits in ((0.5, 20), (0.05, None), (0.075, None)):
        guessed = replace(strict, share=Share(share, 0.0, 0.9, looked_at=10, labelled=40))
        if fits is None:
            assert guessed.fitting is None
            continue
        assert guessed.fitting is not None
        moved = guessed.at(guessed.fitting)
        assert int(moved.flagged.sum()) == fits
        assert (moved.drawn, moved.fitting) == (strict.line, guessed.fitting), "both lines are still known"
