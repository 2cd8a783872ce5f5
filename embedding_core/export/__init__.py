"""Take a version of a dataset away: one format a file, each a generator of members that is written or streamed."""

from embedding_core.export.registry import FORMATS, Card, UnknownFormat, format_card
from embedding_core.export.taking import Missing, Removed, Section, Taken, take
from embedding_core.export.writing import Written, members, streamed, write

__all__ = [
    "FORMATS",
    "Card",
    "Missing",
    "Removed",
    "Section",
    "Taken",
    "UnknownFormat",
    "Written",
    "format_card",
    "members",
    "streamed",
    "take",
    "write",
]
