"""Commands that find what is wrong with a dataset. What they print is listed worst first."""

from __future__ import annotations
