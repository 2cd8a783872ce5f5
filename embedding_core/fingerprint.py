"""Fingerprints: the name of a result, derived from all that it was computed from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.records import Scalar

Texts: TypeAlias = "Sequence[str | None] | pa.Array"

_PART = 50_000  # texts written at a time


def fingerprint(function: str, revision: int, *inputs: str, **parameters: Scalar) -> str:
    """SHA-256 (64 hex digits) over the inputs' fingerprints, a function's name and revision, and its parameters.

    Two calls agree exactly when all of these agree; parameters are compared as JSON, so 2 and 2.0 differ.
    """
    text = json.dumps([function, revision, inputs, parameters], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest(data: bytes) -> str:
    """SHA-256 (64 hex digits) of some bytes."""
    return hashlib.sha256(data).hexdigest()


def digest_of_texts(texts: Texts) -> str:
    """SHA-256 (64 hex digits) of a list of texts and nulls as JSON, of which there is never more than a part."""
    known = pa.array(texts, pa.string()).dictionary_encode()
    words = np.array([*map(json.dumps, known.dictionary.to_pylist()), "null"], dtype=object)
    codes = pc.fill_null(known.indices, len(words) - 1).to_numpy(zero_copy_only=False)
    text = hashlib.sha256(b"[")
    for start in range(0, len(codes), _PART):
        text.update(((", " if start else "") + ", ".join(words[codes[start : start + _PART]])).encode())
    text.update(b"]")
    return text.hexdigest()
