"""Under which key the names of groups are stored: that of all labels, as it has always been."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_core import derived
from embedding_core.fingerprint import digest


@given(st.lists(st.none() | st.text(max_size=4), max_size=20))
def test_labels_are_named_by_their_list_in_json(labels: list[str | None]) -> None:
    expected = digest(json.dumps(labels).encode())
    assert derived._digest_of(labels) == expected
    assert derived._digest_of(pa.array(labels, pa.string())) == expected


def test_parts_are_put_together_as_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ["a", None, 'say "b"', "ü"] * 5
    for part in (1, 3, 19, 20, 21):
        monkeypatch.setattr(derived, "_PART", part)
        assert derived._digest_of(labels) == digest(json.dumps(labels).encode())
