"""Decisions from a table: one a row, read whole and found sound before any of them counts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from embedding_core.errors import InvalidInput
from embedding_core.records import Actor
from embedding_core.review.cases import case_key
from embedding_core.review.decisions import Action, Decision, decided
from embedding_core.review.standing import VERDICTS
from embedding_core.sources.columns import PATH_NAMES, decoded, delimiter_of
from embedding_core.sources.matching import match

ACTIONS = tuple(action for action in Action if action != Action.UNDO)
VALUED = {Action.RELABEL: "label", Action.TAG: "tag", Action.UNTAG: "tag"}
TOLD = 5  # mistakes that a message names


@dataclass(frozen=True, slots=True)
class _Row:
    number: int  # in the file as a spreadsheet shows it: the names are row 1
    path: str
    action: str
    value: str
    reason: str
    finding: str


def read_decisions(content: bytes, what: str, ids: Mapping[str, int], actor: Actor) -> list[Decision]:
    """The decisions of a CSV table with the columns path, action and, where they say something, label or value, reason
    and finding.

    `ids` are those of the dataset's images by path; a path that is none of them counts as a file name, if only one
    image has that. An image gets at most one verdict. With a finding, the row answers that check's case of this image
    alone.
    Raises `InvalidInput`, which calls the table `what` and says which rows are wrong.
    """
    rows = list(_rows(content, what))
    if not rows:
        raise InvalidInput(f"{what} holds no decision below its first row.")
    names = list(dict.fromkeys(row.path for row in rows))
    others = [name for name in names if name not in ids]
    meant = {**dict(zip(names, names, strict=True)), **dict(zip(others, match(others, ids), strict=True))}
    mistakes: list[str] = []
    found: list[Decision] = []
    verdicts: dict[int, int] = {}  # image → row
    for row in rows:
        path = meant[row.path]
        wrong = _wrong(row, path)
        if wrong is None and row.action in VERDICTS and path is not None:
            first = verdicts.setdefault(ids[path], row.number)
            if first != row.number:
                wrong = f"{row.path} has a verdict in row {first} already; give it one"
        if wrong is not None or path is None:
            mistakes.append(f"row {row.number}: {wrong}")
            continue
        image = ids[path]
        found.append(
            decided(
                actor,
                Action(row.action),
                [image],
                value=row.value or None,
                finding=row.finding,
                case=case_key(row.finding, [image]) if row.finding else "",
                reason=row.reason,
            )
        )
    if mistakes:
        more = f"; and {len(mistakes) - TOLD:,} more" if len(mistakes) > TOLD else ""
        raise InvalidInput(f"Nothing of {what} was decided. In {'; in '.join(mistakes[:TOLD])}{more}.")
    return found


def _wrong(row: _Row, path: str | None) -> str | None:
    """What is the matter with a row; None when nothing is."""
    if row.action not in ACTIONS:
        given = f"not {row.action!r}" if row.action else "and is empty"
        return f"the action is one of {', '.join(ACTIONS)}, {given}"
    if not row.path:
        return "no image is named"
    if path is None:
        return f"no image is called {row.path!r}"
    if row.action in VALUED and not row.value:
        return f"{row.action} wants the {VALUED[Action(row.action)]} in the column label or value"
    return None


def _rows(content: bytes, what: str) -> Iterator[_Row]:
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(f"{what} is not a CSV table: it holds bytes that no text has.")
    text = decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        path = _column(names, PATH_NAMES)
        action = _column(names, ("action",))
        if path is None or action is None:
            raise InvalidInput(
                f"{what} needs the columns path and action in its first row, and has "
                f"{', '.join(filter(None, names)) or 'none'}."
            )
        rest = [_column(names, (name,)) for name in ("label", "value", "reason", "finding")]
        for number, cells in enumerate(reader, start=2):
            if not any(map(str.strip, cells)):
                continue
            label, value, reason, finding = (_cell(cells, at) for at in rest)
            act = _cell(cells, action).lower()
            said = value or label if act in (Action.TAG, Action.UNTAG) else label or value
            yield _Row(number, _cell(cells, path), act, said, reason, finding)
    except csv.Error as error:
        raise InvalidInput(f"{what} is not a sound CSV table: line {reader.line_num}: {error}.") from error


def _column(names: list[str], usual: Iterable[str]) -> int | None:
    return next((names.index(name) for name in usual if name in names), None)


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at].strip() if at is not None and at < len(cells) else ""
