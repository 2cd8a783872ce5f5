"""Mean average precision and recall, against torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.retrieval import RetrievalHitRate, RetrievalMAP

from embedding_core.errors import InvalidInput
from embedding_core.evaluate import similarities
from embedding_core.evaluate.card import retrieval as module
from embedding_core.evaluate.card.retrieval import retrieval
from tests.core import emojis
from tests.core.test_knn import Labelled, clouds, of


def oracle(vectors: Labelled, metric: torch.nn.Module) -> float:
    array, codes = vectors
    unit = array / np.linalg.norm(array, axis=1, keepdims=True)
    likeness = (unit @ unit.T).astype(np.float64) + 2  # torchmetrics does not count what is not above 0
    others = ~np.eye(len(unit), dtype=bool)
    queries = np.repeat(np.arange(len(unit)), len(unit)).reshape(likeness.shape)
    same = codes[:, None] == codes
    parts = (torch.from_numpy(one[others]) for one in (likeness, same, queries))
    preds, target, indexes = parts
    return float(metric(preds, target, indexes=indexes))


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_torchmetrics_finds(seed: int) -> None:
    data = clouds(150, classes=5, apart=0.5, seed=seed)
    found = retrieval(*data)
    assert found.mean == pytest.approx(oracle(data, RetrievalMAP()), abs=1e-5)
    for k in (1, 5, 10):
        assert found.recall(k) == pytest.approx(oracle(data, RetrievalHitRate(top_k=k)), abs=1e-6)


def test_on_the_sample_it_is_what_torchmetrics_finds(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = of(emojis.workspace(tmp_path_factory).dataset(emojis.NAME), "efficientnet-lite0")
    found = retrieval(*data)
    assert found.mean == pytest.approx(oracle(data, RetrievalMAP()), abs=1e-4)
    assert found.recall(5) == pytest.approx(oracle(data, RetrievalHitRate(top_k=5)), abs=0.003)


def test_an_image_alone_in_its_class_searches_for_nothing() -> None:
    vectors, codes = clouds(60, classes=3)
    codes[7] = 3
    found = retrieval(vectors, codes)
    assert 7 not in found.rows
    assert len(found.rows) == 59


def test_copies_of_an_image_are_not_there_to_be_found() -> None:
    """As if each image had a set of its own, in which none of its near-duplicates is."""
    vectors, codes = clouds(60, classes=3, apart=0.5)
    copied, said, groups = np.repeat(vectors, 2, axis=0), np.repeat(codes, 2), np.repeat(np.arange(60), 2)
    found, once = retrieval(copied, said, groups=groups), retrieval(vectors, codes)
    assert found.recall(1) == pytest.approx(once.recall(1))
    assert found.recall(10) == pytest.approx(once.recall(5), abs=0.1)
    alone = retrieval(vectors, codes, groups=np.full(60, -1))
    assert (alone.mean, alone.recall(5)) == (once.mean, once.recall(5))
    whole = retrieval(vectors, codes, groups=codes)  # nothing of its class is left to be found
    assert len(whole.rows) == 0


def test_only_who_has_copies_is_asked_again() -> None:
    rng = np.random.default_rng(0)
    vectors, codes = clouds(90, classes=3, apart=0.5)
    groups = np.where(rng.random(90) < 0.5, rng.integers(0, 12, 90), -1)
    codes[:5] = -1
    whole = retrieval(vectors, codes, groups=groups)
    found = retrieval(vectors, codes).without_copies(vectors, codes, groups)
    for name in ("rows", "precision", "first"):
        assert np.array_equal(getattr(found, name), getattr(whole, name)), name
    assert not np.array_equal(found.first, retrieval(vectors, codes).first)


def test_noise_with_copies_finds_its_label_by_chance() -> None:
    rng = np.random.default_rng(0)
    vectors = np.repeat(rng.normal(size=(200, 16)).astype(np.float32), 2, axis=0)
    codes, groups = np.repeat(rng.integers(0, 20, 200), 2), np.repeat(np.arange(200), 2)
    assert retrieval(vectors, codes).recall(5) == 1
    assert retrieval(vectors, codes, groups=groups).recall(5) < 0.3


def test_equal_vectors_do_not_pass_for_a_ranking() -> None:
    codes = np.repeat([0, 1], 100)
    found = retrieval(np.ones((200, 4), np.float32), codes)
    assert 0.4 < found.mean <= 0.5
    assert found.recall(1) == 0  # of 199 at one place, it is not the first


def test_images_without_a_label_are_not_there() -> None:
    vectors, codes = clouds()
    partly = np.where(np.arange(240) % 3, codes, -1)
    found, alone = retrieval(vectors, partly), retrieval(vectors[partly >= 0], codes[partly >= 0])
    assert found.mean == pytest.approx(alone.mean)
    assert found.rows.tolist() == np.flatnonzero(partly >= 0)[alone.rows].tolist()


def test_blocks_and_draws_change_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = clouds()
    whole = retrieval(vectors, codes)
    monkeypatch.setattr(similarities, "CELLS", 240 * 7)
    monkeypatch.setattr(module, "QUERIES", 50)
    some = retrieval(vectors, codes, seed=3)
    assert len(some.rows) == 50
    assert some.precision == pytest.approx(whole.precision[some.rows])


def test_one_class_has_nothing_to_be_told_from() -> None:
    with pytest.raises(InvalidInput, match="Fewer than two classes"):
        retrieval(clouds(20)[0], np.zeros(20))
