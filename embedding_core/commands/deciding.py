"""Commands that decide on findings, and take the result away: decisions, versions, export, effect."""

from __future__ import annotations
