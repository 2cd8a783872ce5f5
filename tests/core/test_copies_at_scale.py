"""The measurement of duplicates among very many drawn pictures, at a size that takes a second."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmarks.curate import copies_at_scale
from embedding_core.images import decode
from embedding_core.quality.hashing import hamming


def test_a_drawn_picture_is_the_same_whenever_it_is_asked_for_and_a_copy_is_of_its_original() -> None:
    made = copies_at_scale.planted(300, 60)
    assert made.read([7, 299]) == made.read([299, 7])
    assert (made.picture(7) != made.picture(8)).any()
    for number in range(240, 246):
        one, original = (
            decode(made.read([number])[number]).image,
            decode(made.read([made.source(number)])[made.source(number)]).image,
        )
        if made.kind(number) == "recompressed":
            assert np.abs(np.asarray(one, int) - np.asarray(original, int)).mean() < 10
        if made.kind(number) == "turned":
            assert one.size == original.size[::-1]
    given = copies_at_scale.pictures(made)
    resized = np.array([row for row in range(240, 300) if made.kind(row) == "resized"])
    assert hamming(given.hashes[resized], given.hashes[made.sources[resized - 240]]).max() <= 10


def test_what_is_planted_is_found_stored_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    copies_at_scale.measured(1_000, 60)
    told = capsys.readouterr().out
    assert re.search(r"recall of planted copies: 1\.0000 \(60 of 60\)", told)
    assert re.search(r"one picture alone: 1\.0000 of 60", told)
    assert "most memory" in told
