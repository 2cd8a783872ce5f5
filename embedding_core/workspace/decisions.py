"""The decisions of one dataset: a log that is only ever added to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock

import pyarrow as pa

from embedding_core.errors import InvalidInput, UnknownDecision
from embedding_core.review.decisions import Action, Decision
from embedding_core.review.standing import Standing, in_force, standing_of
from embedding_core.workspace.schema import DECISIONS
from embedding_core.workspace.store import Store

FRAGMENTS = 64  # each commit leaves one; with more of them reading takes longer than it should
WORDS = 2000  # characters of a reason, a label or a tag
_NEEDS_VALUE = {
    Action.RELABEL: "the new label",
    Action.TAG: "the tag",
    Action.UNTAG: "the tag",
    Action.UNDO: "the id of a decision",
}
# Few different texts in many rows: read through a dictionary, they are the same objects.
_REPEATED = frozenset({"actor", "who", "action", "value", "finding", "reason"})
_LATER = 1e-4  # seconds by which an undo comes after what it undoes, also where clocks disagree


@dataclass(frozen=True)
class Decisions:
    """Reads and adds to the log of the dataset `uuid`. In older workspaces the first decision makes the table."""

    uuid: str
    _store: Store = field(repr=False)

    @property
    def count(self) -> int:
        return self._store.count(self._table) if self._store.exists(self._table) else 0

    @property
    def token(self) -> str:
        """Changes whenever a decision is added. It does not enter `Dataset.token`: what images are, they stay."""
        return f"{self.uuid}:{self._version}"

    def all(self) -> tuple[Decision, ...]:
        """Every decision, in the order (at, id)."""
        version = self._version
        return _log(self._store, self._table).at(version)[0] if version else ()

    def standing(self) -> Standing:
        """What all decisions together make of the dataset; worked out once for each state of the log."""
        version = self._version
        return _log(self._store, self._table).at(version)[1] if version else standing_of(())

    def get(self, decision: str) -> Decision:
        """Raises `UnknownDecision`."""
        for one in self.all():
            if one.id == decision:
                return one
        raise UnknownDecision(decision)

    def add(self, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
        """Add decisions in one commit, and return them as they are stored. Safe from several processes.

        One whose id is there already is not added again, so a request may be repeated. Images are not looked up: what
        is said of an unknown one has no effect. Raises `InvalidInput` for a decision that says nothing or undoes what
        is undone, and `UnknownDecision`; then none is added.
        """
        given = list({one.id: one for one in decisions}.values())
        known = {one.id: one for one in self.all()} if any(one.action == Action.UNDO for one in given) else {}
        for one in given:
            _check(one)
        undone = _undone(known.values()) if known else frozenset()
        stored: list[Decision] = []
        for one in given:
            stored.append(_after(one, known, undone) if one.action == Action.UNDO and one.id not in known else one)
            known[one.id] = stored[-1]
        if stored:
            self._store.create(self._table, DECISIONS)
            self._store.insert(self._table, "id", _rows(stored))
            self._store.tidy(self._table, above=FRAGMENTS)
        return tuple(stored)

    @property
    def _table(self) -> str:
        return f"decisions_{self.uuid}"

    @property
    def _version(self) -> int:
        return self._store.version(self._table) if self._store.exists(self._table) else 0


def _check(one: Decision) -> None:
    if one.action != Action.UNDO and not one.ids:
        raise InvalidInput(f"A decision to {one.action} is about images, and this one names none.")
    if one.action in _NEEDS_VALUE and not (one.value or "").strip():
        raise InvalidInput(f"A decision to {one.action} wants {_NEEDS_VALUE[one.action]} as its value.")
    for what, text in (("value", one.value), ("reason", one.reason), ("name", one.who)):
        if len(text or "") > WORDS:
            raise InvalidInput(f"The {what} of a decision has at most {WORDS:,} characters, not {len(text or ''):,}.")


def _undone(known: Iterable[Decision]) -> frozenset[str]:
    log = list(known)
    return frozenset(one.id for one, stands in zip(log, in_force(log), strict=True) if not stands)


def _after(undo: Decision, known: dict[str, Decision], undone: frozenset[str]) -> Decision:
    """An undo that comes after what it undoes."""
    target = known.get(undo.value or "")
    if target is None:
        raise UnknownDecision(undo.value or "")
    if target.id in undone:
        raise InvalidInput(f"The decision {target.id} is undone already. Undo that undo to have it back.")
    return replace(undo, at=max(undo.at, target.at + _LATER), ids=target.ids, case=target.case, finding=target.finding)


def _rows(decisions: Sequence[Decision]) -> pa.Table:
    columns: dict[str, list[object]] = {name: [getattr(one, name) for one in decisions] for name in DECISIONS.names}
    return pa.table({**columns, "action": list(map(str, columns["action"]))}, schema=DECISIONS)


class _Log:
    """What was read of a log, so that after a commit only what is new is read. Thread-safe."""

    def __init__(self, store: Store, table: str) -> None:
        self._store, self._table = store, table
        self._lock = Lock()
        self._version = 0
        self._known: tuple[tuple[Decision, ...], Standing] = (), standing_of(())

    def at(self, version: int) -> tuple[tuple[Decision, ...], Standing]:
        """All decisions as of that version of the table, or a later one, and their standing."""
        with self._lock:
            if version > self._version:
                self._known = self._after(*self._known)
                self._version = version
            return self._known

    def _after(self, log: tuple[Decision, ...], standing: Standing) -> tuple[tuple[Decision, ...], Standing]:
        if log:
            last = log[-1]
            new = self._read(f"at > {last.at!r}")
            if len(log) + len(new) == self._store.count(self._table):  # else someone's clock is behind
                return (*log, *new), standing.followed_by(new) or standing_of((*log, *new))
        log = self._read()
        return log, standing_of(log)

    def _read(self, where: str | None = None) -> tuple[Decision, ...]:
        rows = self._store.select(self._table, DECISIONS.names, where)
        rows = rows.sort_by([("at", "ascending"), ("id", "ascending")])
        columns = [_texts(rows[name]) if name in _REPEATED else rows[name].to_pylist() for name in DECISIONS.names]
        actions = {str(action): action for action in Action}
        return tuple(
            Decision(key, at, actor, who, actions[action], tuple(ids), *rest)
            for key, at, actor, who, action, ids, *rest in zip(*columns, strict=True)
        )


@lru_cache(maxsize=8)
def _log(store: Store, table: str) -> _Log:
    return _Log(store, table)


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    coded = column.combine_chunks().dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    return [words[code] for code in coded.indices.fill_null(-1).to_pylist()]
