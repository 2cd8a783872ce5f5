"""What nearest neighbours are right on, against scikit-learn, and that copies may not vouch for each other."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from embedding_core.errors import InvalidInput
from embedding_core.evaluate import knn as module
from embedding_core.evaluate import similarities
from embedding_core.evaluate.knn import knn
from tests.core import emojis, photographs

Labelled = tuple[NDArray[np.float32], NDArray[np.int64]]


def clouds(n: int = 240, classes: int = 4, d: int = 12, apart: float = 1.0, seed: int = 0) -> Labelled:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, n)
    middles = rng.normal(size=(classes, d)) * apart
    return (middles[codes] + rng.normal(size=(n, d))).astype(np.float32), codes


def by_hand(vectors: NDArray[np.float32], codes: NDArray[np.int64], k: int, groups: NDArray[np.int64]) -> list[int]:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    said = []
    for row in range(len(unit)):
        others = [at for at in range(len(unit)) if at != row and not (groups[row] == groups[at] >= 0)]
        near = sorted(others, key=lambda at: -float(unit[row] @ unit[at]))[:k]
        votes = Counter(int(codes[at]) for at in near)
        most = max(votes.values())
        said.append(next(int(codes[at]) for at in near if votes[int(codes[at])] == most))
    return said


@pytest.mark.parametrize("seed", range(3))
def test_every_image_is_given_what_a_loop_over_all_others_gives_it(seed: int) -> None:
    vectors, codes = clouds(90, seed=seed)
    groups = np.random.default_rng(seed).integers(-1, 20, 90)
    found = knn(vectors, codes, groups=groups)
    alone = np.full(90, -1)
    for at, k in enumerate(found.ks):
        assert found.plain[at].tolist() == by_hand(vectors, codes, k, alone)
        assert found.grouped[at].tolist() == by_hand(vectors, codes, k, groups)


@pytest.mark.parametrize("k", [1, 3])
def test_of_two_classes_and_odd_numbers_it_is_what_scikit_learn_finds(k: int) -> None:
    vectors, codes = clouds(classes=2, apart=0.4)
    said = []
    for row in range(len(vectors)):
        others = np.arange(len(vectors)) != row
        model = KNeighborsClassifier(k, metric="cosine").fit(vectors[others], codes[others])
        said.append(int(model.predict(vectors[row : row + 1])[0]))
    assert knn(vectors, codes, ks=(k,)).plain[0].tolist() == said


def test_of_classes_with_equally_many_votes_the_nearest_wins() -> None:
    angles = np.radians([0, 10, 20, 30, 40])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = knn(vectors, [0, 1, 2, 2, 1], ks=(4, 5))
    assert found.plain[0, 0] == 1  # two votes each for 1 and 2; the nearest is of 1
    assert found.plain[1, 0] == 1  # there are only four others


def test_an_image_never_votes_for_itself_even_among_copies() -> None:
    vectors = np.ones((6, 3), np.float32)
    assert knn(vectors, [0, 1, 1, 1, 1, 1], ks=(1, 5)).right(1).tolist()[0] is False
    assert not knn(vectors, [0, 1, 1, 1, 1, 1], ks=(1, 5)).right(5)[0]


def test_copies_inflate_plain_accuracy_and_not_that_of_groups() -> None:
    rng = np.random.default_rng(0)
    single = rng.normal(size=(150, 16)).astype(np.float32)
    labels = rng.integers(0, 3, 150)  # that nothing in the vectors tells
    vectors = np.concatenate([single, single + 0.01 * rng.normal(size=single.shape).astype(np.float32)])
    codes, groups = np.tile(labels, 2), np.tile(np.arange(150), 2)
    found = knn(vectors, codes, groups=groups)
    assert found.accuracy(1) == 1
    assert found.accuracy(1, grouped=True) < 0.45
    assert knn(vectors, codes).accuracy(1, grouped=True) == 1  # without groups there are none to leave out


def test_images_without_a_label_neither_vote_nor_are_asked() -> None:
    vectors, codes = clouds()
    partly = np.where(np.arange(240) % 3, codes, -1)
    found, alone = knn(vectors, partly), knn(vectors[partly >= 0], codes[partly >= 0])
    assert found.plain[:, partly >= 0].tolist() == alone.plain.tolist()
    assert (found.plain[:, partly < 0] == -1).all()
    assert found.accuracy(5) == alone.accuracy(5)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = clouds()
    whole = knn(vectors, codes)
    monkeypatch.setattr(similarities, "CELLS", 240 * 7)
    assert knn(vectors, codes).plain.tolist() == whole.plain.tolist()


def test_of_very_many_images_some_are_asked_about_and_all_vote(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = clouds()
    whole = knn(vectors, codes)
    monkeypatch.setattr(module, "QUERIES", 60)
    some = knn(vectors, codes, seed=1)
    assert some.asked.sum() == 60
    assert some.plain[:, some.asked].tolist() == whole.plain[:, some.asked].tolist()
    assert some.accuracy(5) == whole.right(5)[some.asked].mean()


def test_where_all_are_one_group_nobody_can_say_anything() -> None:
    vectors, codes = clouds(30)
    found = knn(vectors, codes, groups=np.zeros(30))
    assert (found.grouped == -1).all()
    assert found.accuracy(5, grouped=True) == 0


def test_wrong_questions_are_refused() -> None:
    vectors, codes = clouds(30)
    with pytest.raises(InvalidInput, match="from 1"):
        knn(vectors, codes, ks=(0,))
    with pytest.raises(InvalidInput, match="Fewer than two classes"):
        knn(vectors, np.zeros(30))
    with pytest.raises(InvalidInput, match="as many classes"):
        knn(vectors, codes[:-1])


def test_on_the_sample_it_is_what_scikit_learn_finds(tmp_path_factory: pytest.TempPathFactory) -> None:
    dataset = emojis.workspace(tmp_path_factory).dataset(emojis.NAME)
    vectors, codes = of(dataset, "efficientnet-lite0")
    oracle = KNeighborsClassifier(2, metric="cosine").fit(vectors, codes).kneighbors(return_distance=False)
    assert knn(vectors, codes, ks=(1,)).accuracy(1) == pytest.approx((codes[oracle[:, 0]] == codes).mean(), abs=0.003)
    assert knn(vectors, codes).accuracy(5) == pytest.approx(0.624, abs=0.03)


@photographs.needed
def test_on_photographs_it_is_the_known_figure(tmp_path_factory: pytest.TempPathFactory) -> None:
    dataset = photographs.workspace(tmp_path_factory).dataset(photographs.NAME)
    assert knn(*of(dataset, photographs.ENCODER)).accuracy(5) == pytest.approx(0.84, abs=0.01)


def of(dataset: object, encoder: str) -> Labelled:
    embedding = dataset.embedding(encoder)  # type: ignore[attr-defined]
    labels = dataset.said_of(embedding.ids)[0]["label"].to_pylist()  # type: ignore[attr-defined]
    return embedding.matrix(), np.unique(labels, return_inverse=True)[1]
