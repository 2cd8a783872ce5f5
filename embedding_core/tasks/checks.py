"""Tasks that find what is wrong with a dataset. Each answers with the fingerprint of what it has kept and counts."""

from __future__ import annotations
