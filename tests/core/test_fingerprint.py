"""What a list of texts is called: as its JSON is, however it is held."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_core import fingerprint
from embedding_core.fingerprint import digest, digest_of_texts


@given(st.lists(st.none() | st.text(max_size=4), max_size=20))
def test_texts_are_named_by_their_list_in_json(texts: list[str | None]) -> None:
    expected = digest(json.dumps(texts).encode())
    assert digest_of_texts(texts) == expected
    assert digest_of_texts(pa.array(texts, pa.string())) == expected


def test_parts_are_put_together_as_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a", None, 'say "b"', "ü"] * 5
    for part in (1, 3, 19, 20, 21):
        monkeypatch.setattr(fingerprint, "_PART", part)
        assert digest_of_texts(texts) == digest(json.dumps(texts).encode())
