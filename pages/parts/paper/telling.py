"""How figures, moments and settings are written in the report: plain text, never markup."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from pages.parts.paper.markup import Html, joined, paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.parts.paper.stored import One


class Ends(Protocol):
    """A share and the ends of its interval."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def percent(share: float | None) -> str:
    return "–" if share is None or not math.isfinite(share) else f"{100 * share:.1f} %"


def ends(low: float, high: float) -> str:
    """As "81.2 to 86.0 %"."""
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def figure(one: Ends | None) -> str:
    """As "83.6 % (81.2 to 86.0)"."""
    return "–" if one is None else f"{percent(one.value)} ({100 * one.low:.1f} to {100 * one.high:.1f})"


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}".replace("-", "−")


def day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %B %Y") if seconds else ""


def moment(seconds: float) -> str:
    """As "2026-11-30 09:41", its date never broken over lines."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y\u2011%m\u2011%d %H:%M")


def settings(given: Mapping[str, Any]) -> str:
    """As "rate 0.0002, augmentation: crop 0.4, flip yes"."""
    return ", ".join(f"{name.replace('_', ' ')} {setting(value)}" for name, value in given.items() if value != "")


def setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return f"({settings(value)})"
    if isinstance(value, list | tuple):
        return " ".join(map(setting, value)) or "none"
    return "none" if value is None else str(value)


def first_up(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def found_on(one: One[Any]) -> Html:
    """When it was found; and whether images or labels have changed since."""
    stale = (
        Html("")
        if one.current
        else paragraph(
            "Images, labels or near-duplicates have changed since this was found, so it says how things stood then.",
            "old",
        )
    )
    return joined(paragraph(f"Found on {day(one.at)}.", "note"), stale)


def shortened(rows: Sequence[Any], most: int, what: str) -> str:
    """What is said beneath a table that was cut; nothing where it was not."""
    return f"And {len(rows) - most:,} more {what}." if len(rows) > most else ""
