"""Columns joined with an embedding: what kind each is, how it becomes numbers, what it is worth, without leaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.joined.blocks import RARE, Block, fit_blocks, frame, guess, parse
from embedding_core.evaluate.joined.features import EMBEDDING, Asked, Features, join
from embedding_core.quality.intervals import share
from tests.core.test_components import blobs

N = 240


def table(codes: np.ndarray, seed: int = 0) -> list[Block]:
    """A number with gaps, a category with rare values, a text; the category and the text go with the classes."""
    rng = np.random.default_rng(seed)
    size = rng.normal(20, 5, len(codes))
    size[::9] = np.nan
    kinds = np.array(["oak", "elm", "fir", "ash"], dtype=object)[np.where(rng.random(len(codes)) < 0.5, codes, 0)]
    kinds[:3] = ["odd one", "odd two", ""]
    words = [f"{rng.choice(['small', 'large'])} {['red', 'green', 'blue', 'grey'][code]} leaf" for code in codes]
    return [
        Block("size", "number", {"size": size}),
        Block("tree", "category", {"tree": kinds}),
        Block("note", "text", {"note": np.array(words, dtype=object)}),
    ]


def asked(codes: np.ndarray, tested: int = 0) -> Asked:
    rows = np.arange(len(codes) - tested)
    test = np.arange(len(rows), len(codes))
    return Asked(rows, codes, np.full(len(codes), -1), test, test)


# -- kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, 2.5, None, 3.0], "number"),
        (["1.5", "2", "", "7"], "number"),
        ([True, False, True], "category"),
        (["2024-02-29", "2024-03-01T12:00", None], "date"),
        ([datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)], "date"),
        (["oak", "elm"] * 10, "category"),
        ([f"a leaf of tree {number}" for number in range(100)], "text"),
        ([f"IMG_{number}" for number in range(100)], "leave"),
        (["same"] * 10, "leave"),
        ([None, ""], "leave"),
    ],
)
def test_what_a_column_is_taken_for(values: list[Any], kind: str) -> None:
    assert guess(values) == kind


def test_values_are_parsed_and_what_is_none_is_missing() -> None:
    np.testing.assert_array_equal(parse(["1.5", None, "x", "inf"], "number"), [1.5, np.nan, np.nan, np.nan])
    assert parse(["2024-02-29", "1970-01-01T00:01:00"], "date").tolist() == [1709164800.0, 60.0]
    assert parse([None, "a", 3], "category").tolist() == ["", "a", "3"]


# -- numbers -----------------------------------------------------------------------------------------------------


def test_columns_are_those_of_scikit_learn_by_hand() -> None:
    codes = blobs(n=N)[1]
    blocks = table(codes)
    made = fit_blocks(blocks, frame(blocks))
    found = made(frame(blocks))
    size = blocks[0].columns["size"]
    filled = np.where(np.isnan(size), np.nanmedian(size), size)
    number = StandardScaler().fit_transform(np.column_stack([filled, np.isnan(size)]))
    trees = np.where(blocks[1].columns["tree"] == "", "(none)", blocks[1].columns["tree"])
    often, counts = np.unique(trees, return_counts=True)
    common = sorted(often[counts >= RARE].tolist())
    tree = np.column_stack([*(trees == name for name in common), ~np.isin(trees, common)]).astype(float)
    text = TfidfVectorizer(sublinear_tf=True).fit_transform(blocks[2].columns["note"]).toarray()
    for name, by_hand in (("size", number), ("tree", tree), ("note", text)):
        centred = by_hand - by_hand.mean(axis=0)
        weighed = centred / np.sqrt((centred**2).sum() / len(centred))
        np.testing.assert_allclose(found[:, made.slices[name]], weighed, atol=1e-5)
    assert made.names[:2] == ("size", "missing: size")
    assert made.names[2:7] == ("tree=ash", "tree=elm", "tree=fir", "tree=oak", "tree=rare")
    assert "note: green" in made.names and len(made.names) == found.shape[1]
    assert OneHotEncoder().fit(trees[:, None]).categories_[0].shape == (7,)  # three of them are rare


def test_every_block_has_the_same_weight() -> None:
    unit, codes = blobs(n=N)
    found = join(np.arange(N), unit, table(codes), asked=None)
    matrix = found.joined(unit, np.arange(N))
    ends = np.cumsum([unit.shape[1], *(one.made for one in found.blocks[1:])])
    for block in np.split(matrix, ends[:-1], axis=1):
        assert (block**2).sum(axis=1).mean() == pytest.approx(1, abs=1e-3)
    assert matrix.shape[1] == ends[-1]


def test_a_value_that_was_not_seen_counts_as_a_rare_one() -> None:
    codes = blobs(n=N)[1]
    blocks = table(codes)[1:2]
    made = fit_blocks(blocks, frame(blocks))
    other = frame([Block("tree", "category", {"tree": np.array(["never seen", "odd one"], dtype=object)})])
    first, second = made(other)
    np.testing.assert_array_equal(first, second)


def test_a_text_without_words_is_said() -> None:
    blocks = [Block("note", "text", {"note": np.array(["", "!", ""], dtype=object)})]
    with pytest.raises(InvalidInput, match="cannot be read"):
        fit_blocks(blocks, frame(blocks))


# -- what they are worth -----------------------------------------------------------------------------------------


def test_a_block_that_helps_is_told_from_one_that_does_not() -> None:
    unit, codes = blobs(n=N, apart=0.25)
    rng = np.random.default_rng(1)
    helps = Block("tree", "number", {"tree": codes + 0.6 * rng.normal(size=N)})
    noise = Block("size", "number", {"size": rng.normal(size=N)})
    found = join(np.arange(N), unit, [helps, noise], asked=asked(codes, 40))
    worth = {one.name: one for one in found.blocks}
    assert list(worth) == [EMBEDDING, "tree", "size"]
    assert worth["tree"].adds is not None and worth["tree"].adds.better
    assert worth["size"].adds is not None and not worth["size"].adds.better
    assert found.gain is not None and found.gain.better and found.gain.before == pytest.approx(worth[EMBEDDING].alone)
    assert found.test is not None and found.tested == 40 and found.test.after == pytest.approx(found.right.mean())
    assert found.commonest == pytest.approx(0.25)


def test_copies_are_one_witness_of_what_a_block_is_worth() -> None:
    unit, codes = blobs(n=120, apart=0.25)
    pairs = np.repeat(np.arange(120), 2)
    given = replace(asked(codes[pairs]), groups=pairs)
    alone = join(np.arange(240), unit[pairs], [], asked=given).blocks[0]
    assert alone.alone is not None and alone.interval is not None
    once, twice = share(round(alone.alone * 120), 120), share(round(alone.alone * 240), 240)
    width = alone.interval[1] - alone.interval[0]
    assert width == pytest.approx(once[1] - once[0], rel=0.05)
    assert width > 1.2 * (twice[1] - twice[0])


def test_a_block_that_says_the_label_is_warned_of() -> None:
    unit, codes = blobs(n=N)
    names = np.array(["a", "b", "c", "d"], dtype=object)[codes]
    found = join(np.arange(N), unit, [Block("code", "category", {"code": names})], asked=asked(codes))
    assert found.blocks[1].outright and "code gives the label away" in found.warnings[0]
    assert not found.blocks[0].outright  # the embedding may be as good as it likes


def test_labels_that_mean_nothing_stay_at_chance_with_every_kind_of_block() -> None:
    rights = []
    for seed in range(3):
        unit, codes = blobs(seed, n=N)
        blocks = table(codes, seed)
        rng = np.random.default_rng(seed)
        own = Block("own", "text", {"own": np.array([f"word{number}" for number in rng.permutation(N)], dtype=object)})
        found = join(np.arange(N), unit, [*blocks, own], asked=asked(rng.permutation(codes)), seed=seed)
        assert found.gain is not None
        rights += [found.gain.after, *(one.alone or 0 for one in found.blocks)]
    assert abs(np.mean(rights) - 0.25) < 0.03


def test_what_is_fitted_is_fitted_on_no_test_image() -> None:
    unit, codes = blobs(n=N)
    blocks = table(codes)
    changed = table(codes)
    rows = slice(N - 40, N)
    changed[0].columns["size"][rows] = 1e6  # test images that would move every median and scale
    changed[2].columns["note"][rows] = "another word"
    first, second = (join(np.arange(N), unit, each, asked=asked(codes, 40)) for each in (blocks, changed))
    assert first.names == second.names
    np.testing.assert_array_equal(first.rest[: N - 40], second.rest[: N - 40])
    assert first.fitted == N - 40


def test_without_labels_there_is_a_matrix_and_no_score() -> None:
    unit, codes = blobs(n=N)
    found = join(np.arange(N), unit, table(codes), asked=None)
    assert found.gain is None and found.test is None and found.blocks[0].alone is None
    assert found.rest.shape == (N, len(found.names))


def test_features_are_put_together_again() -> None:
    unit, codes = blobs(n=N)
    found = join(np.arange(N), unit, table(codes), asked=asked(codes, 40))
    again = Features.restored(found.arrays(), found.facts())
    assert again.facts() == found.facts() and again.blocks == found.blocks
    np.testing.assert_array_equal(again.joined(unit, np.arange(N)), found.joined(unit, np.arange(N)))
