"""Moving a line: some cases around it are asked about, and what the answers make of it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.review.cases import Case
    from pages.parts.curate.finding import Line
    from pages.parts.curate.reading import Read


def ask(read: Read) -> Sequence[Case]:
    """The cases to be judged. Raises `InvalidInput` where the check has no line."""
    return _line(read).ask(read.kept.found, read.subject)


def answer(read: Read, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Where the line belongs, as JSON."""
    answers = wanted.get("answers")
    if not isinstance(answers, list) or not all(
        isinstance(one, dict) and isinstance(one.get("case"), str) and isinstance(one.get("yes"), bool)
        for one in answers
    ):
        raise InvalidInput('`answers` must be a list of {"case": key, "yes": true or false}.')
    precision = wanted.get("wanted")
    if not isinstance(precision, int | float) or not 0 < precision < 1:
        raise InvalidInput(f"`wanted` must be a share between 0 and 1, not {precision!r:.40}.")
    told = {one["case"]: one["yes"] for one in answers}
    moved = _line(read).answer(read.kept.found, told, float(precision), read.subject)
    return {"said": moved.said, "line": moved.at}


def _line(read: Read) -> Line:
    if read.finding.line is None:
        raise InvalidInput(f"The check {read.finding.title!r} has no line that could be moved.")
    return read.finding.line
