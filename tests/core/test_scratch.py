"""Training from nothing: it learns what is plain to see, keeps its limits, and never sees the test part."""

import numpy as np
import pytest

from embedding_core.errors import InvalidInput, JobCancelled
from embedding_core.evaluate.curve.scratch_found import Scratch
from embedding_core.train.scratch import SIDE, train_from_scratch


def coloured(n: int, seed: int = 0, side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures, red or blue."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 2
    pictures = rng.integers(60, 130, (n, 3, side, side))
    pictures[codes == 0, 0] += 110
    pictures[codes == 1, 2] += 110
    return pictures.astype(np.uint8), codes


def test_colours_are_learnt() -> None:
    pictures, codes = coloured(120)
    tested, truth = coloured(60, seed=1)
    found = train_from_scratch(pictures, codes, tested, truth, seconds=60, passes=12)
    assert found.accuracy > 0.9
    assert found.labels == 120
    assert 0 < found.passes <= 12
    assert found.seconds > 0


def test_the_same_seed_learns_the_same_whatever_the_test_labels_say() -> None:
    pictures, codes = coloured(60)
    tested, truth = coloured(40, seed=1)
    runs = [
        train_from_scratch(pictures, codes, tested, labels, seconds=600, passes=2, seed=7)
        for labels in (truth, 1 - truth)
    ]
    assert np.array_equal(runs[0].right, ~runs[1].right)
    assert runs[0].validation == runs[1].validation


def test_time_ends_it() -> None:
    pictures, codes = coloured(60)
    found = train_from_scratch(pictures, codes, pictures, codes, seconds=0.001)
    assert (found.ended, found.passes) == ("budget", 1)


def test_nothing_better_ends_it() -> None:
    rng = np.random.default_rng(0)
    pictures, codes = coloured(28)
    found = train_from_scratch(pictures, rng.permutation(codes), pictures, codes, seconds=600, passes=10_000)
    assert found.ended == "patience"


def test_it_can_be_cancelled() -> None:
    def stop(stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        raise JobCancelled("stop")

    pictures, codes = coloured(60)
    with pytest.raises(JobCancelled):
        train_from_scratch(pictures, codes, pictures, codes, seconds=60, progress=stop)


def test_too_little_is_said() -> None:
    pictures, codes = coloured(10)
    with pytest.raises(InvalidInput, match="14 images"):
        train_from_scratch(pictures, codes, pictures, codes)


def test_it_is_put_together_again() -> None:
    pictures, codes = coloured(30)
    run = train_from_scratch(pictures, codes, pictures, codes, seconds=60, passes=1)
    found = Scratch((run,), SIDE, 1.0, 0.01)
    again = Scratch.restored(found.arrays(), found.facts())
    assert again.facts() == found.facts()
    assert np.array_equal(again.runs[0].right, run.right)
    assert again.embedding_seconds(200) == pytest.approx(2)
