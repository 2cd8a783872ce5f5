"""Fingerprints: the name of a result, derived from all that it was computed from."""

from __future__ import annotations

import hashlib
import json

from embedding_core.records import Scalar


def fingerprint(function: str, revision: int, *inputs: str, **parameters: Scalar) -> str:
    """SHA-256 (64 hex digits) over the inputs' fingerprints, a function's name and revision, and its parameters.

    Two calls agree exactly when all of these agree; parameters are compared as JSON, so 2 and 2.0 differ.
    """
    text = json.dumps([function, revision, inputs, parameters], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest(data: bytes) -> str:
    """SHA-256 (64 hex digits) of some bytes."""
    return hashlib.sha256(data).hexdigest()
